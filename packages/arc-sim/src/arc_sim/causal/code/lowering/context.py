"""What surrounds a node while its file is walked."""

import re
from dataclasses import dataclass, replace
from typing import Any

from arc_sim.causal.code.program import Expression, Handler

GUARD = re.compile(
    r"(?i)retr(?:y|ies)|retrier|circuit|breaker|timeout|time_?limit|hystrix|fallback|backoff|resilien|tenacity|failsafe|"
    r"bulkhead|(?:^|\.)(?:\w*policy|pipeline)\.execute|untilaborted|^async\.retry|opossum|\.guard$"
)
"""Names of calls, annotations and decorators that try again, give up or answer instead of what they surround."""


@dataclass(frozen=True, slots=True)
class Context:
    """One is made only where something changes."""

    scope: int = 0
    handler: Handler | None = None
    loop: Expression | None = None
    attempts: Expression | None = None
    forever: int | None = None
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
