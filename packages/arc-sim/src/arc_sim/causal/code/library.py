"""The lowered code of a revision: each content once, in worker processes where there is much, kept in the store."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from weakref import WeakKeyDictionary, ref

import msgspec

from arc_sim.causal.cache import Shelf, Store, digest, pack
from arc_sim.causal.code.lower import lower
from arc_sim.causal.code.program import Program
from arc_sim.causal.code.workers import Failed, run_jobs, worker_count
from arc_sim.causal.paths import VENDORED, language_of
from arc_sim.causal.tree import MAX_FILE_BYTES, Tree

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_SCRIPT_BYTES = 150_000
"""Larger JavaScript is a bundle of libraries. A decision; libraries in repositories begin at about 80 kB minified."""

MANY_FILES = 400
"""Files from which on workers pay: they take half a second to start."""

BATCH = 100
"""Files in one job."""

KEPT_PROGRAMS = 1500
"""Programs kept in memory, about 100 kB each, for the readers that follow each other and for base and head."""


@dataclass(frozen=True)
class Outline:
    """What a file imports: enough to know which other files it needs."""

    language: str
    imports: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    """Relative paths that it loads by a call, such as ``require("./x")``."""
    warning: str = ""
    """Why it could not be read."""


@dataclass(frozen=True)
class Entry:
    """What is kept of one file: its program, or why there is none."""

    program: Program | None
    warning: str = ""


@dataclass(frozen=True)
class Source:
    """A file to lower."""

    path: str
    language: str
    content: bytes
    warning: str = ""
    """Why it is not lowered."""


@dataclass(frozen=True)
class _Lowered:
    path: str
    entry: bytes
    outline: Outline


_programs: "OrderedDict[bytes, Entry]" = OrderedDict()
"""By key, and so the same for every revision. Several threads may use it: each operation is atomic."""


class Library:
    """The code of one revision."""

    def __init__(
        self, tree: Tree, store: Store | None = None, report: Callable[[int, int], None] | None = None
    ) -> None:
        self._tree_ref = ref(tree)  # the tree's user keeps it; the table of libraries must not
        self._store = store
        self._report = report or (lambda done, total: None)
        self._entries = Shelf(store, "program", Entry) if store else None
        self._outlines = Shelf(store, "outline", Outline) if store else None
        self._known: dict[str, Outline | None] = {}
        self._warned: dict[str, str] = {}

    @property
    def _tree(self) -> Tree:
        tree = self._tree_ref()
        assert tree is not None, "whoever reads keeps the tree"
        return tree

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be read, one line each."""
        found = {path: outline.warning for path, outline in self._known.items() if outline and outline.warning}
        return tuple(f"{path}: {text}" for path, text in sorted({**found, **self._warned}.items()))

    def prepare(self, paths: Iterable[str]) -> None:
        """Lower what is not known yet, with several processes when that is much."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._known and is_code(path)]
        keys = {path: self._key("outline", path) for path in wanted}
        found = self._outlines.load(keys.values()) if self._outlines else {}
        self._known.update({path: found[key] for path, key in keys.items() if key in found})
        missing = [path for path in wanted if keys[path] not in found]
        if self._store is not None and len(missing) >= MANY_FILES and worker_count() > 1:
            missing = self._in_workers(missing)
        for path in missing:
            self._known[path] = self._lower_here(path)

    def outline(self, path: str) -> Outline | None:
        """Return what a file imports, None when it is no code that is read."""
        if path not in self._known:
            self._known[path] = self._lower_here(path) if is_code(path) else None
        return self._known[path]

    def programs(self, paths: Iterable[str]) -> tuple[Program, ...]:
        """Return the programs of those files that are code."""
        wanted = [path for path in paths if is_code(path)]
        keys = {path: self.program_key(path) for path in wanted}
        missing = [key for key in keys.values() if key not in _programs]
        if self._entries is not None and missing:
            for key, entry in self._entries.load(missing).items():
                _keep(key, entry)
        found = []
        for path, key in keys.items():
            if key not in _programs:
                self._known[path] = self._lower_here(path)
            entry = _programs.get(key, Entry(None))
            if entry.warning:
                self._warned.setdefault(path, entry.warning)
            if entry.program is not None:
                found.append(entry.program)
        return tuple(found)

    @property
    def store(self) -> Store | None:
        """Where results are kept."""
        return self._store

    def report(self, done: int, total: int) -> None:
        """Tell whoever watches how far a long step is."""
        self._report(done, total)

    def program_key(self, path: str) -> bytes:
        """Return the key of a file's program: path and content."""
        return self._key("program", path)

    def _key(self, name: str, path: str) -> bytes:
        return digest(name, path, self._tree.content_id(path))

    def _source(self, path: str) -> Source | None:
        """Return a file to lower; nothing of one that cannot be read now, and may be later: a clone can lack it."""
        language = language_of(path) or ""
        try:
            if self._tree.size(path) > MAX_FILE_BYTES:
                return Source(path, language, b"", f"larger than {MAX_FILE_BYTES // 2**20} MiB")
            return Source(path, language, self._tree.read(path))
        except (KeyError, ValueError) as error:
            self._warned.setdefault(path, str(error) if isinstance(error, ValueError) else "not there")
            return None

    def _lower_here(self, path: str) -> Outline | None:
        source = self._source(path)
        if source is None:
            return None
        entry = lower_source(source)
        _keep(self.program_key(path), entry)
        outline = outline_of(entry, source.language)
        if self._entries is not None and self._outlines is not None:
            self._entries.save([(self.program_key(path), entry)])
            self._outlines.save([(self._key("outline", path), outline)])
        return outline

    def _in_workers(self, paths: list[str]) -> list[str]:
        """Return the paths that are left when the workers fail."""
        assert self._store is not None
        left = dict.fromkeys(paths)
        self._report(0, len(paths))
        try:
            for answer in run_jobs("lower", self._jobs(paths), worker_count()):
                done = msgspec.msgpack.decode(answer, type=list[_Lowered])
                self._store.save((self.program_key(item.path), item.entry) for item in done)
                self._store.save((self._key("outline", item.path), pack(item.outline)) for item in done)
                for item in done:
                    self._known[item.path] = item.outline
                    left.pop(item.path, None)
                self._report(len(paths) - len(left), len(paths))
        except Failed as error:
            logger.warning("reading on without worker processes: %s", error)
        return list(left)

    def _jobs(self, paths: list[str]) -> Iterator[bytes]:
        for batch in batched(paths, BATCH):
            sources = [source for source in map(self._source, batch) if source is not None]
            yield msgspec.msgpack.encode(sources)


