"""What each kind of fault does to the traffic of an edge. Adding one: a file here and a line."""

import random
from collections.abc import Callable
from importlib import import_module

from arc_sim.model import Fault
from arc_sim.sandboxes.edges.effect import Effect

_HERE = "arc_sim.injectors.effects"

EFFECTS = {
    "bandwidth": f"{_HERE}.bandwidth:BandwidthEffect",
    "black_hole": f"{_HERE}.stall:BlackHoleEffect",
    "broken_body": f"{_HERE}.http:BrokenBodyEffect",
    "corrupt": f"{_HERE}.corrupt:CorruptEffect",
    "cut": f"{_HERE}.http:CutEffect",
    "http_status": f"{_HERE}.http:StatusEffect",
    "latency": f"{_HERE}.latency:LatencyEffect",
    "loss": f"{_HERE}.loss:LossEffect",
    "partition": f"{_HERE}.stall:PartitionEffect",
    "refuse": f"{_HERE}.refuse:RefuseEffect",
    "reset": f"{_HERE}.reset:ResetEffect",
    "slow_close": f"{_HERE}.slow_close:SlowCloseEffect",
}
"""``Fault.kind`` -> import path of the effect, imported on use."""


def create_effect(fault: Fault, draw: random.Random) -> Effect:
    """Return the effect of a fault; raises KeyError for a kind that no proxy can do."""
    module, _, attribute = EFFECTS[fault.kind].partition(":")
    made: Callable[[Fault, random.Random], Effect] = getattr(import_module(module), attribute)
    return made(fault, draw)
