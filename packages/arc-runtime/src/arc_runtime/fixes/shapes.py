"""What the parts of a conversation look like in each API: names, fields and patterns that are documented.

Sources: the types of openai 3.52 and anthropic 2.11 (made from the published OpenAPI documents), and the error texts
that our packs name.
"""

import re
from typing import Any, Dict, FrozenSet, List, Mapping

CHAT_ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function"))
CHAT_FIELDS = frozenset(
    ("role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "annotations")
)
CHAT_PARTS: Mapping[str, FrozenSet[str]] = {
    "text": frozenset(("type", "text", "prompt_cache_breakpoint")),
    "image_url": frozenset(("type", "image_url", "prompt_cache_breakpoint")),
    "input_audio": frozenset(("type", "input_audio", "prompt_cache_breakpoint")),
    "refusal": frozenset(("type", "refusal")),
    "audio": frozenset(("type", "audio")),
    "file": frozenset(("type", "file", "prompt_cache_breakpoint")),
}
CHAT_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
MAX_CALL_ID = 40
MAX_ITEM_CALL_ID = 64
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAX_DESCRIPTION = 1024
MAX_TOOLS = 128

CLAUDE_FIELDS = frozenset(("role", "content"))
CLAUDE_BLOCKS: Mapping[str, FrozenSet[str]] = {
    "text": frozenset(("type", "text", "cache_control", "citations")),
    "image": frozenset(("type", "source", "cache_control", "transformations")),
    "document": frozenset(("type", "source", "cache_control", "citations", "context", "title")),
    "tool_use": frozenset(("type", "id", "name", "input", "cache_control", "caller", "toolset_name")),
    "tool_result": frozenset(("type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name")),
    "thinking": frozenset(("type", "thinking", "signature")),
    "redacted_thinking": frozenset(("type", "data")),
}
"""Blocks of other types (those of server tools) are not looked at."""
CLAUDE_ID = re.compile(r"[a-zA-Z0-9_-]+")
CLAUDE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
CLAUDE_TOOL_FIELDS = frozenset(
    (
        *("type", "name", "description", "input_schema", "cache_control", "strict", "defer_loading"),
        *("allowed_callers", "eager_input_streaming", "input_examples"),
    )
)
MAX_CACHE_BREAKPOINTS = 4
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")

INPUT_PARTS = frozenset(("input_text", "input_image", "input_file", "input_audio"))
OUTPUT_PARTS = frozenset(("output_text", "refusal"))

USER_ROLES: Mapping[str, str] = {
    "human": "user",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
}
"""Names of roles in other libraries."""


def as_list(value: Any) -> List[Any]:
    """Return the items of a list or tuple, none of anything else."""
    return list(value) if isinstance(value, (list, tuple)) else []


def blocks_of(message: Any) -> List[Dict[str, Any]]:
    """Return the parts of a message that are objects."""
    content = message.get("content") if isinstance(message, dict) else None
    return [part for part in as_list(content) if isinstance(part, dict)]


def is_blank(text: Any) -> bool:
    """Return whether it is a text without a character to see."""
    return isinstance(text, str) and (not text or text.isspace())