_libraries: "WeakKeyDictionary[Tree, Library]" = WeakKeyDictionary()


def library_of(tree: Tree) -> Library:
    """Return the library of a tree; one that keeps nothing when none was given with ``use_library``."""
    found = _libraries.get(tree)
    if found is None:
        found = _libraries[tree] = Library(tree)
    return found


def use_library(tree: Tree, library: Library) -> None:
    """Let all readers of a tree use this library."""
    _libraries[tree] = library


def is_code(path: str) -> bool:
    """Tell whether a file is code that people write, in a language that is read."""
    return language_of(path) is not None and not path.endswith((".min.js", ".d.ts")) and VENDORED.search(path) is None


def lower_source(source: Source) -> Entry:
    """Return the program of a file, or why there is none; nothing at all for a script made by a machine."""
    if source.warning or (source.path.endswith(".js") and _is_bundle(source.content)):
        return Entry(None, source.warning)
    try:
        return Entry(lower(source.content, source.path, source.language))
    except ValueError as error:
        return Entry(None, str(error))
    except RecursionError:
        return Entry(None, "too deeply nested")


def outline_of(entry: Entry, language: str) -> Outline:
    """Return what a file imports."""
    program = entry.program
    if program is None:
        return Outline(language, warning=entry.warning)
    required = [item for site in program.calls if site.call.text == "require" for _, item in site.call.items]
    paths = {item.text: None for item in required if item.kind == "string" and item.text.startswith(".")}
    return Outline(language, tuple(program.imports), tuple(paths))


def lower_files(payload: bytes) -> bytes:
    """Lower a batch of files: the job of a worker."""
    found = []
    for source in msgspec.msgpack.decode(payload, type=list[Source]):
        entry = lower_source(source)
        found.append(_Lowered(source.path, pack(entry), outline_of(entry, source.language)))
    return msgspec.msgpack.encode(found)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of ``size`` items; the last may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _keep(key: bytes, entry: Entry) -> None:
    _programs[key] = entry
    while len(_programs) > KEPT_PROGRAMS:
        _programs.popitem(last=False)


def _is_bundle(content: bytes) -> bool:
    """Tell whether a script is made by a machine: large, or with lines that no person writes."""
    size = len(content)
    return size > MAX_SCRIPT_BYTES or (size > 5_000 and size / (content.count(b"\n") + 1) > 200)
