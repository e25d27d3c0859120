"""The index gives what trying every pattern gives: in tables, in segments, and while both change."""

from io import BytesIO
from typing import Any, Dict, List, Optional, Sequence, Tuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arc_runtime.errors import PatternError
from arc_runtime.model import Call
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.index import MAX_MATCHES, PatternIndex
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern
from arc_runtime.patterns.segments import layout
from arc_runtime.patterns.segments.builder import build_in_one_go
from arc_runtime.patterns.segments.records import record_of
from arc_runtime.patterns.segments.segment import Segment
from arc_runtime.patterns.store import PatternStore

NOW_S = 1000.0
SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.sampled_from(["a", "b", "", "x y z w", "one two three four", "é", "\ud800", "A" * 300])
numbers = st.sampled_from([0, 1, -1, 2, 0.5, 1.0, 2.5, 2**53, 2**53 + 1, -(2**53) - 1, 1e308, 5e-324, 10**30])
odd_values = st.one_of(
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 10**5000, True, False, None, [], {}, (), [[]]]),
    st.builds(object),
)
scalars = st.one_of(texts, numbers, st.sampled_from([True, False, None]))

tests = st.one_of(
    st.tuples(st.sampled_from([">", ">=", "<", "<="]), numbers).map(lambda pair: {pair[0]: pair[1]}),
    st.tuples(numbers, numbers).map(lambda pair: {">": pair[0], "<=": pair[1]}),
    st.tuples(numbers, numbers).map(lambda pair: {"between": sorted(pair)}),
    st.lists(scalars, min_size=1, max_size=4).map(lambda values: {"in": values}),
    st.lists(scalars, min_size=1, max_size=3).map(lambda values: {"not_in": values}),
    scalars.map(lambda value: {"!=": value}),
    st.sampled_from(["x", "two three", "one two three four", "y z"]).map(lambda text: {"contains": text}),
    st.sampled_from(["o", "a", "x"]).map(lambda text: {"prefix": text}),
    st.sampled_from([{"exists": True}, {"missing": True}, {"type": "number"}, {"type": ["string", "null"]}]),
    st.sampled_from([{"regex": "^o"}, {"length": {">": 3}}, {"not": {"==": 1}}, {"any": {"==": "a"}}]),
)
places = st.sampled_from(["model", "t", "u", "v", "s", "m.c", "l[0]", "l[-1].c", "$provider", "$roles"])
conditions = st.dictionaries(places, st.one_of(scalars, tests), min_size=1, max_size=4)
ranges_only = st.dictionaries(st.sampled_from(["t", "u", "v"]), st.one_of(tests, numbers), min_size=1, max_size=3).map(
    lambda found: {"model": "a", **found}
)
bodies = st.dictionaries(
    st.sampled_from(["model", "t", "u", "v", "s", "m", "l"]),
    st.one_of(
        scalars,
        numbers,
        numbers,
        odd_values,
        st.fixed_dictionaries({"c": scalars}),
        st.lists(st.one_of(scalars, st.fixed_dictionaries({"c": scalars})), max_size=3),
    ),
    max_size=7,
).map(lambda body: {"model": "a", **body} if len(body) % 2 else body)


class Entry:
    """A pattern in the list that is tried from end to end."""

    def __init__(self, pattern: Pattern, order: int) -> None:
        self.pattern = pattern
        self.rank = (-pattern.priority, order)


def asked(body: Dict[str, Any], operation: str = "chat.completions", provider: str = "openai") -> Call:
    return Call("", provider, operation, body, False, "", 0.0)


def compiled(
    spec: Dict[str, Any], name: str, priority: int = 0, expires_at_s: Optional[float] = None
) -> Optional[Pattern]:
    try:
        return compile_pattern(PatternSpec(spec, {"x": 1}, name, priority=priority, expires_at_s=expires_at_s))
    except PatternError:  # a contradiction, or a word that the place cannot have
        return None


def all_compiled(specs: Sequence[Tuple[Dict[str, Any], int, Optional[float]]]) -> List[Pattern]:
    found = [compiled(spec, f"p{number}", *rest) for number, (spec, *rest) in enumerate(specs)]
    return [pattern for pattern in found if pattern is not None]


def tried(entries: Sequence[Entry], call: Call) -> List[str]:
    """What trying every pattern gives."""
    matching = [
        entry
        for entry in sorted(entries, key=lambda entry: entry.rank)
        if entry.pattern.matches(call, call.body, Facts(call, call.body))
        and (entry.pattern.expires_at_s is None or entry.pattern.expires_at_s > NOW_S)
    ]
    return [entry.pattern.pattern_id for entry in matching[:MAX_MATCHES]]


