"""Intercepts one client and no other: for programs that choose what is intercepted, and for SDKs we do not know.

The client's own attributes are set, not those of its class; taking them out again leaves it as it was.
"""

import weakref
from functools import partial
from typing import Any, Callable, Dict

from arc_common.undo import Undo
from arc_runtime import guard
from arc_runtime.interceptors.stainless.choke import Choke


def put_on(client: Any, patch: Any, covers_all: Callable[[], bool]) -> Undo:
    """Set the client's ``request`` to ours; the Undo removes what was set. The client is not kept alive.

    covers_all: whether its class is patched as well, at this moment; then ours is a passage.
    """
    is_async = any(owner.__name__ == "AsyncAPIClient" for owner in type(client).__mro__)
    around = _around_async if is_async else _around_sync
    mine: Dict[str, Any] = {}
    derive = partial(_derived, patch=patch, covers_all=covers_all)
    steps = {"request": partial(around, patch, covers_all), "copy": derive, "with_options": derive}
    if hasattr(type(client), "_process_response"):
        steps["_process_response"] = partial(_around_response, patch, covers_all)
    for name, step in steps.items():
        original = getattr(client, name, None)
        if original is not None:
            mine[name] = Choke(original, step)
            setattr(client, name, mine[name])
    seen = weakref.ref(client)
    # the marks tell ours from what somebody else may set later
    marks = {name: weakref.ref(wrapper) for name, wrapper in mine.items()}

    def take_out() -> None:
        patch.let_go()
        there = seen()
        if there is None:
            return
        for name, mark in marks.items():
            if there.__dict__.get(name) is mark():
                delattr(there, name)

    return Undo(take_out, f"{type(client).__name__} of {type(client).__module__}")


def _around_sync(patch: Any, covers_all: Any, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    wrapped = partial(type(instance).request, instance)  # as it is now: others may have wrapped the class since
    if covers_all():
        return wrapped(*args, **kwargs)
    return patch.around_sync(wrapped, instance, args, kwargs)


async def _around_async(patch: Any, covers_all: Any, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    wrapped = partial(type(instance).request, instance)
    if covers_all():
        return await wrapped(*args, **kwargs)
    return await patch.around_async(wrapped, instance, args, kwargs)


def _around_response(patch: Any, covers_all: Any, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    wrapped = partial(type(instance)._process_response, instance)
    if covers_all():
        return wrapped(*args, **kwargs)
    return patch.around_response(wrapped, instance, args, kwargs)


def _derived(wrapped: Any, instance: Any, args: Any, kwargs: Any, patch: Any, covers_all: Any) -> Any:
    """Return what the client makes of itself, intercepted as it is."""
    client = wrapped(*args, **kwargs)
    if patch.active and "request" not in vars(client):
        guard.run("wrap.derived", None, put_on, client, patch, covers_all)
    return client
