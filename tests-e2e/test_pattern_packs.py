"""The published JSON Schema of pattern packs and arc-runtime, which loads them, mean the same."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from arc_common import schemas
from arc_runtime.errors import PatternError
from arc_runtime.packs import PACKS
from arc_runtime.patterns.files import parse_pack

SHIPPED = Path(__file__).resolve().parent.parent / "packages" / "arc-runtime" / "src" / "arc_runtime" / "packs"
VALIDATOR = jsonschema.Draft202012Validator(schemas.load("pattern_pack"))
ENTRY: dict[str, Any] = {
    "id": "family/name",
    "source": "an address or a sentence",
    "pattern": {"model": "gpt-4"},
    "fix": {"temperature": 0.7},
    "golden": [{"name": "any", "request": {"model": "gpt-4"}, "expected": None}],
}


def pack(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "name": "some-pack", "patterns": [{**ENTRY, **changes}]}


def without(*names: str) -> dict[str, Any]:
    return {"version": 1, "name": "some-pack", "patterns": [{k: v for k, v in ENTRY.items() if k not in names}]}


def loads(document: Any) -> bool:
    try:
        parse_pack(json.dumps(document), "here")
    except PatternError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_pack_that_ships_is_valid(name: str) -> None:
    VALIDATOR.validate(yaml.safe_load((SHIPPED / PACKS[name]).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "document",
    [
        pack(),
        without("golden"),
        {**pack(), "description": "what it is for"},
        pack(description="x", confidence=0.5, priority=-3),
        pack(pattern={"temperature": {">": 0.9, "<=": 2}, "stop": {"missing": True}, "top_p": {"exists": True}}),
        pack(
            pattern={"provider": "openai", "operation": {"in": ["messages", "responses"]}, "model": {"prefix": "gpt"}}
        ),
        pack(pattern={"messages[-1].content": {"contains": "x"}, "a.b-c.$d": {"not_in": [1]}, "e": [1, {"f": None}]}),
        pack(fix={"a": {"set": {"b": 1}}, "c": {"default": None}, "d": {"clamp": [None, 1]}, "e.f": {"drop": True}}),
        pack(fix={"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}),
        pack(fix={"prompt_prefix": "Be brief. ", "prompt_suffix": {"text": "Thank you.", "role": "user"}}),
        pack(fix={"messages[0].content": "x", "messages[1]": {"set": {}}}),
    ],
)
def test_what_the_schema_accepts_is_loaded(document: Any) -> None:
    assert VALIDATOR.is_valid(document)
    assert loads(document)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {**pack(), "version": 2},
        {**pack(), "version": True},
        {**pack(), "source": "x"},
        {**pack(), "name": " "},
        *(without(name) for name in ("id", "source", "pattern", "fix")),
        pack(expires_at="2027-01-01T00:00:00Z"),
        pack(colour="x"),
        pack(provider="openai"),
        pack(id=""),
        pack(confidence=1.5),
        pack(priority=0.5),
        pack(pattern={}),
        pack(pattern={"a b": 1}),
        pack(pattern={"a[": 1}),
        pack(pattern={"a": {"~": 1}}),
        pack(pattern={"a": {">": "1"}}),
        pack(pattern={"a": {"in": []}}),
        pack(fix={}),
        pack(fix={"stream": False}),
        pack(fix={"provider": "x"}),
        pack(fix={"a..b": 1}),
        pack(fix={"a": {"set": 1, "drop": True}}),
        pack(fix={"a": {"clamp": [0]}}),
        pack(fix={"a": {"drop": False}}),
        pack(fix={"messages[0]": {"drop": True}}),
        pack(fix={"prompt_prefix": {"text": "x", "role": "assistant"}}),
        pack(golden=[{"request": {}, "expected": None}]),
        pack(golden=[{"name": "x", "request": [], "expected": None}]),
        pack(golden=[{"name": "x", "request": {}}]),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(document: Any) -> None:
    assert not loads(document)
    assert not VALIDATOR.is_valid(document)
