"""Makers of the rules which every OpenAI endpoint shares: required, unknown, wrong type, out of range."""

from __future__ import annotations

from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

ARTICLES = {
    "integer": "an integer",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "decimal": "a decimal number",
}

EXPECTED = {"decimal": "a decimal"}  # what they expect is named shorter than what they got


def json_kind(value: Any) -> str:
    """Return the JSON type of a value as OpenAI's messages name it."""
    for kind, types in (
        ("null", type(None)),
        ("boolean", bool),
        ("integer", int),
        ("decimal", float),
        ("string", str),
        ("array", list),
        ("object", dict),
    ):
        if isinstance(value, types):
            return kind
    raise TypeError(f"no JSON value: {value!r}")


def with_article(kind: str) -> str:
    """Return 'an integer', 'a string', ..."""
    return ARTICLES.get(kind, f"a {kind}")


def wrong_type(name: str, expected: str, value: Any) -> Rejection:
    """Return the refusal of a value whose JSON type is not the expected one."""
    got = with_article(json_kind(value))
    return Rejection(
        f"Invalid type for '{name}': expected {expected}, but got {got} instead.", param=name, code="invalid_type"
    )


def missing(name: str) -> Rejection:
    """Return the refusal of a body which lacks a required member."""
    return Rejection(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def empty_array(name: str) -> Rejection:
    """Return the refusal of an array without elements."""
    text = f"Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return Rejection(text, param=name, code="empty_array")


def unknown_value(name: str, value: Any, supported: tuple[str, ...]) -> Rejection:
    """Return the refusal of a value outside a closed list."""
    listed = ", ".join(f"'{item}'" for item in supported[:-1]) + f", and '{supported[-1]}'"
    return Rejection(f"Invalid value: '{value}'. Supported values are: {listed}.", param=name, code="invalid_value")


def require(name: str) -> Rule:
    """Refuse a body without this parameter."""
    return lambda body: missing(name) if body.get(name) is None else None


def only_known(names: frozenset[str], message: str, code: str | None) -> Rule:
    """Refuse a top-level parameter outside `names`; `{name}` in the message stands for it."""

    def rule(body: Body) -> Rejection | None:
        for name in body:
            if name not in names:
                return Rejection(message.format(name=name), param=name if code else None, code=code)
        return None

    return rule


def of_type(kinds: dict[str, tuple[str, ...]]) -> Rule:
    """Refuse a parameter whose JSON type is none of the listed kinds; null counts as absent."""

    def rule(body: Body) -> Rejection | None:
        for name, value in body.items():
            allowed = kinds.get(name)
            if allowed is None or value is None or json_kind(value) in allowed:
                continue
            if "decimal" in allowed and json_kind(value) == "integer":
                continue
            expected = (
                EXPECTED.get(allowed[0], with_article(allowed[0]))
                if len(allowed) == 1
                else "one of " + " or ".join(allowed)
            )
            return wrong_type(name, expected, value)
        return None

    return rule


def in_range(ranges: dict[str, tuple[float, float]]) -> Rule:
    """Refuse a number outside its closed range."""

    def rule(body: Body) -> Rejection | None:
        for name, (low, high) in ranges.items():
            value = body.get(name)
            if value is None or low <= value <= high:
                continue
            kind = "integer" if isinstance(low, int) else "decimal"
            side, sign, bound = ("above max", "<=", high) if value > high else ("below min", ">=", low)
            where = {"above max": "above maximum", "below min": "below minimum"}[side]
            return Rejection(
                f"Invalid '{name}': {kind} {where} value. Expected a value {sign} {bound:g}, but got {value} instead.",
                param=name,
                code=f"{kind}_{side.replace(' ', '_')}_value",
            )
        return None

    return rule
