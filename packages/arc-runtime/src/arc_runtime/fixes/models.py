"""What is known of a model: its family by the longest known prefix, and what that family accepts.

A name that no prefix fits is not known, and then no rule that depends on the model applies. So it is with names that
carry the prefix of a gateway (``openai/gpt-4o``) or of a deployment: who answers there has rules of their own.
"""

import json
import pkgutil
import re
from functools import lru_cache
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from arc_runtime.model import MISSING

MAX_NAME = 200
"""Characters of a model's name; a longer one is no model that we know."""
CAPABILITIES: FrozenSet[str] = frozenset(
    (
        *("family", "vendor", "known", "max_output", "context", "reasoning", "sampling", "max_tokens", "stop", "tools"),
        *("parallel", "system", "json_object", "json_schema", "vision", "effort", "efforts", "default_effort"),
        *("verbosity", "chat", "thinking", "prefill", "one_sampler", "system_messages", "forced_tool"),
        *("tools_need_no_effort", "single_choice", "unsupported", "dimensions", "max_dimensions", "uncertain"),
    )
)
"""What the table may say of a family; where it says nothing, the family accepts it."""

_SUFFIX = re.compile(r"(?:-(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}|latest|preview|mini|nano|sol|terra|luna))*(?:@\w+)?")
"""What may follow a family's prefix: a date or a size. ``claude-opus-4-9`` is no ``claude-opus-4``, but not known."""


class Families:
    """The table, ready for look-ups."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.source = str(table["source"])
        self.date = str(table["date"])
        self._by_prefix: Dict[str, Dict[str, Any]] = {}
        for entry in table["families"]:
            family = dict(entry)
            prefix = family.pop("prefix")
            self._by_prefix[prefix] = {**family, "family": prefix, "known": True}

    def find(self, name: str) -> Optional[Mapping[str, Any]]:
        """Return what is known of the model, or None."""
        if name.startswith("ft:"):  # a fine-tuned model accepts what its base accepts
            name = name[3:].partition(":")[0]
        for end in range(len(name), 0, -1):
            family = self._by_prefix.get(name[:end])
            if family is not None and _SUFFIX.fullmatch(name, end):
                return family
        return None

    def items(self) -> Tuple[Tuple[str, Mapping[str, Any]], ...]:
        """Return all families by prefix."""
        return tuple(self._by_prefix.items())


@lru_cache(maxsize=1)
def families() -> Families:
    """Return the table that ships with us."""
    content = pkgutil.get_data("arc_runtime.packs", "models.json")
    return Families(json.loads((content or b"{}").decode("utf-8")))


@lru_cache(maxsize=512)
def family_of(name: str) -> Mapping[str, Any]:
    """Return what is known of a model; an empty object where that is nothing."""
    return families().find(name) or {}


def capability(name: Any, what: str) -> Any:
    """Return one capability of a model, MISSING where nothing is said."""
    if type(name) is not str or len(name) > MAX_NAME:
        return MISSING
    return family_of(name).get(what, MISSING)
