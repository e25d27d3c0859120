"""Signs in a conversation of Anthropic's Messages API."""

from typing import Any, List, Mapping, Set

from arc_runtime.fixes.shapes import (
    CLAUDE_BLOCKS,
    CLAUDE_FIELDS,
    CLAUDE_ID,
    IMAGE_TYPES,
    MAX_CACHE_BREAKPOINTS,
    as_list,
    is_blank,
)
from arc_runtime.patterns.signs.plain import plain_roles

_ROLES = frozenset(("user", "assistant"))


def claude(body: Mapping[str, Any], family: Mapping[str, Any], found: Set[str]) -> None:
    """Add the signs of the conversation and of the system prompt."""
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        found.add("no_messages")
        return
    scan = _Scan(family, found, len(messages) - 1)
    scan.system(body.get("system"))
    roles = plain_roles(messages)
    if roles is None or not _ROLES.issuperset(roles) or not all(map(_says_something, messages)):
        for index, message in enumerate(messages):
            scan.message(index, message)
    scan.tools(body.get("tools"))
    if messages:
        _ends(messages, body, family, scan, found)
    if len(scan.ttls) > 1:
        found.add("cache_ttl")
    if scan.breakpoints > MAX_CACHE_BREAKPOINTS:
        found.add("breakpoints")
    if scan.has_tool_blocks and not body.get("tools"):
        found.add("no_tools")


def _says_something(message: Mapping[str, Any]) -> bool:
    content: str = message["content"]
    return content != "" and not content.isspace()


def _ends(messages: Any, body: Mapping[str, Any], family: Mapping[str, Any], scan: "_Scan", found: Set[str]) -> None:
    first, last = messages[0], messages[-1]
    if isinstance(first, dict) and first.get("role") != "user":
        found.add("first")
    if scan.pending:
        found.add("unpaired")
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return
    if family.get("prefill") is False:
        found.add("prefill")
    content = last.get("content")
    final = as_list(content)[-1:] if not isinstance(content, str) else [{"type": "text", "text": content}]
    text = final[0].get("text") if final and isinstance(final[0], dict) else None
    if isinstance(text, str) and text != text.rstrip():
        found.add("trailing_space")


