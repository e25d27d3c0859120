"""Finds the patterns that a request matches, without trying them all.

Patterns with the same set of pinned paths (their signature) share one dictionary from the values there to the
patterns, in rank order. A request costs one dictionary lookup per signature, whatever the number of patterns,
plus the patterns under the key that it hits. Patterns that pin nothing are tried one by one, so they are few.
"""

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.paths import Path, read
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.pattern import KEY_TYPES, TEXT_OPERATIONS, Key, Pattern, key_part

MAX_UNPINNED = 1000
"""Patterns without an equality that may be active: each costs every request about a microsecond."""
MAX_MATCHES = 8
"""Patterns applied to one request; the best ones."""


class Ranked(NamedTuple):
    """A pattern and its place in line."""

    rank: Tuple[int, int]
    """``(-priority, order of registration)``: the smallest goes first."""
    pattern: Pattern


Cluster = Tuple[Ranked, ...]
Table = Dict[Key, Cluster]


class PatternIndex:
    """An immutable set of patterns. Readers hold one snapshot; a change makes another."""

    def __init__(self) -> None:
        self._by_id: Dict[str, Ranked] = {}
        self._tables: Dict[Tuple[Path, ...], Table] = {}
        self._unpinned: Cluster = ()
        self._next_order = 0
        self._names_operation = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, pattern_id: str) -> bool:
        return pattern_id in self._by_id

    def patterns(self) -> List[Pattern]:
        """Return all patterns, best rank first."""
        return [ranked.pattern for ranked in sorted(self._by_id.values(), key=_by_rank)]

    def match(self, call: Call) -> Tuple[Pattern, ...]:
        """Return the patterns whose conditions all hold, best rank first, at most MAX_MATCHES."""
        if not self._names_operation and call.operation not in TEXT_OPERATIONS:
            return ()
        body = call.body
        hits: List[Ranked] = []
        for signature, table in self._tables.items():
            cluster = _look_up(signature, table, body)
            if cluster:
                _collect(cluster, call, body, hits)
        if self._unpinned:
            _collect(self._unpinned, call, body, hits)
        if not hits:
            return ()
        if len(hits) > 1:
            hits.sort(key=_by_rank)
        return tuple([ranked.pattern for ranked in hits[:MAX_MATCHES]])

    def changed(self, added: Iterable[Pattern] = (), removed: Iterable[str] = ()) -> "PatternIndex":
        """Return a new index; an added id replaces the pattern of that id and keeps its place in line.

        Raises PatternError when too many patterns pin nothing; this index stays as it was, always.
        """
        edit = _Edit(self)
        for pattern_id in removed:
            edit.remove(pattern_id)
        for pattern in added:
            edit.add(pattern)
        return edit.index()

    @classmethod
    def _of(cls, by_id: Dict[str, Ranked], tables: Dict[Tuple[Path, ...], Table], unpinned: Cluster) -> "PatternIndex":
        index = cls()
        index._by_id, index._tables, index._unpinned = by_id, tables, unpinned
        index._names_operation = sum(ranked.pattern.names_operation for ranked in by_id.values())
        return index


class _Edit:
    """Copies of what changes, and only of that; made into an index at the end."""

    def __init__(self, index: PatternIndex) -> None:
        self._by_id = dict(index._by_id)
        self._tables = dict(index._tables)
        self._copied: Dict[Tuple[Path, ...], Dict[Key, List[Ranked]]] = {}
        self._unpinned = list(index._unpinned)
        self._next_order = index._next_order

    def add(self, pattern: Pattern) -> None:
        old = self.remove(pattern.pattern_id)
        order = old.rank[1] if old else self._next_order
        self._next_order += 0 if old else 1
        ranked = Ranked((-pattern.priority, order), pattern)
        self._by_id[pattern.pattern_id] = ranked
        if not pattern.signature:
            if len(self._unpinned) >= MAX_UNPINNED:
                raise PatternError(
                    f"pattern {pattern.pattern_id!r}: more than {MAX_UNPINNED} patterns without an equality",
                    hint='pin a parameter to a value, for example {"model": "gpt-4", ...}',
                )
            self._unpinned.append(ranked)
        for key in pattern.keys:
            self._cluster(pattern.signature, key).append(ranked)

    def remove(self, pattern_id: str) -> "Ranked | None":
        ranked = self._by_id.pop(pattern_id, None)
        if ranked is None:
            return None
        if not ranked.pattern.signature:
            self._unpinned.remove(ranked)
        for key in ranked.pattern.keys:
            self._cluster(ranked.pattern.signature, key).remove(ranked)
        return ranked

    def index(self) -> PatternIndex:
        for signature, clusters in self._copied.items():
            table = dict(self._tables.get(signature, {}))
            for key, cluster in clusters.items():
                if cluster:
                    table[key] = tuple(sorted(cluster, key=_by_rank))
                else:
                    table.pop(key, None)
            self._tables[signature] = table
            if not table:
                del self._tables[signature]
        made = PatternIndex._of(self._by_id, self._tables, tuple(sorted(self._unpinned, key=_by_rank)))
        made._next_order = self._next_order
        return made

    def _cluster(self, signature: Tuple[Path, ...], key: Key) -> List[Ranked]:
        clusters = self._copied.setdefault(signature, {})
        if key not in clusters:
            clusters[key] = list(self._tables.get(signature, {}).get(key, ()))
        return clusters[key]


def _look_up(signature: Tuple[Path, ...], table: Table, body: Mapping[str, Any]) -> Cluster:
    values = []
    for path in signature:
        value = read(body, path) if len(path) > 1 else body.get(path[0], MISSING)  # type: ignore[arg-type]  # a path begins with a key
        if type(value) not in KEY_TYPES:
            try:
                value = key_part(value)
            except TypeError:  # a value that no key can hold, or none at all
                return ()
        values.append(value)
    return table.get(tuple(values), ())


def _collect(cluster: Cluster, call: Call, body: Mapping[str, Any], hits: List[Ranked]) -> None:
    """Add the first MAX_MATCHES patterns of a cluster that match."""
    found = 0
    for ranked in cluster:
        if ranked.pattern.matches(call, body):
            hits.append(ranked)
            found += 1
            if found == MAX_MATCHES:
                return


def _by_rank(ranked: Ranked) -> Tuple[int, int]:
    return ranked.rank
