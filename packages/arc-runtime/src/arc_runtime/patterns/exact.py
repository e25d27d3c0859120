"""The same request again: a hash of what is asked, in two parts, the first of which costs next to nothing.

Written ``1:<first part>:<128 bits of BLAKE2b>``. The order of keys, 1 or 1.0, and whether the answer is streamed make
no difference; everything else does.
"""

import hashlib
import struct
from typing import Any, Mapping

from arc_runtime.patterns.segments.hashing import text_hash, value_bytes

VERSION = "1"
MAX_DEPTH = 64
_IGNORED = frozenset(("stream", "stream_options"))
_ENDS = 48
"""Characters of both ends of the last text that are part of the first part."""


def request_hash(body: Mapping[str, Any]) -> str:
    """Return the hash of a request; empty for one that is no JSON."""
    whole = hashlib.blake2b(digest_size=16)
    kept = {key: value for key, value in body.items() if key not in _IGNORED}
    return f"{VERSION}:{coarse_hash(body)}:{whole.hexdigest()}" if _feed(whole.update, kept, MAX_DEPTH) else ""


def coarse_hash(body: Mapping[str, Any]) -> str:
    """Return the first part: model, number of messages, and length and ends of the last text."""
    items: Any = body.get("messages")
    if items is None:
        items = body.get("input")
    text = items if isinstance(items, str) else ""
    count = len(items) if isinstance(items, (list, tuple)) else -1
    if count > 0:
        last = items[-1]
        content = last.get("content") if isinstance(last, dict) else None
        text = content if isinstance(content, str) else ""
    model = body.get("model")
    name = model if isinstance(model, str) else ""
    return f"{text_hash(f'{name}|{count}|{len(text)}|{text[:_ENDS]}|{text[-_ENDS:]}'):016x}"


def _feed(update: Any, value: Any, depth: int) -> bool:
    """Feed a value in one spelling; return False for what JSON cannot say."""
    if isinstance(value, dict):
        if not depth or not all(isinstance(key, str) for key in value):
            return False
        update(b"{%d" % len(value))
        return all(_feed(update, key, 0) and _feed(update, value[key], depth - 1) for key in sorted(value))
    if isinstance(value, (list, tuple)):
        update(b"[%d" % len(value))
        return depth > 0 and all(_feed(update, item, depth - 1) for item in value)
    content = value_bytes(value)
    if content is None:
        return False
    update(struct.pack("<I", len(content)))
    update(content)
    return True
