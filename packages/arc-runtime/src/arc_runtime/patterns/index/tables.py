"""Patterns in memory, few and fresh: one dictionary per set of pinned paths (signature), from values to patterns.

A request reads each pinned place once and looks it up once per signature. What is found is tried, so a key that many
patterns share belongs into a segment.
"""

from operator import itemgetter
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.paths import Path, read
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.index.access import REQUEST_COARSE, REQUEST_HASH, SIMILAR, access_value
from arc_runtime.patterns.index.deadline import Deadline
from arc_runtime.patterns.pattern import KEY_TYPES, Pattern, key_part

MAX_UNPINNED = 1000
"""Patterns without an equality that may be active: each costs a request that has what it needs about a microsecond."""
CLEAN = "$clean"
SIGNS = ("$parameters.signs", "$messages.signs", "$tools.signs")
FEW = 8
"""Patterns of one key up to which each is tried."""
MAX_SIGNS = 512
"""Combinations of signs for which is remembered which patterns want them."""
MAX_GATED = 64
"""Keys of a table that is looked through for what all of them have in common; each change looks again."""
MANY = 16
"""Patterns of one key from which on the clock is watched while they are tried: fewer take microseconds."""
MAX_MATCHES = 8
"""Patterns applied to one request; the best ones."""


class Ranked(NamedTuple):
    """A pattern and its place in line."""

    rank: Tuple[int, int]
    """``(-priority, order of registration)``: the smallest goes first."""
    pattern: Pattern


Cluster = Tuple[Ranked, ...]
Table = Dict[Any, Cluster]
Lookup = Tuple[Callable[[List[Any]], Any], Table]
Place = Tuple[str, Optional[Path]]
"""A key of the body; or any other path, with an empty key; or a derived fact, with an empty path."""


class Plan(NamedTuple):
    """What a request reads, and where it looks that up."""

    places: Tuple[Place, ...]
    lookups: Tuple[Lookup, ...]


class Tables:
    """An immutable set of patterns."""

    def __init__(
        self, by_id: Dict[str, Ranked], tables: Dict[Tuple[Path, ...], Table], loose: "Loose", traits: "Traits"
    ) -> None:
        self.by_id = by_id
        self.tables = tables
        self.loose = loose
        self._all = _plan(tables)
        self._clean = _plan(
            {signature: table for signature, table in tables.items() if not _is_for_faults(signature, table)}
        )
        """What is left for a request without any sign of a fault: most packs ask for one."""
        self._gated = len(self._clean.lookups) < len(self._all.lookups)
        self._by_signs: Dict[Any, Cluster] = {}
        self.traits = traits

    def _narrowed(self, cluster: Cluster, facts: Any) -> Cluster:
        """Return the patterns whose demands on signs hold: the same few faults come again and again."""
        signs = [facts[name] for name in SIGNS]
        key = (id(cluster), *signs)  # a cluster lives as long as these tables
        found = self._by_signs.get(key)
        if found is None:
            given = dict(zip(SIGNS, signs))
            found = tuple([ranked for ranked in cluster if _may_match(ranked.pattern, given)])
            if len(self._by_signs) >= MAX_SIGNS:
                self._by_signs.clear()
            self._by_signs[key] = found
        return found

    def collect(self, call: Call, body: Mapping[str, Any], facts: Any, now_s: float, hits: List[Any]) -> None:
        """Add the patterns that match, with their rank: the best of each key."""
        places, lookups = self._clean if self._gated and facts[CLEAN] is True else self._all
        if lookups:
            values = []
            for key, path in places:
                value = body.get(key, MISSING) if path is None else read(body, path) if path else facts[key]
                values.append(value if type(value) in KEY_TYPES else _hashable(value))
            for pick, table in lookups:
                cluster = table.get(pick(values))
                if cluster:
                    if self._gated and len(cluster) > FEW:
                        cluster = self._narrowed(cluster, facts)
                    _collect(cluster, call, body, facts, now_s if self.traits.next_expiry_s <= now_s else 0.0, hits)
        for needed, cluster in self.loose.clusters:
            if not needed or needed in body:
                _collect(cluster, call, body, facts, now_s if self.traits.next_expiry_s <= now_s else 0.0, hits)

    def most_alike(self, call: Call, facts: Any, now_s: float, deadline: Deadline) -> Optional[Tuple[float, Pattern]]:
        """Return the pattern whose prompt is most like that of the request, with its likeness."""
        best: Optional[Tuple[float, Pattern]] = None
        for ranked in self.loose.similar:
            deadline.check("similar")
            pattern = ranked.pattern
            if pattern.matches(call, call.body, facts) and not _is_over(pattern, now_s):
                score = _likeness(pattern, facts)
                if best is None or score > best[0]:
                    best = (score, pattern._replace(confidence=pattern.confidence * score))
        return best

    def edited(self, added: Iterable[Ranked], removed: Iterable[str]) -> "Tables":
        """Return other tables; an added id replaces its pattern. Raises PatternError when too many are loose."""
        edit = _Edit(self)
        for pattern_id in removed:
            edit.remove(pattern_id)
        for ranked in added:
            edit.remove(ranked.pattern.pattern_id)
            edit.add(ranked)
        return edit.tables()


