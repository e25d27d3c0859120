"""Imports gRPC on first use, in the way that makes ``os.fork`` and ``subprocess`` safe (docs/decisions/0006).

Python 3.10 and later start subprocesses by vfork, which runs no fork handlers, so gRPC's are switched on and serve
``os.fork`` only. Earlier ones run them for every subprocess, where they have crashed a program (grpcio 1.70), so there
they are switched off, and a child of a process that already uses gRPC cannot use it.
"""

import importlib
import os
import sys
from types import ModuleType
from typing import List

from arc_runtime.errors import Unavailable

FORK_HANDLERS = sys.version_info >= (3, 10)
_VARIABLE = "GRPC_ENABLE_FORK_SUPPORT"
_ATTRIBUTE = "_GRPC_ENABLE_FORK_SUPPORT"
"""The variable's value in gRPC's Python half, read when the first channel is made; seen in grpcio 1.66 to 1.85."""
_users: List[int] = []
"""The process that imported gRPC first, and so started its threads."""


def load_grpc() -> ModuleType:
    """Return the module ``grpc``. What the application chose, by variable or by importing it earlier, is left alone.

    Raises Unavailable where gRPC would hang: in some forked children, and where threads are no threads.
    """
    if _threads_are_replaced():
        raise Unavailable(
            "gevent or eventlet has replaced threads, and gRPC would stop the whole program while it waits",
            hint="under gevent, call grpc.experimental.gevent.init_gevent() first",
        )
    if _users and _users[0] != os.getpid() and not FORK_HANDLERS:
        raise Unavailable("gRPC was in use before this process was forked; Python 3.10 or later can deliver here")
    chosen = "grpc" in sys.modules or _VARIABLE in os.environ  # noqa: TID251 - gRPC's variable, not a setting of ours
    if not _users:
        grpc = importlib.import_module("grpc") if chosen or FORK_HANDLERS else _import_without_handlers()
        if not chosen and FORK_HANDLERS:
            cygrpc = importlib.import_module("grpc._cython.cygrpc")
            if hasattr(cygrpc, _ATTRIBUTE):
                setattr(cygrpc, _ATTRIBUTE, True)
        _users.append(os.getpid())
        return grpc
    return importlib.import_module("grpc")


def _threads_are_replaced() -> bool:
    """Whether a library runs all threads in one, and gRPC has not been told (a program stood still for 20 s, seen)."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    if gevent is not None and gevent.is_module_patched("threading"):
        return "grpc.experimental.gevent" not in sys.modules
    return eventlet is not None and bool(eventlet.is_monkey_patched("thread"))


def _import_without_handlers() -> ModuleType:
    """Import gRPC and let its C half read the variable, which it does once, with the first channel."""
    os.environ[_VARIABLE] = "0"  # noqa: TID251 - for this moment only
    try:
        grpc = importlib.import_module("grpc")
        grpc.insecure_channel("127.0.0.1:1").close()
        return grpc
    finally:
        os.environ.pop(_VARIABLE, None)  # noqa: TID251
