"""Settings of Claude's thinking that the model and the other parameters take. The limit of tokens never grows."""

from typing import Any, Dict, List, Mapping

from arc_runtime.fixes.models import capability
from arc_runtime.fixes.shapes import as_list
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

MIN_BUDGET = 1024
"""https://platform.claude.com/docs/en/build-with-claude/extended-thinking: the minimum budget."""
ADAPTIVE_BUDGET = 2048
"""For models without adaptive thinking: enough for a moderate problem."""


class Thinking(WholeFix):
    """``{"thinking_form": true}``: the kind that the model has, and a budget between 1,024 and the limit of tokens.

    Where no budget fits below ``max_tokens``, or a tool is forced, or the history lacks its thinking, it is left out.
    """

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with thinking that is accepted."""
        thinking = body.get("thinking")
        if not operation.startswith("messages") or thinking is None:
            return body
        made = _made(thinking, body)
        return body if made == thinking else replaced(body, thinking=made)


def _made(thinking: Any, body: Dict[str, Any]) -> Any:
    kinds = capability(body.get("model"), "thinking")
    kinds = kinds if isinstance(kinds, list) else ["enabled", "adaptive", "disabled"]
    if isinstance(thinking, bool):
        thinking = {"type": "enabled" if thinking else "disabled"}
    if not isinstance(thinking, dict):
        return thinking
    kind = thinking.get("type", "enabled" if "budget_tokens" in thinking else None)
    if kind == "disabled":
        return {"type": "disabled"} if "disabled" in kinds else MISSING
    if kind not in ("enabled", "adaptive"):
        return thinking
    if _is_forced(body) or (kind == "enabled" and lacks_thinking(body)):
        return MISSING
    return _of_kind(thinking, kind if kind in kinds else _OTHER[kind], kinds, body)


_OTHER = {"enabled": "adaptive", "adaptive": "enabled"}


def _of_kind(thinking: Dict[str, Any], kind: str, kinds: List[str], body: Dict[str, Any]) -> Any:
    if kind not in kinds:
        return MISSING
    shown = {"display": thinking["display"]} if "display" in thinking else {}
    return {"type": "adaptive", **shown} if kind == "adaptive" else _budgeted(thinking, body)


def _budgeted(thinking: Dict[str, Any], body: Dict[str, Any]) -> Any:
    limit = body.get("max_tokens")
    budget = thinking.get("budget_tokens")
    if type(budget) is not int or budget < MIN_BUDGET:
        budget = ADAPTIVE_BUDGET if thinking.get("type") == "adaptive" else MIN_BUDGET
    if type(limit) is int and budget >= limit:
        if limit <= MIN_BUDGET:
            return MISSING
        budget = max(MIN_BUDGET, limit // 2)
    return {**thinking, "type": "enabled", "budget_tokens": budget}


def _is_forced(body: Dict[str, Any]) -> bool:
    choice = body.get("tool_choice")
    return isinstance(choice, dict) and choice.get("type") in ("any", "tool")


def lacks_thinking(body: Mapping[str, Any]) -> bool:
    """Return whether the turn under way has calls of the assistant that do not begin with thinking."""
    messages: List[Any] = as_list(body.get("messages"))
    for message in reversed(messages):
        if not isinstance(message, dict):
            return False
        blocks = [block for block in as_list(message.get("content")) if isinstance(block, dict)]
        if message.get("role") == "user":
            if not any(block.get("type") == "tool_result" for block in blocks):
                return False
            continue
        first = blocks[0].get("type") if blocks else "text"
        return first not in ("thinking", "redacted_thinking")
    return False


class ForcedTool(WholeFix):
    """``{"forced_tool": true}``: models that always think cannot be forced to call a tool, so they may choose."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with a choice that the model takes."""
        choice = body.get("tool_choice")
        if not isinstance(choice, dict) or choice.get("type") not in ("any", "tool"):
            return body
        if capability(body.get("model"), "forced_tool") is not False:
            return body
        kept = {name: value for name, value in choice.items() if name == "disable_parallel_tool_use"}
        return replaced(body, tool_choice={"type": "auto", **kept})


class Effort(WholeFix):
    """``{"effort": true}``: the nearest effort that the model has; left out where it has none."""

    ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with an effort that is accepted."""
        efforts = capability(body.get("model"), "efforts")
        if operation == "chat.completions":
            effort = body.get("reasoning_effort")
            near = self._nearest(effort, efforts)
            return body if effort is None or near == effort else replaced(body, reasoning_effort=near)
        outer = "reasoning" if operation == "responses" else "output_config"
        holder = body.get(outer)
        effort = holder.get("effort") if isinstance(holder, dict) else None
        near = self._nearest(effort, efforts)
        if effort is None or near == effort or not isinstance(holder, dict):
            return body
        kept = {name: value for name, value in {**holder, "effort": near}.items() if value is not MISSING}
        return replaced(body, **{outer: kept or MISSING})

    def _nearest(self, effort: Any, efforts: Any) -> Any:
        if not isinstance(efforts, list) or effort in efforts:
            return effort
        if not efforts:
            return MISSING
        if effort not in self.ORDER:
            return MISSING
        place = self.ORDER.index(effort)
        # never more effort than asked for, but where there is no less: effort costs tokens
        lower = [name for name in efforts if self.ORDER.index(name) <= place and (name != "none" or effort == "none")]
        return lower[-1] if lower else next(name for name in efforts if name != "none")
