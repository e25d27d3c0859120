"""What a fault does to the traffic of an edge: the contract between the proxies and the injectors.

An effect is set on a whole edge and makes a shaper for each connection. A shaper sees every chunk before it is passed
on and says what becomes of it. Both live in the thread of the event loop and draw from a seeded generator, so the
same chunks give the same decisions.
"""

import math
from collections.abc import Iterable
from enum import Enum
from typing import Literal, NamedTuple, Protocol

from arc_sim.sandboxes.edges.delay_line import Ending, Item

Direction = Literal["request", "response"]
"""From the caller to the callee, and back."""

FOR_EVER = math.inf
"""A hold that ends only when the fault is taken out."""


class Opening(Enum):
    """What becomes of a new connection."""

    ADMIT = "admit"
    RESET = "reset"
    HOLD = "hold"
    """The caller is connected and the callee never hears of it, until the fault is taken out."""


class Step(NamedTuple):
    """One thing to do with what has arrived, in order."""

    item: Item
    hold_s: float = 0.0
    """How long it waits, from now; never before an earlier one of the same direction."""
    back: bool = False
    """Whether it goes to the one who sent, in place of the other side."""


class Shaper(Protocol):
    """Shapes one connection."""

    opening: Opening

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Return what to do with a chunk that has just arrived."""

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        """Return what to do when one side ends or resets."""

    def retire(self) -> "Relay | None":
        """Return what goes on relaying after the fault was taken out; None where plain passing on goes on from here."""


class Relay(Shaper, Protocol):
    """A shaper that holds state of its connection's protocol, and so stays until the connection ends."""

    def adopt(self, effect: "Effect") -> bool:
        """Apply the next fault; False when it is none that this relay applies."""


class Effect(Protocol):
    """One fault on one edge."""

    refuses: bool
    """Whether nobody listens while the effect is set: connecting is refused by the kernel."""
    understands_http2: bool
    """Whether it has to see an HTTP/2 connection from its start: open ones are then asked to reconnect (GOAWAY)."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection; ``is_new``: nothing was passed on yet."""


class PassingShaper:
    """Passes everything on at once: what effects that touch only a part build on."""

    opening = Opening.ADMIT

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Pass it on."""
        return (Step(data),)

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        """Pass it on."""
        return (Step(ending),)

    def retire(self) -> Relay | None:
        """There is nothing to go on with."""
        return None
