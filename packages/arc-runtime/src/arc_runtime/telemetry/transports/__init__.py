"""Ways to carry batches to a collector, by name; each is imported when it is made."""

from importlib import import_module
from typing import Any, cast

from arc_runtime.telemetry.transports.base import Transport

TRANSPORTS = {
    "grpc": "arc_runtime.telemetry.transports.grpc_stream:GrpcStream",
    "memory": "arc_runtime.telemetry.transports.memory:MemoryTransport",
}


def create(name: str, *arguments: Any) -> Transport:
    """Make the transport of this name. Raises KeyError for an unknown one."""
    module, _, attribute = TRANSPORTS[name].partition(":")
    return cast(Transport, getattr(import_module(module), attribute)(*arguments))
