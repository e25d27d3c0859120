"""Writes the choice of a tool as the API it is sent to does, and leaves it out where there is nothing to choose."""

from typing import Any, Callable, Dict, List, Optional

from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

_WORDS = {"any": "required", "required": "required", "auto": "auto", "none": "none", "force": "required"}
_CLAUDE_WORDS = {"any": "any", "required": "any", "auto": "auto", "none": "none", "force": "any"}


class ToolChoice(WholeFix):
    """``{"tool_choice_form": true}``; a choice that names a tool which is not declared stays, and is refused."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with a choice that is accepted."""
        if not body.get("tools"):
            names = ["tool_choice", *(["parallel_tool_calls"] if operation == "chat.completions" else [])]
            gone = [name for name in names if body.get(name) is not None]
            if operation == "chat.completions" and not body.get("functions") and body.get("function_call") is not None:
                gone.append("function_call")
            return replaced(body, **dict.fromkeys(gone, MISSING)) if gone else body
        write = _WRITERS.get(operation)
        choice = body.get("tool_choice")
        if write is None or choice is None:
            return body
        if isinstance(choice, str) and choice in _declared(body["tools"]):
            choice = {"name": choice}
        written = write(choice)
        return body if written is None or written == choice else replaced(body, tool_choice=written)


def _declared(tools: Any) -> List[Any]:
    """Return the names of the tools; a choice may be the bare name of one."""
    found = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, (list, tuple)) else []
    inner = [tool["function"] if isinstance(tool.get("function"), dict) else tool for tool in found]
    return [tool.get("name") for tool in inner if tool.get("name") not in _WORDS]


def _named(choice: Any) -> Optional[str]:
    """Return the tool that a choice names, whoever wrote it."""
    if not isinstance(choice, dict):
        return None
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else choice.get("name")
    return name if isinstance(name, str) and choice.get("type") in (None, "tool", "function") else None


def _word(choice: Any) -> Any:
    word = choice.get("type") if isinstance(choice, dict) else choice
    return word.lower() if isinstance(word, str) else "auto" if word is True else "none" if word is False else None


def _chat(choice: Any) -> Any:
    name = _named(choice)
    if name is not None:
        return {"type": "function", "function": {"name": name}}
    return _WORDS.get(_word(choice))


def _responses(choice: Any) -> Any:
    name = _named(choice)
    if name is not None:
        return {"type": "function", "name": name}
    return _WORDS.get(_word(choice))


def _claude(choice: Any) -> Any:
    name = _named(choice)
    extra = {}
    if isinstance(choice, dict) and isinstance(choice.get("disable_parallel_tool_use"), bool):
        extra["disable_parallel_tool_use"] = choice["disable_parallel_tool_use"]
    if name is not None:
        return {"type": "tool", "name": name, **extra}
    word = _CLAUDE_WORDS.get(_word(choice))
    return None if word is None else {"type": word, **(extra if word != "none" else {})}


_WRITERS: Dict[str, Callable[[Any], Any]] = {
    "chat.completions": _chat,
    "responses": _responses,
    "messages": _claude,
    "messages.count_tokens": _claude,
}
