import logging
import threading
from typing import Any, Dict, List

import pytest

from arc_runtime import Arc, Decision
from arc_runtime import __all__ as public
from arc_runtime.errors import ConfigError, PatternError, TargetMissing
from arc_runtime.interceptors.memory import MemoryClient, MemoryInterceptor
from arc_runtime.testing import MemorySink, reraise_failures, suppressed

HOT = {"model": "gpt-4", "temperature": 0.95}


def fixed(arc: Arc, **body: Any) -> Any:
    return arc.explain({"model": "m", **body}).body


def test_what_is_public() -> None:
    assert public == sorted(public)
    assert set(public) == {"Arc", "Decision", "__version__"}


def test_the_hello_world_fix_is_there_and_can_be_turned_off() -> None:
    arc = Arc(intercept=False)
    decision = arc.explain(HOT)
    assert isinstance(decision, Decision)
    assert decision.body == {"model": "gpt-4", "temperature": 0.7}
    assert decision.fixes[0].pattern_id == "hello-world/gpt-4-temperature"
    arc.close()
    assert Arc(intercept=False, packs=()).explain(HOT).reason == "no_match"


def test_the_variable_turns_it_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARC_PACKS", "none")
    assert Arc(intercept=False).explain(HOT).body is None


def test_the_prds_example() -> None:
    arc = Arc(intercept=False, packs=())
    arc.register_pattern(pattern={"model": "gpt-4", "temperature": {">": 0.9}}, fix={"temperature": 0.7})
    assert arc.explain(HOT).body == {"model": "gpt-4", "temperature": 0.7}
    assert arc.explain({"model": "gpt-4", "temperature": None}).reason == "no_match"
    assert HOT["temperature"] == 0.95


def test_twice_is_one_and_patterns_of_either_count() -> None:
    one, two = Arc(intercept=False), Arc()
    assert one is two
    two.register_pattern({"model": "m"}, {"x": 1})
    assert fixed(one) == {"model": "m", "x": 1}
    one.close()
    assert Arc(intercept=False) is not one


def test_what_is_given_later_is_added() -> None:
    first, second = MemorySink(), MemorySink()
    arc = Arc(intercept=False, sink=first)
    arc.register_pattern({"model": "m"}, {"x": 1}, confidence=0.6)
    assert fixed(arc) is not None
    Arc(min_confidence=0.9, sink=second, packs=())
    assert arc.explain({"model": "m"}).reason == "low_confidence"
    assert arc.explain(HOT).reason == "no_match"
    assert arc.health()["patterns"] == 1
    Arc()
    assert arc.config.min_confidence == 0.9
    assert arc.config.packs == ()


def test_a_wrong_argument_leaves_no_arc() -> None:
    with pytest.raises(ConfigError):
        Arc(endpoint="http://x")
    with pytest.raises(ConfigError, match="no such setting"):
        Arc(endpiont="grpc://x")
    with pytest.raises(PatternError):
        Arc(packs=("nobody",))
    assert Arc(intercept=False).health()["interceptors"] == {
        "anthropic": "waiting for its import",
        "openai": "waiting for its import",
    }


def test_a_wrong_argument_leaves_the_arc_that_runs_as_it_is() -> None:
    arc = Arc(intercept=False, min_confidence=0.1, log_level="ERROR")
    arc.register_pattern({"model": "m"}, {"x": 1}, confidence=0.3)
    for wrong in ({"packs": ("nobody",)}, {"endpoint": "http://x"}):
        with pytest.raises((ConfigError, PatternError)):
            Arc(min_confidence=0.9, log_level="DEBUG", metrics_port=0, **wrong)
    assert fixed(arc) == {"model": "m", "x": 1}
    assert arc.explain(HOT).body is not None
    assert arc.config.min_confidence == 0.1
    assert arc.metrics_port is None
    assert logging.getLogger("arc_runtime").level == logging.ERROR
    logging.getLogger("arc_runtime").setLevel(logging.NOTSET)


def test_a_wrong_variable_is_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("ARC_PACKS", "hello_world,/nowhere/x.yaml")
    monkeypatch.setenv("ARC_MIN_CONFIDENCE", "very")
    monkeypatch.setenv("ARC_ENDPIONT", "x")
    arc = Arc(intercept=False)
    assert arc.explain(HOT).body is not None
    for name in ("ARC_PACKS", "ARC_MIN_CONFIDENCE", "ARC_ENDPIONT"):
        assert name in caplog.text


