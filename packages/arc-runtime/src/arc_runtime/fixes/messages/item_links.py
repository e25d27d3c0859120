"""Keeps the items of a Responses input that stand where the API takes them: reasoning before what came of it, once."""

from typing import Any, Dict, List, Mapping

from arc_runtime.fixes.models import family_of
from arc_runtime.fixes.whole import WholeFix, items_changed, replaced

_SPEAKERS = ("user", "system", "developer")


class ItemLinks(WholeFix):
    """``{"item_links": true}``: reasoning without its following item goes, and the second of two equal items."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose items are linked as the API demands."""
        given, model = body.get("input"), body.get("model")
        if operation != "responses" or not isinstance(given, (list, tuple)) or not isinstance(model, str):
            return body
        kept = linked(given, family_of(model))
        return replaced(body, input=kept) if items_changed(given, kept) else body


def linked(items: Any, family: Mapping[str, Any]) -> List[Any]:
    """Return the items that may stand where they stand, in their order."""
    kept: List[Any] = []
    following: Any = None
    for item in reversed(_once(items)):
        if isinstance(item, dict) and item.get("type") == "reasoning":
            if not (family.get("reasoning") or family.get("uncertain")) or not _comes_of_it(following):
                continue
            item = item if item.get("summary") is not None else {**item, "summary": []}
        kept.append(item)
        following = item
    return kept[::-1]


def _comes_of_it(item: Any) -> bool:
    """Return whether an item can be what a model said or called after it reasoned; unknown kinds can."""
    if not isinstance(item, dict) or item.get("role") in _SPEAKERS:
        return False
    return not str(item.get("type", "")).endswith("_output")


def _once(items: Any) -> List[Any]:
    """Leave out what has the id of an earlier item and is the same."""
    seen: Dict[str, Any] = {}
    kept: List[Any] = []
    for item in items:
        name = item.get("id") if isinstance(item, dict) else None
        if isinstance(name, str) and item.get("type") != "item_reference":
            if name in seen and seen[name] == item:
                continue
            seen.setdefault(name, item)
        kept.append(item)
    return kept
