"""Writes the wanted form of the answer as the API does, and supplies what it demands besides."""

import re
from typing import Any, Dict, Optional

from arc_runtime.fixes.models import capability
from arc_runtime.fixes.shapes import as_list
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_KINDS = {"json": "json_object", "jsonobject": "json_object", "jsonschema": "json_schema"}
JSON_INSTRUCTION = "Answer with a JSON object."


class ResponseFormat(WholeFix):
    """``{"response_format_form": true}``: types and nesting; what the model cannot do goes, or becomes what it can."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with a form that is accepted."""
        if operation == "chat.completions":
            return _chat(body)
        return _responses(body) if operation == "responses" else body


class JsonInstruction(WholeFix):
    """``{"json_instruction": true}``: JSON mode demands the word in the conversation, so a sentence says it."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with the sentence at the end of the first system message, or as one."""
        if operation == "chat.completions":
            form, key, role = body.get("response_format"), "messages", "system"
        elif operation == "responses":
            text = body.get("text")
            form, key, role = (text.get("format") if isinstance(text, dict) else None), "input", "developer"
        else:
            return body
        if not isinstance(form, dict) or form.get("type") != "json_object" or _says_json(body.get(key)):
            return body
        messages = body.get(key)
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if not isinstance(messages, (list, tuple)) or not messages:
            return body
        return replaced(body, **{key: _instructed(list(messages), role)})


def _instructed(messages: Any, role: str) -> Any:
    first = messages[0]
    if (
        isinstance(first, dict)
        and first.get("role") in ("system", "developer")
        and isinstance(first.get("content"), str)
    ):
        return [{**first, "content": f"{first['content']}\n{JSON_INSTRUCTION}"}, *messages[1:]]
    return [{"role": role, "content": JSON_INSTRUCTION}, *messages]


def _says_json(messages: Any) -> bool:
    if isinstance(messages, str):
        return "json" in messages.lower()
    for message in as_list(messages):
        content = message.get("content") if isinstance(message, dict) else None
        texts = (
            [content]
            if isinstance(content, str)
            else [part.get("text") for part in as_list(content) if isinstance(part, dict)]
        )
        if any(isinstance(text, str) and "json" in text.lower() for text in texts):
            return True
    return False


def _schema_parts(form: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Return name, schema and strictness, nested or flat; None where there is no schema."""
    inner = form.get("json_schema")
    holder = inner if isinstance(inner, dict) else form
    schema = holder.get("schema")
    if schema is None and isinstance(inner, dict) and ("properties" in inner or inner.get("type") == "object"):
        holder, schema = {}, inner
    if not isinstance(schema, dict):
        return None
    name = holder.get("name") or schema.get("title")
    plain = _NAME.sub("_", name)[:64] if isinstance(name, str) and name else "response"
    parts: Dict[str, Any] = {"name": plain, "schema": schema}
    for key, kind in (("strict", bool), ("description", str)):
        if isinstance(holder.get(key), kind):
            parts[key] = holder[key]
    return parts


def _kind(form: Any) -> Any:
    kind = form.get("type") if isinstance(form, dict) else form
    if isinstance(kind, str):
        return _KINDS.get(kind.lower().replace("_", "").replace("-", ""), kind)
    return "json_schema" if isinstance(form, dict) and ("json_schema" in form or "schema" in form) else kind


def _chat(body: Dict[str, Any]) -> Dict[str, Any]:
    form = body.get("response_format")
    if form is None:
        return body
    kind = _kind(form)
    model = body.get("model")
    made: Any = form
    if kind == "json_schema":
        parts = _schema_parts(form) if isinstance(form, dict) else None
        made = {"type": "json_schema", "json_schema": parts}
        if parts is None or capability(model, "json_schema") is False:
            kind, made = "json_object", {"type": "json_object"}
    elif kind in ("json_object", "text"):
        made = {"type": kind}
    if kind == "json_object" and capability(model, "json_object") is False:
        made = MISSING
    return body if _is_same(form, made) else replaced(body, response_format=made)


def _is_same(form: Any, made: Any) -> bool:
    """Return whether the form says already what we would write; null members say nothing."""
    return bool(_bare(form) == _bare(made))


def _bare(form: Any) -> Any:
    if not isinstance(form, dict):
        return form
    inner = form.get("json_schema")
    bare = {key: value for key, value in form.items() if value is not None}
    if isinstance(inner, dict):
        bare["json_schema"] = {key: value for key, value in inner.items() if value is not None}
    return bare


def _responses(body: Dict[str, Any]) -> Dict[str, Any]:
    text = body.get("text")
    form = text.get("format") if isinstance(text, dict) else None
    if form is None:
        return body
    kind = _kind(form)
    made: Any = form
    if kind == "json_schema":
        parts = _schema_parts(form) if isinstance(form, dict) else None
        if parts is None:
            return body
        made = {"type": "json_schema", **parts}
    elif kind in ("json_object", "text"):
        made = {"type": kind}
    return body if _is_same(form, made) else replaced(body, text={**(text or {}), "format": made})
