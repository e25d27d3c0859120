"""Timeouts, retries and fallbacks of a use, with the place where the number is written."""

import re
from dataclasses import dataclass, field

from arc_sim.causal.code.flow.service import ServiceCode, Use, place
from arc_sim.causal.code.program import Expression, Program
from arc_sim.causal.readers.base import Variable
from arc_sim.model import Location, Setting

TIMEOUT = re.compile(
    r"(?i)^[a-z_.-]{0,40}(?:timeout|deadline|time_?limit)"
    r"(?:[_.-]?(?P<unit>s|sec|secs|seconds|ms|millis|milliseconds|in_?millis(?:econds)?))?$"
)
RETRIES = re.compile(
    r"(?i)^(?:max|num|total)?[_.-]?(?:retries|retry|retry_?(?:count|attempts|times|limit)|max_?retries_?per_?request)$"
)
ATTEMPTS = re.compile(r"(?i)^(?:max|num)?[_.-]?(?:attempts|tries)$")
CONNECT = re.compile(r"(?i)connect|keep_?alive|idle|handshake")
"""Timeouts of one phase only: used when nothing limits the whole call."""

MILLISECONDS = {"javascript", "typescript", "tsx", "java", "c_sharp"}
"""Languages whose libraries take a bare number as milliseconds (axios, fetch wrappers, OkHttp, StackExchange.Redis)."""

UNITS_MS = {"nanosecond": 1e-6, "microsecond": 1e-3, "millisecond": 1.0, "second": 1e3, "minute": 6e4, "hour": 3.6e6,
            "nano": 1e-6, "micro": 1e-3, "milli": 1.0, "sec": 1e3, "min": 6e4, "day": 8.64e7}  # fmt: skip
CONVERSION = re.compile(r"(?i)(?:^|\.)(?:of|from|ms|in)?_?(nano|micro|milli|second|minute|hour|day)[a-z]*$")
NEUTRAL = re.compile(
    r"(?:^|\.)(?:int|float|str|Number|parseInt|parseFloat|Integer\.parseInt|valueOf|Duration|timedelta|ClientTimeout|"
    r"Timeout|TimeSpan|strconv\.Atoi|time\.Duration|abs|round|max|min|AbortSignal\.timeout)$"
)
"""Calls that hand their number on."""
MAX_HOPS = 6


@dataclass(frozen=True)
class Number:
    """A number with the place where it is written; ``unit_ms`` when the code says what unit it has."""

    value: float
    location: Location
    unit_ms: float | None = None


@dataclass
class Found:
    """What all uses of one address say. The smallest timeout and the most retries stand: they decide first."""

    timeout_ms: Setting | None = None
    connect_ms: Setting | None = None
    retries: Setting | None = None
    fallback: Location | None = None
    calls: list[Location] = field(default_factory=list)


