import logging
import threading
from typing import Any, Optional

import pytest

from arc_runtime import guard


def fail(error: Optional[BaseException] = None) -> Any:
    raise error or RuntimeError("ours")


def test_a_result_passes() -> None:
    assert guard.run("place", None, max, 1, 2) == 2


@pytest.mark.usefixtures("production")
def test_a_failure_becomes_the_fallback_and_is_counted() -> None:
    before = guard.failures().get("test.place", 0)
    assert guard.run("test.place", "fallback", fail) == "fallback"
    assert guard.failures()["test.place"] == before + 1


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_an_interrupt_is_not_ours_to_keep(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        guard.run("test.place", None, fail, error)
    assert caught.value is error


def test_tests_see_failures() -> None:
    with pytest.raises(RuntimeError, match="ours"):
        guard.run("test.place", None, fail)


@pytest.mark.usefixtures("production")
def test_a_repeating_failure_is_logged_once_and_from_many_threads_nothing_hangs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(guard._state, "logged_at_s", -guard.LOG_INTERVAL_S)
    caplog.set_level(logging.DEBUG, "arc_runtime")
    threads = [
        threading.Thread(target=lambda: [guard.run("test.many", None, fail) for _ in range(50)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([record for record in caplog.records if "test.many failed" in record.getMessage()]) <= 1
    assert guard.failures()["test.many"] >= 300


@pytest.mark.usefixtures("production")
def test_a_log_handler_that_fails_into_us_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            guard.run("test.nested", None, fail)

    monkeypatch.setitem(guard._state, "logged_at_s", -guard.LOG_INTERVAL_S)
    logger, handler = logging.getLogger("arc_runtime.guard"), Handler()
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    logger.addHandler(handler)
    try:
        guard.run("test.outer", None, fail)
    finally:
        logger.removeHandler(handler)
    assert guard.failures()["test.outer"] >= 1
