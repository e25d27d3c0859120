"""Puts texts together as the code does: concatenation, interpolation, format strings, own functions."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice, product
from typing import Protocol

from arc_sim.causal.code.program import Expression, Program

UNKNOWN = "zz0unknown0zz"
"""Stands for a part that is not known; no host has it in its name."""

MAX_TEXTS = 4
MAX_HOPS = 8
PARTS = re.compile(r"\$\{[^{}]*\}|#\{[^{}]*\}|\{\$?[^{}\s]*\}|\$[A-Za-z_][\w.]*")
HOLES = re.compile(r"%(?:\d+\$)?[-+0-9.]*[sdvqxi]|\{(?P<name>\w*)(?:![rs])?(?::[^{}]*)?\}")
FORMATS = frozenset(("format", "Format", "Sprintf", "sprintf", "formatted", "fmt", "Fprintf", "format_args"))
CONCATENATION = frozenset(("+", "<>", ".", "..", "&"))

Place = tuple[Program, int, Expression]
"""A value with where it stands."""
Bound = Mapping[str, "tuple[Place, Mapping[str, object]]"]
"""Parameters with what a caller gives them."""


class Names(Protocol):
    """What resolves names and calls: the code of one service."""

    def values(self, program: Program, scope: int, name: str) -> list[Place]:
        """Return what a name may hold."""

    def passed(self, program: Program, scope: int, name: str) -> list[Place]:
        """Return what callers give to a parameter of the function around."""

    def results(self, program: Program, call: Expression) -> list[tuple[Place, dict[str, Expression]]]:
        """Return what an own function gives back, with its parameters' values."""

    def variable(self, name: str) -> str | None:
        """Return what manifests give to an environment variable."""