def found_by(index: PatternIndex, call: Call) -> List[str]:
    return [pattern.pattern_id for pattern in index.match(call)]


def in_a_segment(patterns: Sequence[Pattern]) -> PatternIndex:
    output = BytesIO()
    build_in_one_go([record_of(pattern, order) for order, pattern in enumerate(patterns)], output, NOW_S)
    segment = Segment(layout.read(memoryview(output.getvalue()), "segment"))
    return PatternIndex(segments=[segment], next_order=len(patterns), clock=lambda: NOW_S)


rows = st.tuples(
    st.one_of(conditions, ranges_only, ranges_only),
    st.sampled_from([0, 0, 0, 3, -1]),
    st.sampled_from([None, None, None, NOW_S - 1, NOW_S + 1]),
)


@SLOW
@given(
    st.lists(rows, max_size=60), st.lists(bodies, min_size=1, max_size=12), st.sampled_from(["messages", "embeddings"])
)
def test_tables_and_segments_find_what_trying_every_pattern_finds(
    specs: Any, asked_bodies: List[Dict[str, Any]], operation: str
) -> None:
    patterns = all_compiled(specs)
    entries = [Entry(pattern, order) for order, pattern in enumerate(patterns)]
    tables = PatternIndex(clock=lambda: NOW_S).changed(patterns)
    segments = in_a_segment(patterns)
    for body in asked_bodies:
        call = asked(body, operation)
        expected = tried(entries, call)
        assert found_by(tables, call) == expected
        assert found_by(segments, call) == expected
    assert segments.stopped == {}


@SLOW
@given(
    st.lists(
        st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)), min_size=4, max_size=120
    ),
    st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=20),
    st.sampled_from([(">", "<"), (">=", "<="), (">", "<="), (">=", "<")]),
)
def test_boxes_are_found_on_their_edges_and_inside(boxes: Any, points: Any, edge: Tuple[str, str]) -> None:
    specs = []
    for left, right, top, bottom in boxes:
        first, second = sorted((left, right)), sorted((top, bottom))
        spec = {"model": "a", "t": dict(zip(edge, first)), "u": dict(zip(edge, second))}
        specs.append((spec, 0, None))
    patterns = all_compiled(specs)
    entries = [Entry(pattern, order) for order, pattern in enumerate(patterns)]
    index = in_a_segment(patterns)
    corners = [(box[0], box[2]) for box in boxes[:10]] + [(box[1], box[3]) for box in boxes[:10]]
    for one, other in [*points, *corners]:
        call = asked({"model": "a", "t": one, "u": other})
        assert found_by(index, call) == tried(entries, call)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(rows, st.integers(0, 30)), min_size=1, max_size=12)),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("compact"), st.booleans()),
        st.tuples(st.just("many"), st.lists(st.tuples(rows, st.integers(0, 30)), min_size=1, max_size=12)),
        st.tuples(st.just("ask"), st.lists(bodies, min_size=1, max_size=4)),
    ),
    min_size=3,
    max_size=14,
)


class Script:
    """A store, and the list that is tried from end to end beside it."""

    def __init__(self) -> None:
        self.store = PatternStore(lambda index: None, processes=False, background=False)
        self.store.index = PatternIndex(clock=lambda: NOW_S)
        self.entries: Dict[str, Entry] = {}
        self._next_order = 0

    def add(self, content: Any) -> List[Pattern]:
        """Note the patterns, and return those that can be compiled."""
        found = [compiled(spec, f"p{name}", priority) for (spec, priority, _), name in content]
        patterns = [pattern for pattern in found if pattern is not None]
        for pattern in patterns:
            old = self.entries.get(pattern.pattern_id)
            order = self._next_order if old is None else old.rank[1]
            self._next_order += old is None
            self.entries[pattern.pattern_id] = Entry(pattern, order)
        return patterns

    def run(self, kind: str, content: Any) -> None:
        """Take one step."""
        if kind == "add":
            self.store.change(self.add(content))
        elif kind == "many":
            self.store._register_many(iter(self.add(content)))
        elif kind == "remove":
            assert self.store.remove(f"p{content}") is (self.entries.pop(f"p{content}", None) is not None)
        elif kind == "compact":
            self.store.compact(everything=content)
        else:
            for body in content:
                assert found_by(self.store.index, asked(body)) == tried(list(self.entries.values()), asked(body))


@SLOW
@given(steps)
def test_additions_removals_and_rearranging_change_nothing_that_is_found(script: Any) -> None:
    both = Script()
    for kind, content in script:
        both.run(kind, content)
        assert len(both.store.index) == len(both.entries)
    both.store.close()
