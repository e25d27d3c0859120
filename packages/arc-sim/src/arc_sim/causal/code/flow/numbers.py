"""Evaluates numbers of settings, with their units and the place where they are written."""

import re
from dataclasses import dataclass

from arc_sim.causal.code.flow.service import ServiceCode, place
from arc_sim.causal.code.program import Expression, Program
from arc_sim.model import Location

MILLISECONDS = frozenset(("javascript", "typescript", "tsx", "java", "kotlin", "c_sharp", "elixir", "cpp"))
"""Languages whose libraries take a bare number as milliseconds (axios, OkHttp, StackExchange.Redis, Finch, Tesla)."""

UNITS_MS = {"nanosecond": 1e-6, "microsecond": 1e-3, "millisecond": 1.0, "second": 1e3, "minute": 6e4, "hour": 3.6e6,
            "nano": 1e-6, "micro": 1e-3, "milli": 1.0, "milliseconds": 1.0, "sec": 1e3, "min": 6e4, "day": 8.64e7,
            "msec": 1.0, "ms": 1.0}  # fmt: skip
CONVERSION = re.compile(
    r"(?i)(?:^|\.)(?:of|from|ms|in|add|as)?_?(nano|micro|milli|sec|second|minute|hour|day)(?!ond\w*\.)[a-z0-9_]*$"
)
NEUTRAL = re.compile(
    r"(?:^|\.)(?:int|float|str|Number|parseInt|parseFloat|Integer\.parseInt|valueOf|Duration|timedelta|ClientTimeout|"
    r"Timeout|TimeSpan|strconv\.Atoi|time\.Duration|abs|round|max|min|AbortSignal\.timeout|to_i|to_f|toLong|toInt|Some|"
    r"String\.to_integer|unwrap_or|unwrap_or_else|map|and_then|ok|parse|from|into)$"
)
"""Calls that hand their number on."""
NOW = re.compile(r"(?i)(?:^|\.)now$|^time\.time$|utcnow|getTime$")
CHAIN = re.compile(r"(?:^|\.)(?:unwrap_or|unwrap_or_else|map|and_then|ok|parse|into|to_i|to_f|toLong|toInt)$")
UNIT_NAME = re.compile(r"(?i)time\.|timeunit\.|chronounit\.|duration\.")
CONVERSIONS = frozenset(("1000", "1e3", "1000.0", "60", "0.001"))
"""Factors that change the unit and not the time."""
MAX_HOPS = 6


@dataclass(frozen=True)
class Number:
    """A number with the place where it is written; ``unit_ms`` when the code says what unit it has."""

    value: float
    location: Location
    unit_ms: float | None = None


class Numbers:
    """Evaluates the numbers of one service's code, with the variables that its manifests give."""

    def __init__(self, code: ServiceCode) -> None:
        self._code = code

    def of(self, program: Program, scope: int, value: Expression, hops: int = 0) -> Number | None:
        """Return the number that a value holds, None when the code does not say."""
        if hops > MAX_HOPS:
            return None
        at = place(program, value.line)
        if value.kind in ("number", "string"):
            return literal(value.text, at)
        if value.kind == "env":
            given = self._code.given(value.text)
            if given is not None:
                return literal(given.value, given.location)
            return next((n for _, item in value.items if (n := self.of(program, scope, item, hops + 1))), None)
        if value.kind == "op":
            return self._operation(program, scope, value, hops)
        if value.kind == "name":
            return self._named(program, scope, value, hops)
        if value.kind == "call":
            return self._converted(program, scope, value, hops)
        numbers = [n for _, item in value.items if (n := self.of(program, scope, item, hops + 1))]
        return numbers[-1] if numbers else None

    def _named(self, program: Program, scope: int, value: Expression, hops: int) -> Number | None:
        last_name = value.text.rpartition(".")[2]
        unit = UNITS_MS.get(last_name.lower().rstrip("s"))
        if unit is not None and UNIT_NAME.match(value.text):
            return Number(1.0, place(program, value.line), unit)
        if unit is not None and (match := re.match(r"(\d+)\.\w+$", value.text)):
            return Number(float(match.group(1)), place(program, value.line), unit)
        if re.fullmatch(r"\d+[lLfF]?", value.text):
            return literal(value.text, place(program, value.line))
        fields = self._code.anywhere(last_name) if "." in value.text else []
        for home, inner, definition in fields or self._code.values(program, scope, value.text):
            number = self.of(home, inner, definition, hops + 1)
            if number is not None:
                return number
        return None

    def _converted(self, program: Program, scope: int, call: Expression, hops: int) -> Number | None:
        receiver = next((item for key, item in call.items if key == "."), None)
        arguments = [(key, item) for key, item in call.items if key != "."]
        conversion = CONVERSION.search(call.text)
        if receiver is not None and not arguments and conversion:
            # `5.seconds`
            number = self.of(program, scope, receiver, hops + 1)
            return Number(number.value, number.location, UNITS_MS[_word(conversion)]) if number else None
        if not conversion and not NEUTRAL.search(call.text) and not self._code.function(program, call.text):
            return None
        if receiver is not None and CHAIN.search(call.text):
            found = self.of(program, scope, receiver, hops + 1)
            if found is not None:
                return found
        for key, item in arguments:
            number = self.of(program, scope, item, hops + 1)
            word = _word(conversion) if conversion else (key or "").lower().rstrip("s")
            if number is not None:
                return Number(number.value, number.location, UNITS_MS.get(word, number.unit_ms))
        return None

    def _operation(self, program: Program, scope: int, value: Expression, hops: int) -> Number | None:
        items = [item for _, item in value.items]
        parts = [self.of(program, scope, item, hops + 1) for item in items]
        left, right = [*parts, None, None][:2]
        if value.text in ("||", "??", "or"):
            return left or right
        if value.text == "+" and any(item.kind == "call" and NOW.search(item.text) for item in items):
            return left or right
        if left is None or right is None:
            return None
        results = {"*": left.value * right.value, "+": left.value + right.value, "-": left.value - right.value,
                   "/": left.value / right.value if right.value else 0.0}  # fmt: skip
        if value.text not in results:
            return None
        # The unit of `2 * time.Second`, at the place of the 2; `timeout * 2` at its own.
        first = right if left.unit_ms is not None and right.unit_ms is None else left
        scaled = any(item.kind == "number" and item.text not in CONVERSIONS for item in items)
        location = place(program, value.line) if scaled else first.location
        return Number(results[value.text], location, left.unit_ms if left.unit_ms is not None else right.unit_ms)


def literal(text: str, location: Location) -> Number | None:
    """Return the number that is written: ``500``, ``1.5``, ``2s``, ``30_000L``; None for anything else."""
    match = re.fullmatch(
        r"\s*(\d+(?:\.\d+)?(?:[eE]-?\d+)?)\s*(ms|s|m|h)?(?:[fFdDlLuUmM]|[uif](?:8|16|32|64|128|size))?\s*", text
    )
    if match is None:
        return None
    unit = {"ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}.get(match.group(2) or "")
    return Number(float(match.group(1)), location, unit)


def unit_of(suffix: str | None, number: Number, language: str) -> float:
    """Return the milliseconds of one unit: what the code says, the name's suffix, or the language's habit."""
    if number.unit_ms is not None:
        return number.unit_ms
    if suffix:
        return 1e3 if suffix.lower() in ("s", "sec", "secs", "seconds") else 1.0
    return 1.0 if language in MILLISECONDS else 1e-6 if language == "go" else 1e3


def _word(conversion: "re.Match[str]") -> str:
    return conversion.group(1).lower()
