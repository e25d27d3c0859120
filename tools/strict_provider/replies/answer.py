"""What the provider says: an echo, an instance of the schema that was asked for, or the tool that was forced."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

SAMPLES = {"string": "lotus", "integer": 1, "number": 1.5, "boolean": True, "null": None}
MAX_ECHO = 200
_counter = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """One answer: text, or a call of `tool` with `arguments` (JSON)."""

    text: str
    tool: str | None = None
    arguments: str = "{}"

    @property
    def pieces(self) -> list[str]:
        """Return the text as a stream would carry it."""
        words = self.text.split(" ")
        return [word if place == 0 else " " + word for place, word in enumerate(words)]


def decide(prompt: Any, tools: dict[str, Any], forced: str | None, schema: dict[str, Any] | None) -> Answer:
    """Return the answer to a prompt.

    tools: {name: JSON schema}.   forced: the tool to call, `any` for the first one, None for text.
    schema: what the text has to be an instance of, {} for any JSON object, None for plain text.
    """
    if forced is not None and tools:
        name = next(iter(tools)) if forced == "any" else forced
        return Answer("", tool=name, arguments=json.dumps(instance_of(tools.get(name) or {"type": "object"})))
    if schema is not None:
        return Answer(json.dumps(instance_of(schema) if schema else {"answer": "lotus"}))
    return Answer(f"You said: {plain_text(prompt)[:MAX_ECHO]}")


def plain_text(content: Any) -> str:
    """Return the words of a prompt: a string, or a list of parts with text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(filter(None, (plain_text(part) for part in content)))
    if isinstance(content, dict):
        return plain_text(content.get("text") or content.get("content"))
    return ""


def count_tokens(content: Any) -> int:
    """Return a plausible number of tokens: one per word, at least one."""
    return max(1, len(plain_text(content).split()))


def next_id(prefix: str) -> str:
    """Return an identifier that no other answer of this process has."""
    return f"{prefix}{next(_counter):012d}"


def instance_of(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a small value that satisfies a JSON schema of the kind providers accept."""
    root = schema if root is None else root
    if "$ref" in schema:
        return instance_of(_resolve(schema["$ref"], root), root)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword):
            return instance_of(schema[keyword][0], root)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: instance_of(part, root) for name, part in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [instance_of(schema.get("items") or {"type": "string"}, root)]
    return SAMPLES[kind]


def _resolve(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found = root
    for step in reference.lstrip("#/").split("/"):
        found = found[step]
    return found
