"""A patched method looks, copies, pickles and comes off as if we had never been there."""

import copy
import gc
import inspect
import pickle
import types
from typing import Any

import pytest

from arc_runtime.interceptors.journey import StreamEnd
from arc_runtime.interceptors.stainless.sessions import MODULES, SessionCounter

NAMES = ("request", "_process_response")


def holder(driver: Any, name: str) -> Any:
    """Return the class in whose body the method is."""
    return next(kind for kind in driver.owner.__mro__ if name in vars(kind))


def looks(function: Any) -> Any:
    return (
        inspect.signature(function),
        inspect.iscoroutinefunction(function),
        inspect.isfunction(function),
        inspect.getdoc(function),
        inspect.getsource(function),
        inspect.getmodule(function),
        function.__qualname__,
        function.__name__,
        function.__module__,
        function.__annotations__,
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        isinstance(function, types.FunctionType),
        callable(function),
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_looks_as_the_sdk_made_it(driver: Any, recorder: Any, name: str) -> None:
    before, raw = looks(getattr(driver.owner, name)), vars(holder(driver, name))[name]
    undo = driver.interceptor().install(recorder)
    assert vars(holder(driver, name))[name] is not raw
    assert looks(getattr(driver.owner, name)) == before
    undo()
    assert vars(holder(driver, name))[name] is raw


@pytest.mark.parametrize("name", NAMES)
def test_it_copies_and_pickles_as_a_method(driver: Any, recorder: Any, name: str) -> None:
    undo = driver.interceptor().install(recorder)
    function = getattr(driver.owner, name)
    again = pickle.loads(pickle.dumps(function))
    assert again.__qualname__ == function.__qualname__
    assert again.__wrapped__ is function.__wrapped__
    assert copy.copy(function) is function
    assert copy.deepcopy([function])[0] is function
    pickled = pickle.dumps(vars(holder(driver, name))[name])
    undo()
    assert pickle.loads(pickled) is getattr(driver.owner, name)


def test_clients_resources_and_answers_are_of_the_sdks_own_types(driver: Any, recorder: Any) -> None:
    plain = type(driver.call())
    undo = driver.interceptor().install(recorder)
    assert type(driver.call()) is plain
    undo()


def test_after_somebody_wrapped_us_we_can_come_back_and_count_once(driver: Any, recorder: Any) -> None:
    original = driver.owner.__dict__["request"]
    first = driver.interceptor().install(recorder)
    ours = driver.owner.__dict__["request"]

    def theirs(self: Any, *args: Any, **kwargs: Any) -> Any:
        return ours.__get__(self)(*args, **kwargs)

    driver.owner.request = theirs
    first()
    again = driver.interceptor().install(recorder)
    driver.call()
    assert len(recorder.decided) == 1
    again()
    assert driver.owner.__dict__["request"] is theirs
    driver.call()
    assert len(recorder.decided) == 1
    driver.owner.request = original


def test_a_patched_class_keeps_no_client_and_no_stream_alive(driver: Any, recorder: Any) -> None:
    def alive_after_use() -> int:
        driver.consume()
        driver.consume(limit=0)
        driver.call()
        gc.collect()
        kinds = (driver.client_type, driver.stream_type, StreamEnd)
        return len([item for item in gc.get_objects() if type(item) in kinds])

    before = alive_after_use()
    without_us = alive_after_use() - before  # openai 1.0 keeps its clients until the program ends
    undo = driver.interceptor().install(recorder)
    with_us = alive_after_use() - before - without_us
    undo()
    assert with_us == without_us


@pytest.mark.parametrize("module", MODULES)
def test_sessions_are_counted_and_pass(module: str) -> None:
    loaded = pytest.importorskip(module)
    owners = [item for item in vars(loaded).values() if isinstance(item, type) and "connect" in vars(item)]
    owners = [owner for owner in owners if owner.__module__ == module]
    if not owners:
        pytest.skip("this release has no connect there")
    originals = [vars(owner)["connect"] for owner in owners]
    passed = []

    class Counts:
        def passed(self, kind: str) -> None:
            passed.append(kind)

    undo = SessionCounter(module).install(Counts())  # type: ignore[arg-type]  # all that it is asked
    managers = [
        owner.connect(types.SimpleNamespace(_client=object())) for owner in owners if len(signature(owner)) == 0
    ]
    undo()
    assert passed == ["sessions"] * len(managers)
    assert [vars(owner)["connect"] for owner in owners] == originals


def signature(owner: Any) -> Any:
    """Return the parameters of ``connect`` that have no default."""
    parameters = list(inspect.signature(owner.connect).parameters.values())[1:]
    return [each for each in parameters if each.default is inspect.Parameter.empty]
