"""Writes the parts of a message as the API does, whichever API they were made for."""

import re
from typing import Any, Callable, Dict, List, Optional

from arc_runtime.fixes.contract import has_foreign
from arc_runtime.fixes.messages.conversation import each_message
from arc_runtime.fixes.shapes import CHAT_PARTS, CLAUDE_BLOCKS, INPUT_PARTS, OUTPUT_PARTS
from arc_runtime.fixes.whole import WholeFix, items_changed

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.ASCII)


class ContentParts(WholeFix):
    """``{"content_parts": true}``: texts and images change their wrapping, never what they say."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with parts of the right types."""
        write = _WRITERS.get(operation)
        if write is None:
            return body

        def change(message: Any) -> Any:
            content = message.get("content") if isinstance(message, dict) else None
            if not isinstance(content, (list, tuple)):
                return message
            written = [write(part, message.get("role")) for part in content]
            kept = [part for part in written if part is not None]
            return {**message, "content": kept} if items_changed(content, kept) else message

        return each_message(body, operation, change)


class _Image:
    """An image by address or by its bytes."""

    def __init__(self, url: str, detail: Any = None) -> None:
        self.url = url
        self.detail = detail


def _text_in(part: Any) -> Optional[str]:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type") not in (None, "text", "input_text", "output_text"):
        return None
    text = part.get("text")
    return text if isinstance(text, str) else "" if text is None and part.get("type") is not None else None


def _image_in(part: Any) -> Optional[_Image]:
    if not isinstance(part, dict):
        return None
    source = part.get("source")
    if part.get("type") == "image" and isinstance(source, dict):
        return _from_source(source)
    if part.get("type") not in (None, "image", "image_url", "input_image"):
        return None
    found = part.get("image_url", part.get("image"))
    if isinstance(found, dict) and isinstance(found.get("url"), str):
        return _Image(found["url"], found.get("detail") or part.get("detail"))
    return _Image(found, part.get("detail")) if isinstance(found, str) else None


def _from_source(source: Dict[str, Any]) -> Optional[_Image]:
    if source.get("type") == "base64" and isinstance(source.get("data"), str):
        return _Image(f"data:{source.get('media_type', 'image/png')};base64,{source['data']}")
    return _Image(source["url"]) if isinstance(source.get("url"), str) else None


def _chat(part: Any, role: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    fields = CHAT_PARTS.get(kind) if isinstance(kind, str) else None
    if fields is not None and kind not in ("text", "image_url"):
        return part
    text = _text_in(part)
    if text is not None:
        return part if _is_done(part, "text", fields) and part.get("text") == text else {"type": "text", "text": text}
    image = _image_in(part)
    if image is not None:
        if fields is not None and isinstance(part["image_url"], dict) and not has_foreign(part, fields):
            return part
        detail = {} if image.detail is None else {"detail": image.detail}
        return {"type": "image_url", "image_url": {"url": image.url, **detail}}
    return None if kind in ("thinking", "redacted_thinking", "reasoning") else part


def _is_done(part: Any, kind: str, fields: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == kind and fields is not None and not has_foreign(part, fields)


_INPUT_EXTRA = ("cache_control", "parsed", "index")


def _responses(part: Any, role: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    own = OUTPUT_PARTS if role == "assistant" else INPUT_PARTS
    text = _text_in(part)
    if text is not None:
        wanted = "output_text" if role == "assistant" else "input_text"
        if kind == wanted and part.get("text") == text and not any(name in part for name in _INPUT_EXTRA):
            return part
        kept = (
            {name: value for name, value in part.items() if name in ("annotations", "logprobs")}
            if kind == wanted
            else {}
        )
        return {"type": wanted, "text": text, **kept}
    image = _image_in(part)
    if image is not None and role != "assistant":
        if kind == "input_image" and isinstance(part.get("image_url"), str):
            return part
        detail = {} if image.detail is None else {"detail": image.detail}
        return {"type": "input_image", "image_url": image.url, **detail}
    if kind in own or not isinstance(part, dict):
        return part
    return None if kind in ("thinking", "redacted_thinking") else part


def _claude(part: Any, role: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in CLAUDE_BLOCKS and kind != "text" and not (kind == "image" and "source" not in part):
        if kind == "thinking" and not part.get("signature"):
            return None
        return part
    text = _text_in(part)
    if text is not None:
        if kind == "text" and part.get("text") == text:
            return part
        cached = (
            {"cache_control": part["cache_control"]} if isinstance(part, dict) and part.get("cache_control") else {}
        )
        return {"type": "text", "text": text, **cached}
    image = _image_in(part)
    if image is not None:
        return {"type": "image", "source": _source(image.url)}
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return {"type": "text", "text": part["refusal"]}
    return part


def _source(url: str) -> Dict[str, Any]:
    data = _DATA_URL.match(url)
    if data is None:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": data.group(1), "data": url[data.end() :]}


_WRITERS: Dict[str, Callable[[Any, Any], Any]] = {
    "chat.completions": _chat,
    "responses": _responses,
    "messages": _claude,
    "messages.count_tokens": _claude,
}
__all__: List[str] = ["ContentParts"]