def test_patterns_in_bulk_are_all_or_none() -> None:
    arc = Arc(intercept=False, packs=())
    good: Dict[str, Any] = {"pattern": {"model": "m"}, "fix": {"x": 1}, "id": "good"}
    with pytest.raises(PatternError, match=r"patterns\[1\]: pattern\.t: unknown operator"):
        arc.register_patterns([good, {"pattern": {"t": {"?": 1}}, "fix": {"x": 1}}])
    for wrong in ({"pattern": {"model": "m"}}, {**good, "confidnce": 1}, 7):
        with pytest.raises(PatternError, match=r"patterns\[0\]: expected"):
            arc.register_patterns([wrong])  # type: ignore[list-item]  # that is the point
    assert arc.health()["patterns"] == 0
    assert arc.register_patterns([good, {**good, "id": "other", "fix": {"y": 2}}]) == ["good", "other"]
    assert fixed(arc) == {"model": "m", "x": 1, "y": 2}
    assert arc.remove_pattern("good")
    assert not arc.remove_pattern("good")
    assert fixed(arc) == {"model": "m", "y": 2}


def test_a_pattern_sees_what_better_ones_left() -> None:
    arc = Arc(intercept=False, packs=())
    arc.register_pattern({"model": "m", "t": {">": 1}}, {"t": 0.5}, id="lower", priority=0)
    arc.register_pattern({"model": "m", "t": {">": 2}}, {"t": 0.9}, id="higher", priority=1)
    assert [fix.pattern_id for fix in arc.explain({"model": "m", "t": 3}).fixes] == ["higher"]
    assert [fix.pattern_id for fix in arc.explain({"model": "m", "t": 1.5}).fixes] == ["lower"]


def test_nothing_to_change_is_the_original() -> None:
    arc = Arc(intercept=False, packs=())
    arc.register_pattern({"model": "m"}, {"t": 1})
    assert arc.explain({"model": "m", "t": 1}) == Decision(None, (), "no_change")


def test_disabled_does_nothing_and_everything_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARC_DISABLE", "1")
    arc = Arc(endpoint="grpc://localhost:1", metrics_port=0)
    client = object()
    assert arc.register_pattern({"model": "m"}, {"x": 1}) == ""
    assert arc.register_patterns([]) == []
    assert not arc.remove_pattern("x")
    assert arc.wrap(client) is client
    assert arc.explain({"model": "m"}) == Decision(None, (), "disabled")
    assert arc.flush(0)
    assert arc.health()["disabled"]
    assert arc.metrics_port is None
    arc.close()
    arc.close()


def test_disabled_tags_and_calls_are_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARC_DISABLE", "1")
    arc, transport = Arc(), object()
    with arc.tags(user="x"):
        assert arc.current_call() is None
    assert arc.protect(transport) is transport


def test_what_a_program_may_repeat_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    arc = Arc(intercept=False)
    for _ in range(3):
        Arc(disable=True)
    assert caplog.text.count("disable has no effect") == 1
    arc.close()
    for _ in range(3):
        arc.register_pattern({"model": "m"}, {"x": 1})
    assert caplog.text.count("this Arc is closed") == 1


def test_others_can_ask_how_we_are_while_we_deliver_at_the_end() -> None:
    states: List[Any] = []

    class Slow(MemorySink):
        def flush(self, timeout_s: float) -> bool:
            asking = threading.Thread(target=lambda: states.append(arc.health()["patterns"]))
            asking.start()
            asking.join(20)
            return True

    arc = Arc(intercept=False, sink=Slow())
    arc.close()
    assert len(states) == 1


def test_tags_add_up_are_taken_away_and_are_bounded() -> None:
    arc, sink = Arc(intercept=False, packs=()), MemorySink()
    Arc(sink=sink)
    assert arc._parts is not None
    undo = MemoryInterceptor().install(arc._parts.observer)
    with arc.tags(user="x", feature=3):
        MemoryClient().request({"model": "m"})
        with arc.tags(user="y" * 1000, feature=None, **{f"n{number}": number for number in range(40)}):
            MemoryClient().request({"model": "m"})
        with pytest.raises(ValueError, match="theirs"), arc.tags(user="z"):
            raise ValueError("theirs")
        MemoryClient().request({"model": "m"})
    MemoryClient().request({"model": "m"})
    undo()
    first, inner, after, outside = [dict(event.call.tags) for event in sink.events]
    assert first == after == {"user": "x", "feature": "3"}
    assert inner["user"] == "y" * 256
    assert "feature" not in inner
    assert len(inner) == 16
    assert outside == {}


