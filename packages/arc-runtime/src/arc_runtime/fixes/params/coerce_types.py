"""Gives a parameter the JSON type that is documented, where the value says plainly which one is meant."""

import json
import math
from typing import Any, Dict, Mapping

from arc_runtime.fixes.contract import Parameter, operations
from arc_runtime.fixes.values import is_number
from arc_runtime.fixes.whole import WholeFix
from arc_runtime.model import MISSING


class CoerceTypes(WholeFix):
    """``{"coerce_types": true}``: "256" becomes 256, 512.5 becomes 512, "true" becomes true, and null goes."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with the parameters' own types; what cannot be read so stays."""
        documented = operations().get(operation)
        if documented is None:
            return body
        changed: Dict[str, Any] = {}
        for name, value in body.items():
            parameter = documented.parameters.get(name)
            if parameter is not None and parameter.problem(value) == "type" and name not in ("model", "stream"):
                meant = _meant(value, parameter)
                if meant is not value:
                    changed[name] = meant
        if not changed:
            return body
        merged: Mapping[str, Any] = {**body, **changed}
        return {name: value for name, value in merged.items() if value is not MISSING}


def _meant(value: Any, parameter: Parameter) -> Any:
    names = parameter.names
    if value is None:
        return MISSING
    if isinstance(value, str):
        return _from_text(value, parameter)
    if is_number(value) or isinstance(value, bool):
        return _from_number(value, parameter)
    if isinstance(value, dict) and "array" in names and "object" not in names:
        return [value]
    if isinstance(value, (set, frozenset)) and "array" in names:
        return sorted(value, key=str)
    return value


def _from_number(value: Any, parameter: Parameter) -> Any:
    names = parameter.names
    if isinstance(value, bool):
        return value
    if "integer" in names and isinstance(value, float):
        return math.floor(value)
    if "boolean" in names and value in (0, 1):
        return bool(value)
    if names == frozenset(("string",)):
        return str(value)
    return value


def _from_text(text: str, parameter: Parameter) -> Any:
    names = parameter.names
    word = text.strip().lower()
    if word in ("none", "null", "") and "string" not in names:
        return MISSING
    if "boolean" in names and word in ("true", "false"):
        return word == "true"
    if "integer" in names or "number" in names:
        return _number(word, text, "integer" in names)
    if "array" in names and "object" not in names:
        parsed = _parsed(text)
        return parsed if isinstance(parsed, list) else [text]
    if "object" in names:
        parsed = _parsed(text)
        return parsed if isinstance(parsed, dict) else text
    return text


def _number(word: str, text: str, whole: bool) -> Any:
    if len(word) > 30:
        return text
    try:
        number = float(word)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if whole or (number == int(number) and "." not in word and "e" not in word) else number


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
