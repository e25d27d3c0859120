"""The file of a segment: named columns behind a checksummed header, viewed in place.

    8 bytes magic, 16 bytes xxh3-128 of all that follows, 8 bytes length of the directory (little endian), the
    directory as JSON, padding, and each column at a multiple of 8.

A file is read by machines of the byte order that wrote it. It holds no code and nothing is executed from it.
"""

import json
import mmap
import os
import sys
from array import array
from pathlib import Path
from typing import Any, BinaryIO, Dict, Mapping, NamedTuple, Sequence, Tuple, Union

import xxhash

from arc_runtime.errors import PatternError

MAGIC = b"ARCSEG01"
VERSION = 1
_HEAD = 32
_CHUNK = 1 << 20
_TYPES = {"B": 1, "H": 2, "I": 4, "i": 4, "Q": 8, "d": 8, "f": 4}
"""Column types, in bytes; `array` and `memoryview.cast` agree on them on every platform we support."""

Column = Union["array[Any]", bytes, bytearray]


class Content(NamedTuple):
    """What a segment holds: small facts, and columns."""

    facts: Mapping[str, Any]
    columns: Dict[str, memoryview]


def write(target: BinaryIO, facts: Mapping[str, Any], columns: Mapping[str, Column]) -> None:
    """Write a segment; the checksum goes in last, so that a file cut short is refused."""
    directory, offset = [], 0
    for name, column in columns.items():
        code = column.typecode if isinstance(column, array) else "B"
        size = len(column) * _TYPES[code]
        directory.append([name, code, offset, size])
        offset += -(-size // 8) * 8
    head = json.dumps(
        {"version": VERSION, "order": sys.byteorder, "facts": facts, "columns": directory, "size": offset}
    )
    text = head.encode("ascii")
    text += b" " * (-len(text) % 8)
    checksum = xxhash.xxh3_128()
    start = target.tell()
    target.write(b"\0" * 24)
    pieces = [len(text).to_bytes(8, "little"), text]
    for piece in pieces:
        checksum.update(piece)
        target.write(piece)
    for column in columns.values():
        view = memoryview(column).cast("B") if len(column) else memoryview(b"")
        for position in range(0, len(view), _CHUNK):
            checksum.update(view[position : position + _CHUNK])
            target.write(view[position : position + _CHUNK])
        padding = b"\0" * (-len(view) % 8)
        checksum.update(padding)
        target.write(padding)
    end = target.tell()
    target.seek(start)
    target.write(MAGIC + checksum.digest())
    target.seek(end)


def read(data: memoryview, where: str) -> Content:
    """Return views into ``data``. Raises PatternError for anything that `write` has not written whole."""
    if len(data) < _HEAD or bytes(data[:8]) != MAGIC:
        raise PatternError(f"{where}: not a pattern segment", "pattern.segment", "build it with this version of Arc")
    checksum = xxhash.xxh3_128()
    for position in range(24, len(data), _CHUNK):  # in pieces, so that other threads come in between
        checksum.update(data[position : position + _CHUNK])
    if checksum.digest() != bytes(data[8:24]):
        raise PatternError(f"{where}: damaged or cut short: the checksum differs", "pattern.segment", "build it again")
    start = _HEAD + int.from_bytes(bytes(data[24:32]), "little")
    head = json.loads(bytes(data[_HEAD:start]))
    if head["version"] != VERSION or head["order"] != sys.byteorder:
        raise PatternError(f"{where}: made for another version or machine", "pattern.segment", "build it again")
    columns: Dict[str, memoryview] = {}
    for name, code, offset, size in head["columns"]:
        columns[name] = data[start + offset : start + offset + size].cast(code)
    return Content(head["facts"], columns)


def map_file(path: Path) -> Tuple[memoryview, int]:
    """Map a file read-only; return the view and a descriptor that is kept for child processes."""
    descriptor = os.open(str(path), os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        return map_descriptor(descriptor), descriptor
    except BaseException:
        os.close(descriptor)
        raise


def map_descriptor(descriptor: int) -> memoryview:
    """Map an open file read-only; what forked processes map is one copy in memory."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return memoryview(b"")
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ))


class Blobs:
    """Texts one after the other, and where each begins."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.starts = array("Q", [0])

    def add(self, content: bytes) -> int:
        """Append one and return its number."""
        self.data += content
        self.starts.append(len(self.data))
        return len(self.starts) - 2

    def get(self, number: int) -> bytes:
        """Return one by its number."""
        return bytes(self.data[self.starts[number] : self.starts[number + 1]])

    def columns(self, name: str) -> Dict[str, Column]:
        """Return it as two columns."""
        starts: array[Any] = array("I", self.starts) if len(self.data) < 1 << 32 else self.starts
        return {f"{name}_data": self.data, f"{name}_starts": starts}


def bytes_hash(content: bytes) -> int:
    """Return 64 bits of a text's bytes."""
    return int(xxhash.xxh3_64_intdigest(content))


def let_go(view: memoryview) -> None:
    """Let the system take back the pages of a mapped file that were read; reading on brings them back."""
    data = view.obj
    if isinstance(data, mmap.mmap) and hasattr(data, "madvise"):
        data.madvise(mmap.MADV_DONTNEED)


def table_size(count: int) -> int:
    """Return how many slots an open-addressing table of so many entries has: a power of two, a third of it free."""
    size = 8
    while size < count * 3 // 2 + 2:
        size *= 2
    return size


def open_table(given: Sequence[int], numbers: Sequence[int]) -> "Tuple[array[int], array[int]]":
    """Return an open-addressing table of 64-bit keys to numbers above zero; equal keys stand behind one another."""
    size = table_size(len(given))
    keys, values = array("Q", bytes(8 * size)), array("I", bytes(4 * size))
    mask = size - 1
    for key, value in zip(given, numbers):
        slot = key & mask
        while values[slot]:
            slot = (slot + 1) & mask
        keys[slot], values[slot] = key, value
    return keys, values
