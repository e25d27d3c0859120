"""Where gRPC is not imported, because it would hang the program."""

import sys
from types import SimpleNamespace

import pytest

from arc_runtime.errors import Unavailable
from arc_runtime.telemetry.transports.grpc_import import load_grpc


def test_grpc_is_left_alone_where_all_threads_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    patched = {"threading"}
    monkeypatch.setitem(sys.modules, "gevent.monkey", SimpleNamespace(is_module_patched=patched.__contains__))  # type: ignore[arg-type] # a stand-in
    monkeypatch.delitem(sys.modules, "grpc.experimental.gevent", raising=False)
    with pytest.raises(Unavailable, match="gevent"):
        load_grpc()
    monkeypatch.setitem(sys.modules, "grpc.experimental.gevent", SimpleNamespace())  # type: ignore[arg-type] # a stand-in
    assert load_grpc().__name__ == "grpc"
    patched.clear()
    monkeypatch.setitem(sys.modules, "eventlet.patcher", SimpleNamespace(is_monkey_patched="thread".__eq__))  # type: ignore[arg-type] # a stand-in
    with pytest.raises(Unavailable, match="eventlet"):
        load_grpc()
