"""Keeps options of a stream where there is a stream, and those alone that the API has."""

from typing import Any, Dict

from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING


class StreamOptions(WholeFix):
    """``{"stream_settings": true}``: the Responses API always sends the usage, so it has no option for it."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with options that are accepted."""
        options: Any = body.get("stream_options")
        if "stream_options" not in body:
            return body
        if not body.get("stream"):
            return replaced(body, stream_options=MISSING)
        if operation == "responses" and isinstance(options, dict) and "include_usage" in options:
            kept = {name: value for name, value in options.items() if name != "include_usage"}
            return replaced(body, stream_options=kept or MISSING)
        return body
