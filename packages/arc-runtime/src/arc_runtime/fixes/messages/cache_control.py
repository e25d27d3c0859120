"""Keeps the last four cache breakpoints of a request for Anthropic, which takes no more."""

from typing import Any, Dict, List, Tuple

from arc_runtime.fixes.shapes import MAX_CACHE_BREAKPOINTS, as_list
from arc_runtime.fixes.whole import WholeFix, replaced


class CacheControl(WholeFix):
    """``{"cache_breakpoints": true}``: the first ones go; the later ones cover what was before them."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with at most four breakpoints."""
        if not operation.startswith("messages"):
            return body
        places = _places(body)
        for path in places[: max(0, len(places) - MAX_CACHE_BREAKPOINTS)]:
            body = _without_mark(body, path)
        return _in_order(body)


Path = Tuple[Any, ...]


def _places(body: Dict[str, Any]) -> List[Path]:
    """Return where the breakpoints are, in the order of the prompt: tools, system, messages."""
    found: List[Path] = []
    for name in ("tools", "system"):
        for index, block in enumerate(as_list(body.get(name))):
            if isinstance(block, dict) and block.get("cache_control") is not None:
                found.append((name, index))
    for index, message in enumerate(as_list(body.get("messages"))):
        for place, block in enumerate(as_list(message.get("content")) if isinstance(message, dict) else []):
            if isinstance(block, dict) and block.get("cache_control") is not None:
                found.append(("messages", index, "content", place))
    return found


def _in_order(body: Dict[str, Any]) -> Dict[str, Any]:
    """Return the body in which no breakpoint of an hour comes after one of five minutes: it becomes one of those."""
    short = False
    for path in _places(body):
        block: Any = body
        for step in path:
            block = block[step]
        control = block["cache_control"]
        if not isinstance(control, dict) or control.get("ttl") != "1h":
            short = True
        elif short:
            kept = {name: value for name, value in control.items() if name != "ttl"}
            body = _with_mark(body, path, {**block, "cache_control": kept})
    return body


def _with_mark(body: Dict[str, Any], path: Path, block: Dict[str, Any]) -> Dict[str, Any]:
    items = list(body[path[0]])
    if len(path) == 2:
        items[path[1]] = block
    else:
        blocks = list(items[path[1]]["content"])
        blocks[path[3]] = block
        items[path[1]] = {**items[path[1]], "content": blocks}
    return replaced(body, **{path[0]: items})


def _without_mark(body: Dict[str, Any], path: Path) -> Dict[str, Any]:
    items = list(body[path[0]])
    item = items[path[1]]
    if len(path) == 2:
        items[path[1]] = {name: value for name, value in item.items() if name != "cache_control"}
    else:
        blocks = list(item["content"])
        blocks[path[3]] = {name: value for name, value in blocks[path[3]].items() if name != "cache_control"}
        items[path[1]] = {**item, "content": blocks}
    return replaced(body, **{path[0]: items})
