"""The contract of a fix: one small, typed, repeatable operation on a request body."""

from typing import Any, Dict, Protocol, Tuple

from arc_runtime.model import Change

Applied = Tuple[Dict[str, Any], Tuple[Change, ...]]
"""The body after the fix, and the places that changed."""

NOTHING: Tuple[Change, ...] = ()


class Fix(Protocol):
    """Changes a body by copying it.

    - The given body and everything in it stay as they are.
    - Nothing to do: the same body object comes back, with no changes.
    - Applied to its own result, a fix has nothing to do.
    - A body of an unexpected shape is nothing to do, never an error.
    """

    place: Tuple[Any, ...]
    """What it writes: a path, or the name of a part of the prompt. Two fixes of one pattern write different places."""

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the fixed body and what changed. ``operation`` says which API's body it is."""
