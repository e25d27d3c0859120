"""Counts the websocket sessions of the OpenAI SDK: they pass through us unseen, and the counters say so."""

import sys
from functools import partial
from typing import Any

from arc_common.undo import Undo
from arc_runtime.errors import TargetMissing
from arc_runtime.interceptors.base import Observer

MODULES = (
    "openai.resources.realtime.realtime",
    "openai.resources.beta.realtime.realtime",
    "openai.resources.responses.responses",
    "openai.resources.live.live",
)
"""Where the resources are that have a method ``connect``; which of them exist depends on the release."""


class SessionCounter:
    """Counts the calls of every ``connect`` of one module."""

    is_optional = True

    def __init__(self, module: str) -> None:
        self.name = module
        self.module = module

    def install(self, observer: Observer) -> Undo:
        """Wrap every ``connect``; a release without one is nothing to us."""
        from arc_runtime.interceptors.stainless.choke import put  # with wrapt: on use

        active = [True]
        undos = [
            put(owner, "connect", partial(_count, active, observer), active.clear)
            for owner in list(vars(sys.modules[self.module]).values())
            if isinstance(owner, type) and owner.__module__ == self.module and "connect" in owner.__dict__
        ]

        def take_out() -> None:
            for undo in undos:
                undo()

        return Undo(take_out, f"{self.module} counted")

    def install_on(self, client: Any, observer: Observer) -> Undo:
        """Refuse: sessions are counted for all clients or for none."""
        raise TargetMissing(f"{self.module} has no clients of its own")

    def covers(self, client: Any) -> bool:
        """Return False: it has no clients."""
        return False


def _count(active: Any, observer: Observer, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    if active:
        observer.passed("sessions")
    return wrapped(*args, **kwargs)
