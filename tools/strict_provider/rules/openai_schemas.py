"""What OpenAI refuses in the schemas of functions and of answers, by its guide to structured outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

NOT_IN_STRICT = ("oneOf", "allOf", "not", "default", "minLength", "maxLength", "uniqueItems", "patternProperties")
MAX_DESCRIPTION = 1024


def functions_of(body: Body) -> Iterator[tuple[str, Body]]:
    """Yield the place and the definition of each function, nested as in a chat or flat."""
    for index, tool in enumerate(body.get("tools") or []):
        if isinstance(tool, dict) and tool.get("type") == "function":
            inner = tool.get("function")
            yield (f"tools[{index}].function", inner) if isinstance(inner, dict) else (f"tools[{index}]", tool)


def _refused(what: str, path: tuple[str, ...], problem: str) -> Rejection:
    return Rejection(f"Invalid schema for {what}: In context={path!r}, {problem}", code="invalid_function_parameters")


def _is(schema: Body, kind: str) -> bool:
    given = schema.get("type")
    return given == kind or (isinstance(given, list) and kind in given)


def _children(schema: Body) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, child in (schema.get("properties") or {}).items():
        yield ("properties", name), child
    if "items" in schema:
        yield ("items",), schema["items"]
    for name in ("anyOf", "oneOf", "allOf"):
        for index, child in enumerate(schema.get(name) or []):
            yield (name, str(index)), child


def _check(what: str, schema: Any, path: tuple[str, ...], strict: bool) -> Rejection | None:
    if not isinstance(schema, dict):
        return None
    if _is(schema, "array") and "items" not in schema:
        return _refused(what, path, "array schema missing items.")
    found = _check_strict(what, schema, path) if strict else None
    for step, child in _children(schema):
        found = found or _check(what, child, (*path, *step), strict)
    return found


def _check_strict(what: str, schema: Body, path: tuple[str, ...]) -> Rejection | None:
    for word in NOT_IN_STRICT:
        if word in schema:
            return _refused(what, path, f"'{word}' is not permitted.")
    if not _is(schema, "object"):
        return None
    if schema.get("additionalProperties") is not False:
        return _refused(what, path, "'additionalProperties' is required to be supplied and to be false.")
    absent = [name for name in schema.get("properties") or {} if name not in (schema.get("required") or [])]
    if absent:
        text = (
            "'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{absent[0]}'."
        )
        return _refused(what, path, text)
    return None


def parameters_are_objects(body: Body) -> Rejection | None:
    """Refuse parameters that are no object with properties, or that no schema can be."""
    for place, function in functions_of(body):
        schema = function.get("parameters")
        if schema is None:
            continue
        what = f"function '{function.get('name')}'"
        if schema.get("type") != "object":
            got = schema.get("type")
            return Rejection(
                f"Invalid schema for {what}: schema must be a JSON Schema of 'type: object', got 'type: {got}'.",
                param=f"{place}.parameters",
                code="invalid_function_parameters",
            )
        if "properties" not in schema:
            return _refused(what, (), "object schema missing properties.")
        found = _check(what, schema, (), function.get("strict") is True)
        if found is not None:
            return found
    return None


def descriptions_fit(body: Body) -> Rejection | None:
    """Refuse descriptions of functions beyond 1,024 characters."""
    for place, function in functions_of(body):
        size = len(function.get("description") or "")
        if size > MAX_DESCRIPTION:
            text = (
                f"Invalid '{place}.description': string too long. Expected a string with maximum length "
                f"{MAX_DESCRIPTION}, but got a string with length {size} instead."
            )
            return Rejection(text, param=f"{place}.description", code="string_above_max_length")
    return None


def answers_are_strict(body: Body) -> Rejection | None:
    """Refuse a strict form of the answer whose schema is not."""
    wanted = (body.get("response_format") or {}).get("json_schema") or (body.get("text") or {}).get("format") or {}
    if not isinstance(wanted, dict) or wanted.get("strict") is not True:
        return None
    return _check(f"response_format '{wanted.get('name')}'", wanted.get("schema"), (), True)


CHAT_SCHEMA_RULES: list[Rule] = [parameters_are_objects, descriptions_fit, answers_are_strict]
RESPONSE_SCHEMA_RULES: list[Rule] = [parameters_are_objects, answers_are_strict]