class Traits(NamedTuple):
    """What holds for any pattern of the tables. Carried on when patterns are removed: then it is what may hold."""

    names_operation: bool = False
    uses_facts: bool = False
    next_expiry_s: float = float("inf")
    largest: int = 0
    """Patterns that share a key, at most."""

    def joined(self, pattern: Pattern) -> "Traits":
        """Return what holds with one pattern more."""
        expires_at_s = self.next_expiry_s if pattern.expires_at_s is None else pattern.expires_at_s
        return Traits(
            self.names_operation or pattern.names_operation,
            self.uses_facts or _asks_facts(pattern),
            min(self.next_expiry_s, expires_at_s),
            self.largest,
        )


class Loose(NamedTuple):
    """Patterns that pin nothing, by a key that the body must have for them, and those compared by likeness."""

    clusters: Tuple[Tuple[str, Cluster], ...] = ()
    similar: Cluster = ()


class _Edit:
    """Copies of what changes, and only of that."""

    def __init__(self, tables: Tables) -> None:
        self._by_id = dict(tables.by_id)
        self._tables = dict(tables.tables)
        self._copied: Dict[Tuple[Path, ...], Dict[Any, List[Ranked]]] = {}
        self._loose = {needed: list(cluster) for needed, cluster in tables.loose.clusters}
        self._similar = list(tables.loose.similar)
        self._traits = tables.traits if tables.by_id else Traits()

    def add(self, ranked: Ranked) -> None:
        pattern = ranked.pattern
        self._by_id[pattern.pattern_id] = ranked
        self._traits = self._traits.joined(pattern)
        if is_similar(pattern):
            self._similar.append(ranked)
        elif not pattern.signature:
            if sum(map(len, self._loose.values())) >= MAX_UNPINNED:
                raise PatternError(
                    f"pattern {pattern.pattern_id!r}: more than {MAX_UNPINNED} patterns without an equality",
                    hint='pin a parameter to a value, for example {"model": "gpt-4", ...}',
                )
            self._loose.setdefault(_needed(pattern), []).append(ranked)
        else:
            for key in _table_keys(pattern):
                self._cluster(pattern.signature, key).append(ranked)

    def remove(self, pattern_id: str) -> None:
        ranked = self._by_id.pop(pattern_id, None)
        if ranked is None:
            return
        if is_similar(ranked.pattern):
            self._similar.remove(ranked)
        elif not ranked.pattern.signature:
            self._loose[_needed(ranked.pattern)].remove(ranked)
        else:
            for key in _table_keys(ranked.pattern):
                self._cluster(ranked.pattern.signature, key).remove(ranked)

    def tables(self) -> Tables:
        for signature, clusters in self._copied.items():
            table = dict(self._tables.get(signature, {}))
            for key, cluster in clusters.items():
                if cluster:
                    table[key] = _sorted(cluster)
                else:
                    table.pop(key, None)
            self._tables[signature] = table
            if not table:
                del self._tables[signature]
        clusters_now = tuple((needed, _sorted(cluster)) for needed, cluster in self._loose.items() if cluster)
        sizes = [len(cluster) for clusters in self._copied.values() for cluster in clusters.values()]
        largest = max([self._traits.largest, len(self._similar), *sizes])
        traits = self._traits._replace(largest=largest)
        return Tables(self._by_id, self._tables, Loose(clusters_now, _sorted(self._similar)), traits)

    def _cluster(self, signature: Tuple[Path, ...], key: Any) -> List[Ranked]:
        clusters = self._copied.setdefault(signature, {})
        if key not in clusters:
            clusters[key] = list(self._tables.get(signature, {}).get(key, ()))
        return clusters[key]


