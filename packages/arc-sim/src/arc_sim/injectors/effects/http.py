"""Faults inside HTTP: error answers, streams that end in the middle, bodies that are broken.

HTTP/1.1 and HTTP/2 (with gRPC) in plain text. TLS and anything else passes untouched, since its contents are not ours
to see; so does a connection that upgraded (WebSocket), after the upgrade itself.
"""

import json
import random

from arc_sim.injectors.effects.http_relay import Action, HttpShaper
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.effect import Shaper


class HttpEffect:
    """A share of the requests of an edge meets the fault; drawn for each request."""

    refuses = False
    understands_http2 = True
    action: Action

    def __init__(self, fault: Fault, draw: random.Random) -> None:
        self.fault = fault
        self._draw = draw

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return HttpShaper(self, is_new)

    def hits(self) -> bool:
        """Draw for the next request."""
        return self.fault.share >= 1.0 or self._draw.random() < self.fault.share

    @property
    def body(self) -> bytes:
        """The body of an error answer."""
        text = self.fault.body or json.dumps({"error": {"message": "injected by arc sim", "code": self.fault.status}})
        return text.encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of an error answer, but for its length."""
        found = [("content-type", "application/json")]
        if self.fault.retry_after_s:
            found.append(("retry-after", f"{self.fault.retry_after_s:g}"))
        return found


class StatusEffect(HttpEffect):
    """The caller gets an error status, and the callee never hears of the request."""

    action: Action = "answer"


class CutEffect(HttpEffect):
    """The answer's connection (HTTP/2: its stream) is reset after ``after_bytes`` of the body."""

    action: Action = "cut"


class BrokenBodyEffect(HttpEffect):
    """The answer is blank after ``after_bytes`` of its body: right status, right length, and useless."""

    action: Action = "blank"
