"""Makes a JSON Schema fit for strict mode, where that can be done; None where the schema is too free for it.

Sources: https://developers.openai.com/api/docs/guides/structured-outputs (supported schemas),
https://platform.claude.com/docs/en/build-with-claude/structured-outputs (JSON Schema limitations).
"""

from typing import Any, Dict, FrozenSet, List, Mapping, Optional

from arc_runtime.fixes.tools.schemas import map_children
from arc_runtime.fixes.values import MAX_DEPTH

Schema = Dict[str, Any]

OPENAI_REFUSED: FrozenSet[str] = frozenset(
    (
        *("default", "minLength", "maxLength", "uniqueItems", "contains", "minContains", "maxContains", "examples"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
        *("unevaluatedItems", "dependentRequired", "dependentSchemas", "if", "then", "else", "not"),
    )
)
CLAUDE_REFUSED: FrozenSet[str] = OPENAI_REFUSED - {"default", "examples"} | frozenset(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems")
)
FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))


class _TooFree(Exception):
    """An object whose keys are not known: strict mode has no words for it."""


def strict_openai(schema: Any) -> Optional[Any]:
    """Return a schema that OpenAI's strict mode takes; keys that were optional may then be null."""
    try:
        return _strict(schema, 0)
    except _TooFree:
        return None


def strict_claude(schema: Any) -> Optional[Any]:
    """Return a schema that Anthropic's structured outputs take."""
    try:
        return _closed(schema, 0)
    except _TooFree:
        return None


def _strict(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    if "$ref" in schema:
        return schema if len(schema) == 1 else _reference(schema, depth)
    changed = _plain(_unions(schema))
    changed = map_children(changed, lambda child: _strict(child, depth + 1))
    if _is_object(changed):
        changed = _close(changed, depth)
        changed = _require_all(changed)
    return schema if changed == schema else changed


def _reference(schema: Schema, depth: int) -> Schema:
    if depth == 0:
        return map_children(schema, lambda child: _strict(child, depth + 1))
    return {"$ref": schema["$ref"]}


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _close(schema: Schema, depth: int) -> Schema:
    extra = schema.get("additionalProperties")
    if extra is False and "properties" in schema:
        return schema
    if isinstance(extra, dict) or (depth and not schema.get("properties")):
        raise _TooFree
    return {**schema, "properties": schema.get("properties", {}), "additionalProperties": False}


def _require_all(schema: Schema) -> Schema:
    properties = schema["properties"]
    required = schema.get("required")
    known = [name for name in required if name in properties] if isinstance(required, list) else []
    absent = [name for name in properties if name not in known]
    if not absent and required == known:
        return schema
    nullable = {name: _nullable(item) if name in absent else item for name, item in properties.items()}
    return {**schema, "properties": nullable, "required": [*known, *absent]}


def _nullable(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        schema = {**schema, "type": [kind, "null"]}
    elif isinstance(kind, list) and "null" not in kind:
        schema = {**schema, "type": [*kind, "null"]}
    elif isinstance(schema.get("anyOf"), list):
        if not any(isinstance(one, dict) and one.get("type") == "null" for one in schema["anyOf"]):
            schema = {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    elif "$ref" in schema:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if isinstance(schema.get("enum"), list) and None not in schema["enum"] and "null" in (schema.get("type") or ()):
        schema = {**schema, "enum": [*schema["enum"], None]}
    return schema


def _unions(schema: Schema) -> Schema:
    if isinstance(schema.get("oneOf"), list) and "anyOf" not in schema:
        schema = {
            ("anyOf" if name == "oneOf" else name): value for name, value in schema.items() if name != "discriminator"
        }
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    if not all(isinstance(part, dict) for part in parts):
        raise _TooFree
    rest = {name: value for name, value in schema.items() if name != "allOf"}
    return _merged([rest, *parts]) if len(parts) > 1 or "properties" in rest else {**parts[0], **rest}


def _merged(parts: List[Schema]) -> Schema:
    merged: Schema = {}
    for part in parts:
        if "$ref" in part or "anyOf" in part:
            raise _TooFree
        for name, value in part.items():
            if name == "properties" and isinstance(merged.get(name), dict):
                merged[name] = {**merged[name], **value}
            elif name == "required" and isinstance(merged.get(name), list):
                merged[name] = [*merged[name], *(key for key in value if key not in merged[name])]
            else:
                merged.setdefault(name, value)
    return merged


def _plain(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name not in OPENAI_REFUSED}
    if "format" in kept and kept["format"] not in FORMATS:
        del kept["format"]
    return kept if len(kept) != len(schema) else schema


def _closed(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    kept = {name: value for name, value in schema.items() if name not in CLAUDE_REFUSED}
    if kept.get("minItems", 0) not in (0, 1):
        del kept["minItems"]
    if isinstance(kept.get("oneOf"), list) and "anyOf" not in kept:
        kept = {("anyOf" if name == "oneOf" else name): value for name, value in kept.items()}
    kept = map_children(kept, lambda child: _closed(child, depth + 1))
    if _is_object(kept) and kept.get("additionalProperties") is not False:
        if isinstance(kept.get("additionalProperties"), dict):
            raise _TooFree
        kept = {**kept, "additionalProperties": False}
    return schema if kept == schema else kept