def _plan(tables: Mapping[Tuple[Path, ...], Table]) -> Plan:
    paths = sorted({path for signature in tables for path in signature}, key=repr)
    lookups = [(itemgetter(*map(paths.index, signature)), table) for signature, table in tables.items()]
    return Plan(tuple(map(_place, paths)), tuple(lookups))


def _is_for_faults(signature: Tuple[Path, ...], table: Table) -> bool:
    """Return whether every pattern of a table wants a request that is not clean."""
    if (CLEAN,) not in signature or len(table) > MAX_GATED:
        return False
    place = signature.index((CLEAN,))
    return all((key if len(signature) == 1 else key[place]) is False for key in table)


def _may_match(pattern: Pattern, signs: Mapping[str, Any]) -> bool:
    return all(c.test(signs[c.key], c.operand) for c in pattern.conditions if c.key in signs)


def is_similar(pattern: Any) -> bool:
    """Return whether a pattern is found by likeness, whatever else it asks."""
    return any(condition.operator == SIMILAR for condition in pattern.conditions)


def _asks_facts(pattern: Pattern) -> bool:
    return any(str(condition.path[0])[:1] == "$" for condition in pattern.conditions)


def _place(path: Path) -> Place:
    key = str(path[0])
    if len(path) > 1:
        return "", path
    if path == REQUEST_HASH:
        return REQUEST_COARSE, ()
    return (key, ()) if key[:1] == "$" else (key, None)


def _table_keys(pattern: Pattern) -> List[Any]:
    """Return the keys as `itemgetter` makes them: one value stands for itself, several are a tuple."""
    keys = [tuple(map(access_value, pattern.signature, key)) for key in pattern.keys]
    return list(dict.fromkeys(key[0] if len(key) == 1 else key for key in keys))  # 1, 1.0 and true are one entry


def _needed(pattern: Pattern) -> str:
    """Return the key that tells most requests apart; names that most requests have come last."""
    needs = sorted(pattern.needs, key=lambda key: (key in ("messages", "model", "input", "max_tokens"), key))
    return needs[0] if needs else ""


def _hashable(value: Any) -> Any:
    try:
        return key_part(value)
    except TypeError:  # a value that no key can hold, or none at all
        return MISSING


def _collect(cluster: Cluster, call: Call, body: Mapping[str, Any], facts: Any, now_s: float, hits: List[Any]) -> None:
    """Add the first MAX_MATCHES patterns of a cluster that match. ``now_s``: 0 where none can have expired."""
    found = 0
    deadline = Deadline() if len(cluster) > MANY else None
    for ranked in cluster:
        pattern = ranked.pattern
        if deadline is not None:
            deadline.check("tables")
        if pattern.matches(call, body, facts) and not _is_over(pattern, now_s):
            hits.append(ranked)
            found += 1
            if found == MAX_MATCHES:
                return


def _sorted(cluster: List[Ranked]) -> Cluster:
    return tuple(sorted(cluster, key=itemgetter(0)))


def _likeness(pattern: Pattern, facts: Any) -> float:
    from arc_runtime.patterns.searches.words import likeness, text_of

    scores = [
        likeness(facts[condition.key], text_of(condition.operand))
        for condition in pattern.conditions
        if condition.operator == SIMILAR and condition.key == "$prompt"
    ]
    return min(scores, default=0.0)


def _is_over(pattern: Pattern, now_s: float) -> bool:
    return now_s > 0.0 and pattern.expires_at_s is not None and pattern.expires_at_s <= now_s


EMPTY = Tables({}, {}, Loose(), Traits())
