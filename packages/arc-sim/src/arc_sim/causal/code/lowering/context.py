"""What surrounds a node while its file is walked."""

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from arc_sim.causal.code.program import Expression, Handler

GUARD = re.compile(
    r"(?i)retr(?:y|ies)|retrier|circuit|breaker|timeout|time_?limit|hystrix|fallback|backoff|resilien|tenacity|failsafe|"
    r"bulkhead|(?:^|\.)(?:\w*policy|pipeline)\.execute|untilaborted|^async\.retry|opossum|\.guard$"
)
"""Names of calls, annotations and decorators that try again, give up or answer instead of what they surround."""


class Context(Struct, frozen=True, gc=False):
    """One is made only where something changes."""

    scope: int = 0
    handler: Handler | None = None
    loop: Expression | None = None
    attempts: Expression | None = None
    forever: int | None = None
    """The line of a loop without end in which a failure leads to the next try."""
    endless: int | None = None
    """The line of a loop without end that pauses."""
    owner: str = ""
    """The function or class around it."""
    settings: bool = False
    """Inside a class whose attributes are read from the environment."""
    repeats: bool = False
    guards: tuple[Expression, ...] = ()
    parameters: tuple[str, ...] = ()

    def inside(self, **changes: Any) -> "Context":
        """Return the context with these changes."""
        return replace(self, **changes)
