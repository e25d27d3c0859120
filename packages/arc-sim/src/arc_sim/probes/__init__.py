"""How a running revision is observed. See base.py for the contract."""

from importlib import import_module

from arc_sim.probes.base import Probe

PROBES = {
    "http": "arc_sim.probes.http:HttpProbe",
    "memory": "arc_sim.probes.memory:MemoryProbe",
}
"""Name -> import path, imported on use. ``memory`` is the fake: it draws latencies from a model."""


def create_probe(name: str) -> Probe:
    """Return the probe of that name with its defaults; raises KeyError for an unknown one."""
    module, _, attribute = PROBES[name].partition(":")
    probe: Probe = getattr(import_module(module), attribute)()
    return probe
