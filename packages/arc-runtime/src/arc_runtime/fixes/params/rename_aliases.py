"""Puts what another API calls differently under its name here."""

import json
from typing import Any, Callable, Dict, List

from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.models import capability
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING


class RenameAliases(WholeFix):
    """``{"rename_aliases": true}``: Anthropic's ``system`` becomes the first message of a chat, and so on.

    Only where the name here is free, or where the two can stand side by side (messages, the text's settings).
    """

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with the names of this operation."""
        documented = operations().get(operation)
        if documented is None:
            return body
        for alias, name in documented.aliases.items():
            if alias in body and alias not in documented.parameters:
                move = _MOVES.get((operation, alias), _rename)
                body = move(body, alias, name)
        return body


def _rename(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    if name == "max_tokens" and capability(body.get("model"), "max_tokens") is False:
        name = "max_completion_tokens"
    taken = (name, "max_completion_tokens") if name == "max_tokens" else (name,)
    if any(body.get(other) is not None for other in taken if other != alias):
        return replaced(body, **{alias: MISSING})
    return replaced(body, **{alias: MISSING, name: body[alias]})


def _to_messages(role: str) -> Callable[[Dict[str, Any], str, str], Dict[str, Any]]:
    def move(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
        value, messages = body[alias], body.get(name)
        if role == "user" and isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            return replaced(body, **{alias: MISSING, name: value}) if messages is None else body
        if not isinstance(value, (str, list)) or (role == "user" and messages is not None):
            return body
        if not value:
            return replaced(body, **{alias: MISSING})
        rest = messages if isinstance(messages, list) else []
        made: List[Any] = [{"role": role, "content": value}]
        return replaced(body, **{alias: MISSING, name: [*made, *rest]})

    return move


def _to_input(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    if body.get(name) is not None:
        return body
    return replaced(body, **{alias: MISSING, name: body[alias]})


def _into(key: str) -> Callable[[Dict[str, Any], str, str], Dict[str, Any]]:
    """Return a move into a member of an object: ``reasoning_effort`` into ``reasoning.effort``."""

    def move(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
        value, there = body[alias], body.get(name)
        inner = there if isinstance(there, dict) else {}
        if value is None or inner.get(key) is not None:
            return replaced(body, **{alias: MISSING})
        return replaced(body, **{alias: MISSING, name: {**inner, key: value}})

    return move


def _out_of(key: str) -> Callable[[Dict[str, Any], str, str], Dict[str, Any]]:
    """Return the opposite of `_into`: ``reasoning.effort`` becomes ``reasoning_effort``."""

    def move(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
        value = body[alias]
        inner = value.get(key) if isinstance(value, dict) else value if isinstance(value, str) else None
        parameters: Dict[str, Any] = {alias: MISSING}
        if inner is not None and body.get(name) is None:
            parameters[name] = inner
        if alias == "text" and isinstance(value, dict) and value.get("verbosity") and body.get("verbosity") is None:
            parameters["verbosity"] = value["verbosity"]
        return replaced(body, **parameters)

    return move


def _user(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    there = body.get(name)
    metadata = there if isinstance(there, dict) else {}
    value = body[alias]
    if not isinstance(value, str) or metadata.get("user_id") is not None:
        return replaced(body, **{alias: MISSING})
    return replaced(body, **{alias: MISSING, name: {**metadata, "user_id": value[:256]}})


def _parallel(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    if body[alias] is False and body.get("tools"):
        choice = body.get(name)
        choice = choice if isinstance(choice, dict) else {"type": "auto"} if choice is None else None
        if choice is not None and choice.get("type") in ("auto", "any", "tool"):
            return replaced(body, **{alias: MISSING, name: {**choice, "disable_parallel_tool_use": True}})
    return replaced(body, **{alias: MISSING})


def _texts(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    value = body[alias]
    value = [value] if isinstance(value, str) else value
    return _rename({**body, alias: value}, alias, name)


def _instructions(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    value = body[alias]
    if isinstance(value, list):
        texts = [part.get("text") if isinstance(part, dict) else part for part in value]
        value = "\n\n".join(text for text in texts if isinstance(text, str))
    there = body.get(name)
    if not isinstance(value, str):
        return body
    return replaced(
        body, **{alias: MISSING, name: f"{value}\n\n{there}" if isinstance(there, str) and there else value}
    )


def _functions(body: Dict[str, Any], alias: str, name: str) -> Dict[str, Any]:
    if body.get(name) or not isinstance(body[alias], list):
        return replaced(body, **{alias: MISSING}) if not body[alias] else body
    return replaced(body, **{alias: MISSING, name: [json.loads(json.dumps(tool)) for tool in body[alias]]})


_MOVES: Dict[Any, Callable[[Dict[str, Any], str, str], Dict[str, Any]]] = {
    ("chat.completions", "input"): _to_messages("user"),
    ("chat.completions", "prompt"): _to_messages("user"),
    ("chat.completions", "system"): _to_messages("system"),
    ("chat.completions", "instructions"): _to_messages("system"),
    ("chat.completions", "text"): _out_of("format"),
    ("chat.completions", "reasoning"): _out_of("effort"),
    ("chat.completions", "output_config"): _out_of("effort"),
    ("responses", "messages"): _to_input,
    ("responses", "prompt"): _to_input,
    ("responses", "system"): _instructions,
    ("responses", "reasoning_effort"): _into("effort"),
    ("responses", "response_format"): _into("format"),
    ("responses", "verbosity"): _into("verbosity"),
    ("responses", "functions"): _functions,
    ("messages", "functions"): _functions,
    ("messages", "stop"): _texts,
    ("messages.count_tokens", "stop"): _texts,
    ("messages", "input"): _to_messages("user"),
    ("messages", "prompt"): _to_messages("user"),
    ("messages", "instructions"): _instructions,
    ("messages", "system_prompt"): _instructions,
    ("messages", "user"): _user,
    ("messages", "parallel_tool_calls"): _parallel,
}
"""Moves that are more than another name."""
