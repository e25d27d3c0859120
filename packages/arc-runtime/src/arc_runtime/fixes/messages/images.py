"""Says of an image what it is: the media type by its first bytes, and no address inside the data."""

import re
from typing import Any, Dict, Optional

from arc_runtime.fixes.messages.conversation import each_message
from arc_runtime.fixes.shapes import IMAGE_TYPES
from arc_runtime.fixes.whole import WholeFix, items_changed

MAGIC = (
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("JVBERi0", "application/pdf"),
)
"""How the base64 text of a file begins: RFC 4648 of the formats' signatures."""
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=-]+)*,", re.ASCII)


class Images(WholeFix):
    """``{"images": true}``: jpg is image/jpeg, a PDF is a document; what cannot be told stays as it is."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose images are named as what they are."""
        return each_message(body, operation, _message) if operation.startswith("messages") else body


def _message(message: Any) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, (list, tuple)):
        return message
    made = [_block(block) for block in content]
    return {**message, "content": made} if items_changed(content, made) else message


def _block(block: Any) -> Any:
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_result" and isinstance(block.get("content"), (list, tuple)):
        made = [_block(part) for part in block["content"]]
        return {**block, "content": made} if items_changed(block["content"], made) else block
    source = block.get("source")
    if block.get("type") not in ("image", "document") or not isinstance(source, dict) or source.get("type") != "base64":
        return block
    data, media = source.get("data"), source.get("media_type")
    if not isinstance(data, str):
        return block
    url = _DATA_URL.match(data)
    if url is not None:
        data, media = data[url.end() :], media or url.group(1)
    seen = media_type_of(data) or _usual(media)
    if seen is None:
        return block
    kind = "image" if seen in IMAGE_TYPES else "document"
    named = {**block, "type": kind, "source": {**source, "media_type": seen, "data": data}}
    return block if named == block else named


def media_type_of(data: str) -> str:
    """Return the media type that the first bytes show, or nothing."""
    for beginning, media in MAGIC:
        if data.startswith(beginning):
            return media
    return "image/webp" if (data.startswith("UklGR") and "XRUJQ" in data[8:20]) or data[10:16] == "XRUJQV" else ""


def _usual(media: Any) -> Optional[str]:
    name = media.lower() if isinstance(media, str) else ""
    name = "image/jpeg" if name in ("image/jpg", "jpg", "jpeg", "image/pjpeg") else name
    name = f"image/{name}" if name in ("png", "gif", "webp") else name
    return name if name in (*IMAGE_TYPES, "application/pdf", "text/plain") else None
