"""Other instrumentation wraps the same SDKs, before us and after us: each call is one event, and theirs sees it too."""

from typing import Any, Callable, Dict, List, Tuple

import pytest
import wrapt

Place = Callable[[Any], Tuple[Any, str]]

PLACES: Dict[str, Place] = {
    "where we are": lambda driver: (driver.owner, "request"),
    "below the clients": lambda driver: (driver.client_type, "request"),
    "post": lambda driver: (driver.owner, "post"),
    "the resource": lambda driver: (resource_of(driver), "create"),
    "answers": lambda driver: (driver.owner, "_process_response"),
}
ORDERS = {
    "last, and goes first": ("ours", "theirs", "theirs out"),
    "first, and goes first": ("theirs", "ours", "ours out", "theirs out"),
    "after close()": ("ours", "ours out", "theirs", "ours"),
    "between": ("ours", "theirs", "ours out", "ours", "ours out", "ours"),
    "on both sides": ("theirs", "ours", "theirs", "ours out", "ours"),
}


def resource_of(driver: Any) -> Any:
    """Return the class of the resource that is asked."""
    client = driver.client_type(api_key="secret")
    return type(client.chat.completions if driver.provider == "openai" else client.messages)


class Theirs:
    """Wrappers as other instrumentation puts them on a class, with wrapt."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name
        self.seen = 0
        self._before: List[Any] = []

    def put(self) -> None:
        """Wrap what is there now."""
        self._before.append(vars(self.owner).get(self.name))
        wrapt.wrap_function_wrapper(self.owner, self.name, self._around)

    def take_out(self) -> None:
        """Put back what was there, as uninstrumenting libraries do."""
        before = self._before.pop()
        if before is None:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, before)

    def _around(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        self.seen += 1
        return wrapped(*args, **kwargs)

    @property
    def layers(self) -> int:
        """How many of them a call goes through."""
        return len(self._before)


@pytest.mark.parametrize("order", sorted(ORDERS))
@pytest.mark.parametrize("place", sorted(PLACES))
def test_each_call_is_seen_once_by_each(driver: Any, make_recorder: Any, place: str, order: str) -> None:
    owner, name = PLACES[place](driver)
    if getattr(owner, name, None) is None:
        pytest.skip(f"this release has no {name}")
    raw, theirs = vars(owner).get(name), Theirs(owner, name)
    interceptor, recorder, undos = driver.interceptor(), make_recorder(), []
    try:
        for step in ORDERS[order]:
            if step == "ours":
                undos.append(interceptor.install(recorder))
            elif step == "ours out":
                undos.pop()()
            elif step == "theirs":
                theirs.put()
            else:
                theirs.take_out()
            theirs.seen = 0
            del recorder.decided[:], recorder.finished[:]
            driver.call()
            assert len(recorder.decided) == len(recorder.finished) == len(undos), step
            assert theirs.seen == theirs.layers, step
            assert len(driver.wire.bodies) == 1, step
            driver.wire.requests.clear()
    finally:
        for undo in undos:
            undo()
        if raw is None:
            vars(owner).get(name) and delattr(owner, name)
        else:
            setattr(owner, name, raw)


def test_a_second_installation_on_the_same_classes_is_none(driver: Any, recorder: Any) -> None:
    original, interceptor = vars(driver.owner)["request"], driver.interceptor()
    first = interceptor.install(recorder)
    second = interceptor.install(recorder)
    driver.call()
    assert len(recorder.decided) == len(recorder.finished) == 1
    second()
    driver.call()
    assert len(recorder.decided) == 2
    first()
    assert vars(driver.owner)["request"] is original