class Reader:
    """Evaluates the settings of one service's calls, with the variables that its manifests give."""

    def __init__(self, code: ServiceCode, variables: dict[str, Variable]) -> None:
        self._code = code
        self._variables = variables

    def read(self, uses: list[Use]) -> Found:
        """Return the settings of one address."""
        found = Found()
        for use in sorted(uses, key=lambda u: (u.program.path, u.site.call.line)):
            found.calls.append(place(use.program, use.site.call.line))
            for name, value, program, scope in self._options(use):
                self._take(found, name, self._number(program, scope, value), program)
            handler = use.site.handler
            if handler is not None and handler.swallows and found.fallback is None:
                found.fallback = place(use.program, handler.line)
            if use.site.attempts is not None:
                self._take(found, "attempts", self._number(use.program, use.site.scope, use.site.attempts), use.program)
        found.timeout_ms = found.timeout_ms or found.connect_ms
        return found

    def _take(self, found: Found, name: str, number: Number | None, program: Program) -> None:
        timeout = TIMEOUT.match(name)
        if number is None or not 0 <= number.value < 1e9:
            return
        if timeout:
            setting = Setting(number.value * _unit_ms(timeout.group("unit"), number, program.language), number.location)
            if CONNECT.search(name):
                found.connect_ms = _smaller(found.connect_ms, setting)
            elif setting.value > 0:
                found.timeout_ms = _smaller(found.timeout_ms, setting)
        elif RETRIES.match(name) or ATTEMPTS.match(name):
            value = number.value - 1 if ATTEMPTS.match(name) else number.value
            if value >= 0 and (found.retries is None or value > found.retries.value):
                found.retries = Setting(value, number.location)

    def _options(self, use: Use) -> list[tuple[str, Expression, Program, int]]:
        """Return the named values of a call: keywords, options, parameters of own functions, their defaults."""
        call, scope = use.site.call, use.site.scope
        options = [(name, value, use.program, scope) for name, value in [*_named(call), *_built(call)]]
        for key, item in call.items:
            if key == "." and item.kind == "name":
                for home, inner, value in self._code.values(use.program, scope, item.text):
                    options += [(name, part, home, inner) for name, part in _named(value)]
            elif item.kind == "name":
                options += self._deadline(use, item)
        known = self._code.function(use.program, call.text)
        if known is not None:
            home, function = known
            given = {name for name, _, _, _ in options}
            positional = [item for key, item in call.items if key is None]
            for (name, _), value in zip(function.parameters, positional, strict=False):
                options.append((name, value, use.program, scope))
                given.add(name)
            options += [(n, d, home, 0) for n, d in function.parameters if d is not None and n not in given]
        return options

    def _deadline(self, use: Use, item: Expression) -> list[tuple[str, Expression, Program, int]]:
        """Return the deadline of a context: ``ctx, cancel := context.WithTimeout(parent, 3*time.Second)``."""
        found = []
        for home, inner, value in self._code.values(use.program, use.site.scope, item.text):
            if (
                value.kind == "call"
                and re.search(r"(?i)with_?timeout$|^AbortSignal\.timeout$", value.text)
                and value.items
            ):
                found.append(("timeout", value.items[-1][1], home, inner))
        return found

    def _number(self, program: Program, scope: int, value: Expression, hops: int = 0) -> Number | None:
        if hops > MAX_HOPS:
            return None
        at = place(program, value.line)
        if value.kind in ("number", "string"):
            return _literal(value.text, at)
        if value.kind == "env":
            given = self._variables.get(value.text)
            if given is not None:
                return _literal(given.value, given.location)
            return next((n for _, item in value.items if (n := self._number(program, scope, item, hops + 1))), None)
        if value.kind == "op":
            return self._operation(program, scope, value, hops)
        if value.kind == "name":
            return self._named_number(program, scope, value, hops)
        if value.kind == "call":
            return self._converted(program, scope, value, hops)
        numbers = [n for _, item in value.items if (n := self._number(program, scope, item, hops + 1))]
        return numbers[-1] if numbers else None

    def _named_number(self, program: Program, scope: int, value: Expression, hops: int) -> Number | None:
        unit = UNITS_MS.get(value.text.rpartition(".")[2].lower().rstrip("s"))
        if unit is not None and re.match(r"(?i)time\.|timeunit\.|chronounit\.", value.text):
            return Number(1.0, place(program, value.line), unit)
        for home, inner, definition in self._code.values(program, scope, value.text):
            number = self._number(home, inner, definition, hops + 1)
            if number is not None:
                return number
        return None

    def _converted(self, program: Program, scope: int, call: Expression, hops: int) -> Number | None:
        arguments = [(key, item) for key, item in call.items if key != "."]
        conversion = CONVERSION.search(call.text)
        if not conversion and not NEUTRAL.search(call.text) and not self._code.function(program, call.text):
            return None
        for key, item in arguments:
            number = self._number(program, scope, item, hops + 1)
            word = conversion.group(1).lower() if conversion else (key or "").lower().rstrip("s")
            if number is not None:
                return Number(number.value, number.location, UNITS_MS.get(word, number.unit_ms))
        return None

    def _operation(self, program: Program, scope: int, value: Expression, hops: int) -> Number | None:
        parts = [self._number(program, scope, item, hops + 1) for _, item in value.items]
        left, right = [*parts, None, None][:2]
        if value.text in ("||", "??", "or"):
            return left or right
        if left is None or right is None:
            return None
        results = {"*": left.value * right.value, "+": left.value + right.value, "-": left.value - right.value,
                   "/": left.value / right.value if right.value else 0.0}  # fmt: skip
        if value.text not in results:
            return None
        # The unit of `2 * time.Second`, at the place of the 2.
        first = right if left.unit_ms is not None and right.unit_ms is None else left
        return Number(results[value.text], first.location, left.unit_ms if left.unit_ms is not None else right.unit_ms)


def _named(value: Expression, depth: int = 0) -> list[tuple[str, Expression]]:
    """Return the named parts of a call and of option objects in it, but not of calls inside."""
    found = []
    for key, item in value.items:
        if key and key != ".":
            found.append((key, item))
        if (item.kind == "group" and depth < 3) or (
            item.kind == "call" and depth < 1 and re.search(r"(?i)timeout|retry|options|config|adapter", item.text)
        ):
            found += _named(item, depth + 1)
    return found


def _built(call: Expression) -> list[tuple[str, Expression]]:
    """Return the setting of a builder's step: ``.readTimeout(5, TimeUnit.SECONDS)``, ``.setTimeout(800)``."""
    name = re.sub(r"^(?:set|with)_?", "", call.text.rpartition(".")[2], flags=re.IGNORECASE)
    values = [item for key, item in call.items if key is None]
    if not TIMEOUT.match(name) and not RETRIES.match(name) and not ATTEMPTS.match(name):
        return []
    if len(values) == 2 and values[1].kind == "name" and "." in values[1].text:
        return [(name, Expression("op", "*", values[0].line, ((None, values[0]), (None, values[1]))))]
    return [(name, values[0])] if len(values) == 1 and "(" in call.text else []


def _literal(text: str, location: Location) -> Number | None:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:[eE]-?\d+)?)\s*(ms|s|m|h)?[fFdDlL]?\s*", text)
    if match is None:
        return None
    unit = {"ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}.get(match.group(2) or "")
    return Number(float(match.group(1)), location, unit)


def _unit_ms(suffix: str | None, number: Number, language: str) -> float:
    if number.unit_ms is not None:
        return number.unit_ms
    if suffix:
        return 1e3 if suffix.lower() in ("s", "sec", "secs", "seconds") else 1.0
    return 1.0 if language in MILLISECONDS else 1e-6 if language == "go" else 1e3


def _smaller(known: Setting | None, other: Setting) -> Setting:
    return other if known is None or other.value < known.value else known
