"""What Anthropic refuses in content blocks, tools and the small print of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

ID = re.compile(r"^[a-zA-Z0-9_-]+$")
IMAGES = {"image/png": "iVBORw0K", "image/jpeg": "/9j/", "image/gif": "R0lGOD", "image/webp": "UklGR"}


def _blocks(body: Body) -> Iterator[tuple[str, Body]]:
    for index, message in enumerate(body["messages"]):
        content = message["content"]
        for place, block in enumerate(content if isinstance(content, list) else []):
            yield f"messages.{index}.content.{place}", block


def blocks_are_well_formed(body: Body) -> Rejection | None:
    """Refuse odd ids and inputs of calls, files without the beta, and images that are something else."""
    for name, block in _blocks(body):
        found = _block(name, block)
        if found is not None:
            return found
    return None


def _block(name: str, block: Body) -> Rejection | None:
    kind = block.get("type")
    if kind == "tool_use" and not ID.match(str(block.get("id"))):
        return Rejection(f"{name}.tool_use.id: String should match pattern '{ID.pattern}'")
    if kind == "tool_use" and not isinstance(block.get("input"), dict):
        return Rejection(f"{name}.tool_use.input: Input should be a valid dictionary")
    source: Any = block.get("source")
    if kind in ("image", "document") and isinstance(source, dict):
        if source.get("type") == "file":
            return Rejection(
                f"{name}.{kind}.source: Input tag 'file' found using 'type' does not match any expected tag"
            )
        if kind == "image" and source.get("type") == "base64":
            return _image(f"{name}.image.source.base64", source)
    return None


def _image(name: str, source: Body) -> Rejection | None:
    media, data = source.get("media_type"), str(source.get("data"))
    if media not in IMAGES:
        return Rejection(f"{name}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'")
    seen = next((kind for kind, beginning in IMAGES.items() if data.startswith(beginning)), media)
    if seen == media:
        return None
    return Rejection(f"{name}: The image was specified using the {media} media type, but it appears to be {seen}")


def results_are_single(body: Body) -> Rejection | None:
    """Refuse two results of one call, and calls at the end that nobody answers."""
    for index, message in enumerate(body["messages"]):
        content = message["content"] if isinstance(message["content"], list) else []
        ids = [block.get("tool_use_id") for block in content if block.get("type") == "tool_result"]
        if len(set(ids)) != len(ids):
            return Rejection(f"messages.{index}: each tool_use must have a single result.")
    last = body["messages"][-1]["content"]
    if isinstance(last, list) and any(block.get("type") == "tool_use" for block in last):
        return Rejection("messages: `tool_use` ids were found without `tool_result` blocks immediately after")
    return None


def tools_are_declared(body: Body) -> Rejection | None:
    """Refuse calls and results in a conversation without tools."""
    used = any(block.get("type") in ("tool_use", "tool_result") for _, block in _blocks(body))
    if not used or body.get("tools"):
        return None
    return Rejection("Requests which include `tool_use` or `tool_result` blocks must define tools.")


def schemas_are_objects(body: Body) -> Rejection | None:
    """Refuse an input schema without a type, or with alternatives at its top."""
    for index, tool in enumerate(body.get("tools") or []):
        schema = tool.get("input_schema")
        if not isinstance(schema, dict):
            continue
        if schema.get("type") != "object":
            return Rejection(f"tools.{index}.custom.input_schema.type: Field required")
        if any(word in schema for word in ("anyOf", "oneOf", "allOf")):
            text = "input_schema does not support oneOf, allOf, or anyOf at the top level"
            return Rejection(f"tools.{index}.custom.input_schema: {text}")
    return None


def small_print(body: Body) -> Rejection | None:
    """Refuse more than four cache breakpoints, blank stop sequences, and metadata but the user's id."""
    marked = [block for _, block in _blocks(body) if block.get("cache_control")]
    system = body.get("system")
    for blocks in (system if isinstance(system, list) else [], body.get("tools") or []):
        marked += [block for block in blocks if isinstance(block, dict) and block.get("cache_control")]
    ordered = [*_marks(body.get("tools")), *_marks(system)]
    for message in body["messages"]:
        ordered += _marks(message["content"])
    lasting = [mark.get("ttl") == "1h" for mark in ordered]
    if any(lasting[lasting.index(False) :] if False in lasting else []):
        return Rejection("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.")
    user = (body.get("metadata") or {}).get("user_id")
    if user is not None and (not isinstance(user, str) or len(user) > 256):
        return Rejection("metadata.user_id: Input should be a valid string of at most 256 characters")
    if len(marked) > 4:
        return Rejection(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}.")
    if any(not str(stop).strip() for stop in body.get("stop_sequences") or []):
        return Rejection("stop_sequences: each stop sequence must contain non-whitespace")
    extra = sorted(set(body.get("metadata") or {}) - {"user_id"})
    return Rejection(f"metadata.{extra[0]}: Extra inputs are not permitted") if extra else None


def _marks(blocks: Any) -> list[Body]:
    found = (
        [block.get("cache_control") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
    return [mark for mark in found if isinstance(mark, dict)]


CLAUDE_BLOCK_RULES: list[Rule] = [
    blocks_are_well_formed,
    results_are_single,
    tools_are_declared,
    schemas_are_objects,
    small_print,
]
