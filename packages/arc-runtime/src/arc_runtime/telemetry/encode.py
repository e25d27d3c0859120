"""JSON text of frozen values: redacted, valid, and never longer than asked for."""

import math
from json.encoder import encode_basestring
from typing import Any, List, NamedTuple

from arc_runtime.snapshot import CUT, freeze
from arc_runtime.telemetry.redact import Redactor

_SMALLEST = len(b'"[cut]"')


class Encoded(NamedTuple):
    """JSON, UTF-8."""

    json: bytes
    truncated: bool
    """Whether something was left out; the JSON is valid all the same."""


def to_json(value: Any, max_bytes: int, redactor: Redactor) -> Encoded:
    """Freeze ``value`` and encode it. Never raises."""
    frozen = freeze(value)
    encoded = encode(frozen.value, max_bytes, redactor)
    return Encoded(encoded.json, encoded.truncated or not frozen.complete)


def encode(plain: Any, max_bytes: int, redactor: Redactor) -> Encoded:
    """Encode a frozen value into at most ``max_bytes`` (at least 16) bytes of valid JSON.

    When it does not fit, strings are cut, and items that come too late are replaced by ``"[cut]"`` or left out.
    NaN and infinities, which JSON does not have, become strings. Dictionary keys that collide after conversion are
    both kept; readers take the last.
    """
    writer = _Writer(max(16, max_bytes), redactor)
    writer.write(plain, 0)
    # a lone surrogate becomes the JSON escape \udXXX
    return Encoded("".join(writer.parts).encode("utf-8", "backslashreplace"), writer.truncated)


class _Writer:
    """Counts every byte; ``reserved`` holds the closing brackets of what is open."""

    def __init__(self, max_bytes: int, redactor: Redactor) -> None:
        self.parts: List[str] = []
        self.left = max_bytes
        self.truncated = False
        self.redactor = redactor

    def write(self, value: Any, depth: int) -> None:
        """Write one value; the caller has made sure that ``_SMALLEST`` bytes are left."""
        if isinstance(value, str):
            self.write_text(value)
        elif isinstance(value, dict):
            self.write_dict(value, depth)
        elif isinstance(value, list):
            self.write_list(value, depth)
        else:
            self.write_scalar(value)

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.left -= len(text) if text.isascii() else len(text.encode("utf-8", "backslashreplace"))

    def write_scalar(self, value: Any) -> None:
        if value is None or isinstance(value, bool):
            self.put("null" if value is None else "true" if value else "false")
        elif isinstance(value, float) and not math.isfinite(value):
            self.put(f'"{value}"')
        elif isinstance(value, int) and self.redactor.is_secret_number(value):
            self.write_text(self.redactor.redact(str(value)))
        else:
            self.write_number(value)

    def write_number(self, value: Any) -> None:
        # 4,300 digits are where Python refuses the conversion
        text = "" if isinstance(value, int) and value.bit_length() > 4096 else repr(value)
        if text and len(text) <= self.left:
            self.put(text)
        else:
            self.truncated = True
            self.put(f'"{CUT}"')

    def write_text(self, value: str) -> None:
        # escapes and UTF-8 make it longer, never shorter: characters beyond `left` cannot fit
        whole = len(value) <= self.left
        text = self.redactor.redact(value if whole else self.redactor.cut(value, self.left))
        quoted = encode_basestring(text)
        size = len(quoted) if quoted.isascii() else len(quoted.encode("utf-8", "backslashreplace"))
        if whole and size <= self.left:
            self.parts.append(quoted)
            self.left -= size
            return
        self.truncated = True
        self.put(self.shorten(text))

    def shorten(self, text: str) -> str:
        """Return the longest head of ``text`` that fits with its mark, by halving."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            size = len(encode_basestring(text[:middle] + CUT).encode("utf-8", "backslashreplace"))
            low, high = (middle, high) if size <= self.left else (low, middle - 1)
        return encode_basestring(self.redactor.cut(text, low) + CUT)

    def write_list(self, value: List[Any], depth: int) -> None:
        self.put("[")
        self.left -= 1
        for index, item in enumerate(value):
            if not self.fits(1):
                break
            if index:
                self.put(",")
            self.write(item, depth + 1)
        self.left += 1
        self.put("]")

    def write_dict(self, value: Any, depth: int) -> None:
        self.put("{")
        self.left -= 1
        for index, (key, item) in enumerate(value.items()):
            name = encode_basestring(self.redactor.redact(key))
            if not self.fits(2 + len(name.encode("utf-8", "backslashreplace"))):
                break
            self.put(("," if index else "") + name + ":")
            if self.redactor.is_secret_name(key) and item is not None:
                self.put('"' + self.redactor.MARK + '"')
            else:
                self.write(item, depth + 1)
        self.left += 1
        self.put("}")

    def fits(self, extra: int) -> bool:
        """Whether a mark of any kind still fits behind ``extra`` bytes; if not, note the cut."""
        if self.left >= extra + max(_SMALLEST, len(self.redactor.MARK) + 2):
            return True
        self.truncated = True
        return False