class _Scan:
    """One walk over the conversation."""

    def __init__(self, family: Mapping[str, Any], found: Set[str], last: int) -> None:
        self._family = family
        self._found = found
        self._last = last
        self.pending: List[Any] = []
        self.breakpoints = 0
        self.ttls: Set[bool] = set()
        """Whether breakpoints last for an hour: True, False, or both."""
        self.has_tool_blocks = False

    def system(self, system: Any) -> None:
        for block in as_list(system):
            if not isinstance(block, dict) or block.get("type") != "text" or is_blank(block.get("text")):
                self._found.add("system_blocks")
                continue
            self._cached(block)

    def tools(self, tools: Any) -> None:
        for tool in as_list(tools):
            if isinstance(tool, dict):
                self._cached(tool)

    def message(self, index: int, message: Any) -> None:
        if not isinstance(message, dict):
            self._found.add("odd_message")
            return
        role = message.get("role")
        if role not in _ROLES and not (role == "system" and self._family.get("system_messages")):
            self._found.add("role")
            return
        if not CLAUDE_FIELDS.issuperset(message):
            self._found.add("fields")
        content = message.get("content")
        if isinstance(content, str):
            self.expect_results([])
            if is_blank(content) and (content or index != self._last or role != "assistant"):
                self._found.add("empty" if not content else "blank")
        elif isinstance(content, (list, tuple)):
            self._blocks(index, role, content)
        else:
            self._found.add("odd_content")

    def expect_results(self, answered: List[Any]) -> None:
        """Compare the calls of the message before with the results of this one."""
        if self.pending or answered:
            if sorted(map(str, self.pending)) != sorted(map(str, answered)):
                self._found.add("unpaired")
            self.pending = []

    def _blocks(self, index: int, role: Any, content: Any) -> None:
        answered: List[Any] = []
        used: List[Any] = []
        if not content and (index != self._last or role != "assistant"):
            self._found.add("empty")
        for place, block in enumerate(content):
            if not isinstance(block, dict):
                self._found.add("blocks")
                continue
            kind = block.get("type")
            if kind == "tool_result":
                if place > len(answered):
                    self._found.add("unpaired")
                answered.append(block.get("tool_use_id"))
            elif kind == "tool_use":
                used.append(block.get("id"))
            self._block(block, kind)
        self.expect_results(answered)
        self.pending = used
        if used or answered:
            self.has_tool_blocks = True

    def _block(self, block: Mapping[str, Any], kind: Any) -> None:
        fields = CLAUDE_BLOCKS.get(kind) if isinstance(kind, str) else None
        if fields is None:
            self._found.update(("blocks",) if not isinstance(kind, str) or kind in _FOREIGN else ())
            return
        if not fields.issuperset(block):
            self._found.add("block_fields")
        self._cached(block)
        if kind == "text":
            self._text(block.get("text"))
        elif kind in ("image", "document"):
            self._source(block.get("source"), kind)
        elif kind == "tool_use":
            self._use(block)
        elif kind == "tool_result":
            self._id(block.get("tool_use_id"))
            self._result(block.get("content"))
        elif kind == "thinking" and not block.get("signature"):
            self._found.add("unsigned_thinking")

    def _text(self, text: Any) -> None:
        if type(text) is not str or is_blank(text):
            self._found.add("blank" if type(text) is str else "blocks")

    def _use(self, block: Mapping[str, Any]) -> None:
        if type(block.get("input")) is not dict:
            self._found.add("tool_input")
        self._id(block.get("id"))

    def _result(self, content: Any) -> None:
        if content is None or isinstance(content, str):
            return
        if not isinstance(content, (list, tuple)):
            self._found.add("result_content")
        for part in as_list(content):
            if not isinstance(part, dict) or part.get("type") in _FOREIGN:
                self._found.add("result_content")
            elif part.get("type") == "image":
                self._source(part.get("source"), "image")
            elif part.get("type") == "text" and is_blank(part.get("text")):
                self._found.add("result_content")

    def _id(self, name: Any) -> None:
        if type(name) is not str or not CLAUDE_ID.fullmatch(name):
            self._found.add("tool_id")

    def _source(self, source: Any, kind: Any) -> None:
        if not isinstance(source, dict):
            self._found.add("blocks")
        elif source.get("type") == "base64":
            media, data = source.get("media_type"), source.get("data")
            if (
                not isinstance(data, str)
                or not isinstance(media, str)
                or data.startswith("data:")
                or _differs(media, data, kind)
            ):
                self._found.add("image")

    def _cached(self, block: Mapping[str, Any]) -> None:
        control = block.get("cache_control")
        if control is not None:
            self.breakpoints += 1
            self.ttls.add(isinstance(control, dict) and control.get("ttl") == "1h")
            if not isinstance(control, dict) or not {"type", "ttl"}.issuperset(control):
                self._found.add("cache_control")


def _differs(media: str, data: str, kind: Any) -> bool:
    """Return whether the first bytes are of another type than the media type says."""
    seen = media_type_of(data)
    if (media in IMAGE_TYPES) is not (kind == "image"):
        return True
    return media not in (*IMAGE_TYPES, "application/pdf", "text/plain") or (seen != "" and seen != media)


MAGIC = (
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("JVBERi0", "application/pdf"),
)
"""How the base64 text of a file begins."""


def media_type_of(data: str) -> str:
    """Return the media type that the first bytes show, or nothing."""
    for beginning, media in MAGIC:
        if data.startswith(beginning):
            return media
    return "image/webp" if data.startswith("UklGR") and data[8:16].startswith(("AFdFQlA", "XRUJQ", "V0VCU")) else ""


_FOREIGN = frozenset(
    ("input_text", "output_text", "image_url", "input_image", "refusal", "function", "file", "input_file", "tool_call")
)
"""Types of parts in OpenAI's APIs."""