def test_close_twice_and_use_after_it() -> None:
    with Arc(intercept=False, sink=MemorySink()) as arc:
        assert repr(arc) == "<Arc open>"
    arc.close()
    assert repr(arc) == "<Arc closed>"
    assert arc.register_pattern({"model": "m"}, {"x": 1})
    assert arc.flush(0)


def test_an_unknown_client_is_returned_and_told(caplog: pytest.LogCaptureFixture) -> None:
    client = object()
    assert Arc(intercept=False).wrap(client) is client
    assert "no client that we know" in caplog.text


def test_a_closed_arc_says_that_it_wraps_nothing(caplog: pytest.LogCaptureFixture) -> None:
    arc = Arc(intercept=False)
    arc.close()
    client = object()
    assert arc.wrap(client) is client
    assert "this Arc is closed" in caplog.text
    assert "no client that we know" not in caplog.text


def test_a_client_that_cannot_be_intercepted_is_not_called_unknown(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(interceptor: MemoryInterceptor, client: Any, observer: Any) -> Any:
        raise TargetMissing("not as we know it")

    monkeypatch.setattr(MemoryInterceptor, "install_on", refuse)
    arc = Arc(intercept=False)
    assert arc._parts is not None
    arc._parts.installer._interceptors["memory"] = MemoryInterceptor()
    arc.wrap(MemoryClient())
    assert "memory is not intercepted: not as we know it" in caplog.text
    assert "no client that we know" not in caplog.text


def test_the_level_of_our_logger_can_be_set() -> None:
    logger = logging.getLogger("arc_runtime")
    before = logger.level
    Arc(intercept=False, log_level="debug")
    assert logger.level == logging.DEBUG
    logger.setLevel(before)
    assert not [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]


class TestWithTheFake:
    def start(self, arc: Arc) -> Any:
        assert arc._parts is not None
        return MemoryInterceptor().install(arc._parts.observer)

    def test_calls_are_counted_fixed_and_reported(self) -> None:
        sink = MemorySink()
        arc = Arc(intercept=False, sink=sink)
        undo = self.start(arc)
        client = MemoryClient()
        client.request(dict(HOT))
        client.request({"model": "other"})
        undo()
        counters = arc.health()["counters"]
        assert (counters["requests_intercepted"], counters["pattern_matches"], counters["fixes_applied"]) == (2, 1, 1)
        assert [sent.get("temperature") for sent in client.sent] == [0.7, None]
        assert [event.decision.reason for event in sink.events] == ["fixed", "no_match"]
        assert sink.events[0].call.body == HOT
        assert len({event.event_id for event in sink.events}) == 2

    @pytest.mark.usefixtures("production")
    def test_a_sink_or_a_fix_that_breaks_is_not_the_applications_problem(self) -> None:
        class Broken(MemorySink):
            def emit(self, event: Any) -> None:
                raise RuntimeError("sink")

        arc = Arc(intercept=False, sink=Broken())
        assert arc._parts is not None
        undo = self.start(arc)
        client = MemoryClient()
        assert client.request(dict(HOT)) == {"ok": True}
        arc._parts.pipeline.index = None  # type: ignore[assignment]  # the worst that could happen
        assert client.request(dict(HOT)) == {"ok": True}
        undo()
        assert [sent["temperature"] for sent in client.sent] == [0.7, 0.95]

    def test_later_edits_of_a_changed_value_do_not_reach_the_event(self) -> None:
        sink = MemorySink()
        arc = Arc(intercept=False, sink=sink, packs=())
        arc.register_pattern({"model": "m"}, {"stop": ["x"]})
        undo = self.start(arc)
        stop = ["a"]
        MemoryClient().request({"model": "m", "stop": stop})
        undo()
        stop.append("b")
        assert sink.events[0].decision.fixes[0].changes[0].before == ["a"]


def test_the_helpers_for_tests() -> None:
    with reraise_failures(), suppressed():
        pass
    sink = MemorySink()
    assert sink.flush(0)
    sink.close(0)
    assert sink.stats()["delivered"] == 0