class Texts:
    """Evaluates the texts of one service's code."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def of(self, program: Program, scope: int, value: Expression) -> list[str]:
        """Return what a value may be as text, unknown parts marked; at most four."""
        return self._fold((program, scope, value), {}, 0)

    def _fold(self, place: Place, bound: Bound, hops: int) -> list[str]:
        value = place[2]
        if hops > MAX_HOPS:
            return [UNKNOWN]
        if value.kind == "string":
            return self._interpolated(place, bound, hops)
        if value.kind == "number":
            return [value.text]
        if value.kind == "env":
            return self._variable(place, bound, hops)
        if value.kind == "name":
            return self._name(place, bound, hops)
        if value.kind == "op":
            return self._operation(place, bound, hops)
        if value.kind == "call":
            return self._call(place, bound, hops)
        return self._branches(place, bound, hops) if value.text == "choice" else self._first(place, value, bound, hops)

    def _parts(self, place: Place, values: list[Expression], bound: Bound, hops: int) -> list[list[str]]:
        program, scope, _ = place
        return [self._fold((program, scope, value), bound, hops + 1) or [UNKNOWN] for value in values[:12]]

    def _interpolated(self, place: Place, bound: Bound, hops: int) -> list[str]:
        value = place[2]
        items = [item for _, item in value.items]
        if not items:
            return [value.text]
        holes = PARTS.findall(value.text)
        if len(holes) != len(items):
            return [PARTS.sub(UNKNOWN, value.text)]
        return _fill(value.text, PARTS, self._parts(place, items, bound, hops))

    def _variable(self, place: Place, bound: Bound, hops: int) -> list[str]:
        value = place[2]
        given = self._names.variable(value.text)
        if given is not None:
            return [given]
        return self._first(place, value, bound, hops)

    def _branches(self, place: Place, bound: Bound, hops: int) -> list[str]:
        """Return what any branch of a choice may be."""
        program, scope, value = place
        found = [text for _, item in value.items for text in self._fold((program, scope, item), bound, hops + 1)]
        return list(dict.fromkeys(text for text in found if text != UNKNOWN))[:MAX_TEXTS] or [UNKNOWN]

    def _first(self, place: Place, value: Expression, bound: Bound, hops: int) -> list[str]:
        for _, item in value.items:
            found = self._fold((place[0], place[1], item), bound, hops + 1)
            if found and UNKNOWN not in found:
                return found
        return [UNKNOWN]

    def _name(self, place: Place, bound: Bound, hops: int) -> list[str]:
        program, scope, value = place
        if value.text in bound:
            inner, outer = bound[value.text]
            return self._fold(inner, outer, hops + 1)  # type: ignore[arg-type]  # a Bound, which cannot name itself
        texts = [
            text
            for found in (
                self._names.values(program, scope, value.text) or self._names.passed(program, scope, value.text)
            )[:MAX_TEXTS]
            for text in self._fold(found, {}, hops + 1)
        ]
        known = [text for text in dict.fromkeys(texts) if text and text != UNKNOWN]
        return known[:MAX_TEXTS] or [UNKNOWN]

    def _operation(self, place: Place, bound: Bound, hops: int) -> list[str]:
        value = place[2]
        items = [item for _, item in value.items]
        if value.text in CONCATENATION:
            return _joined(self._parts(place, items, bound, hops))
        if value.text == "%" and len(items) == 2:
            right = [item for _, item in items[1].items] if items[1].kind == "group" else [items[1]]
            return self._formatted(place, items[0], right, {}, bound, hops)
        return self._first(place, value, bound, hops)

    def _call(self, place: Place, bound: Bound, hops: int) -> list[str]:
        program, scope, call = place
        last = call.text.rpartition(".")[2]
        receiver = next((item for key, item in call.items if key == "."), None)
        plain = [item for key, item in call.items if key is None]
        if last in FORMATS and (plain or receiver is not None):
            named = {key: item for key, item in call.items if key and key != "."}
            if receiver is not None and receiver.kind == "string":
                return self._formatted(place, receiver, plain, named, bound, hops)
            return self._formatted(place, plain[0], plain[1:], named, bound, hops) if plain else [UNKNOWN]
        if last == "JoinHostPort" and len(plain) == 2:
            return _joined([[*self._fold((program, scope, plain[0]), bound, hops + 1)], [":"],
                            [*self._fold((program, scope, plain[1]), bound, hops + 1)]])  # fmt: skip
        for inner, parameters in self._names.results(program, call):
            outer = {name: ((program, scope, given), bound) for name, given in parameters.items()}
            found = self._fold(inner, outer, hops + 1)
            if found and found != [UNKNOWN]:
                return found
        rest = receiver if receiver is not None and receiver.kind != "name" else (plain[0] if plain else receiver)
        return self._fold((program, scope, rest), bound, hops + 1) if rest is not None else [UNKNOWN]

    def _formatted(
        self,
        place: Place,
        template: Expression,
        plain: list[Expression],
        named: dict[str, Expression],
        bound: Bound,
        hops: int,
    ) -> list[str]:
        if template.kind != "string":
            return [UNKNOWN]
        holes = list(HOLES.finditer(template.text))
        values: list[Expression] = []
        for index, hole in enumerate(holes):
            name = hole.group("name") or ""
            number = int(name) if name.isdigit() else index
            fallback = plain[number] if number < len(plain) else Expression("group", "", template.line)
            values.append(
                named.get(name)
                or (Expression("name", name, template.line) if name and not name.isdigit() else fallback)
            )
        return _fill(template.text, HOLES, self._parts(place, values, bound, hops))


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(chosen) for chosen in islice(product(*parts), MAX_TEXTS)]


def _fill(template: str, holes: "re.Pattern[str]", parts: list[list[str]]) -> list[str]:
    found = []
    for chosen in islice(product(*parts), MAX_TEXTS):
        values = iter(chosen)
        found.append(holes.sub(partial(_next, values), template))
    return found


def _next(values: Iterator[str], _: "re.Match[str]") -> str:
    return next(values, UNKNOWN)
