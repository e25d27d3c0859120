"""Leaves out stop sequences that are refused: empty ones, for Anthropic blank ones, and those beyond the fourth."""

from typing import Any, Dict

from arc_runtime.fixes.shapes import is_blank
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

MAX_STOPS = 4
"""Of OpenAI's APIs; Anthropic documents no limit."""


class StopSequences(WholeFix):
    """``{"stop_limits": true}``; a stop that is left out may let an answer run longer, up to its token limit."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with stop sequences that are accepted."""
        anthropic = operation == "messages"
        name = "stop_sequences" if anthropic else "stop"
        given = body.get(name)
        if given is None:
            return body
        stops = [given] if isinstance(given, str) else given
        if not isinstance(stops, (list, tuple)):
            return body
        texts = [str(stop) if type(stop) in (int, float) else stop for stop in stops]
        kept = [stop for stop in texts if isinstance(stop, str) and stop and not (anthropic and is_blank(stop))]
        kept = kept if anthropic else kept[:MAX_STOPS]
        if kept == list(stops) and (kept or anthropic):
            return body
        return replaced(body, **{name: kept or MISSING})
