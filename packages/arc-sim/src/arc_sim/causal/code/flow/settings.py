"""Timeouts, retries, breakers, fallbacks and pools of the calls to one address, with the places that say so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from arc_sim.causal.code.flow.numbers import Numbers, unit_of
from arc_sim.causal.code.flow.service import ServiceCode, Use, place
from arc_sim.causal.code.flow.words import BREAKER, FALLBACK, LIMITER, RETRIER, classify, plain_name
from arc_sim.causal.code.program import CallSite, Expression, Program
from arc_sim.model import Location, Resilience

OPTIONS = re.compile(
    r"(?i)timeout|retr|attempt|options|config|adapter|limits|pool|settings|builder|policy|breaker|backoff|client|transport"
)
"""Calls inside an argument whose own named arguments set options of the outer call."""
CONNECTING = re.compile(r"(?i)connect|open|dial|create|ping|getinstance|multiplexer|new_?client")
"""Calls that are made again for ever until the target is there."""
DEFAULTS = re.compile(
    r"(?:configureDefault|ConfigureHttpClientDefaults|setdefaulttimeout|setDefaultTimeout|customizers?)$"
)
"""Calls whose options hold for all calls of the service."""
STATIC_SETTER = re.compile(r"[A-Z]\w*\.set[A-Z]")
COUNTED = re.compile(r"(?i)^async\.retry|attempt|tries")
"""Retriers whose first argument counts the first attempt too."""
CLOSING = re.compile(r"(?i)\.(?:close|shutdown|disconnect|stop|dispose|destroy|quit|cancel)(?:async)?$")
"""Calls that end a connection: their time limits are not those of the work."""
ANSWERS = re.compile(
    r"(?i)pars|read_?value|write_?value|loads?$|dumps?$|decod|encod|json|seriali[sz]|(?:un)?marshal|convert|mapper"
)
"""Calls that work with an answer: their failures are not those of who gave it."""
WAITS = re.compile(r"(?i)(?:^|\.)wait_?(?:for|until)\w*$|(?:^|\.)(?:expect|locator)\b|\.to(?:Be|Have)[A-Z]\w*$")
"""Calls by which a browser is driven: they wait for pages, not for a service."""
HANDLED = 3
"""Hops up to which a handler around a call is one for the address: further away, a call works with answers."""
MAX_STEPS = 12

Option = tuple[str, Expression, Program, int]
"""Name, value, and where the value stands."""


@dataclass
class Found:
    """What all uses of one address say."""

    settings: dict[Resilience, None] = field(default_factory=dict)
    calls: list[Location] = field(default_factory=list)

    def add(self, setting: Resilience | None) -> None:
        """Keep a setting once."""
        if setting is not None:
            self.settings[setting] = None


class Reader:
    """Reads the settings of one service's calls."""

    def __init__(self, code: ServiceCode) -> None:
        self._code = code
        self._numbers = Numbers(code)
        self._by_receiver: dict[tuple[str, str], list[tuple[Program, CallSite]]] = {}
        self._members: dict[tuple[str, str], list[Option]] = {}
        for program in code.programs:
            for site in program.calls:
                for subject in _subjects(site.call):
                    self._by_receiver.setdefault((program.path, subject), []).append((program, site))
            for (scope, name), values in program.definitions.items():
                owner, _, member = name.rpartition(".")
                if owner and classify(member):
                    key = (program.path, owner.partition(".defaults")[0])
                    self._members.setdefault(key, []).extend((member, value, program, scope) for value in values)

    def read(self, uses: list[Use]) -> Found:
        """Return the settings of one address."""
        found = Found()
        for use in sorted(uses, key=lambda u: (u.program.path, u.site.call.line)):
            found.calls.append(place(use.program, use.site.call.line))
            if CLOSING.search(use.site.call.text) is None:
                self._of_site(found, use)
        return found

    def defaults(self) -> list[Resilience]:
        """Return what holds for all calls of the service."""
        found = Found()
        for program in self._code.programs:
            for site in program.calls:
                if DEFAULTS.search(site.call.text):
                    for option in self._chain(program, site.scope, site.call, 0):
                        self._take(found, option, in_guard=True)
                    found.add(_mechanism(site.call, program))
        return list(found.settings)

    def _of_site(self, found: Found, use: Use) -> None:
        program, site = use.program, use.site
        for option in self._options(program, site) if WAITS.search(site.call.text) is None else ():
            self._take(found, option)
        handler = site.handler
        works = handler is not None and ANSWERS.search(site.call.text.rpartition(".")[2]) is None
        if handler is not None and works and handler.swallows and use.hops <= HANDLED:
            found.add(Resilience("fallback", place(program, handler.line)))
        for guard in site.guards:
            self._guard(found, program, site.scope, guard)
        if site.attempts is not None:
            self._take(found, ("attempts", site.attempts, program, site.scope))
        again = self._repeated(program, site.function)
        if again is not None:
            found.add(Resilience("retries", again, None, "attempts", "connect", "forever"))
        if site.forever is not None and CONNECTING.search(site.call.text.rpartition(".")[2]):
            at = place(program, site.forever)
            found.add(Resilience("retries", at, None, "attempts", "connect", "forever"))

    def _repeated(self, program: Program, function: str, depth: int = 0) -> Location | None:
        """Return where a function around calls itself again after a pause: ``setTimeout(connectLoop, 2000)``."""
        for home, other in self._by_receiver.get((program.path, "setTimeout"), []):
            plain = [item for key, item in other.call.items if key is None]
            if plain and plain[0].kind == "name" and plain[0].text == function == other.function:
                return place(home, other.call.line)
        if depth or not function:
            return None
        callers = {s.function for p, s in self._code.callers(program, function) if p is program}
        return next((at for name in sorted(callers) if (at := self._repeated(program, name, 1))), None)

    def _take(self, found: Found, option: Option, in_guard: bool = False) -> None:
        name, value, program, scope = option
        meaning = classify(name, in_guard)
        if FALLBACK.match(name):
            found.add(Resilience("fallback", place(program, value.line)))
        if meaning is None or (meaning[0] == "retries" and value.kind == "group"):
            return
        number = self._numbers.of(program, scope, value)
        if number is None or not 0 <= number.value < 1e9:
            return
        kind, phase, suffix = meaning
        if kind == "retries" and phase != "delay":
            extra = number.value - (suffix == "attempts")
            found.add(Resilience("retries", number.location, extra, "attempts") if extra >= 0 else None)
        elif kind == "pool":
            found.add(Resilience("pool", number.location, number.value, "connections"))
        elif number.value > 0:
            value_ms = number.value * unit_of(suffix, number, program.language)
            found.add(Resilience(kind, number.location, round(value_ms, 6), "ms", phase))

    def _guard(self, found: Found, program: Program, scope: int, guard: Expression) -> None:
        """Note an annotation, a decorator or a call that runs the use."""
        found.add(_mechanism(guard, program))
        options = list(self._chain(program, scope, guard, 0))
        for option in options:
            self._take(found, option, in_guard=True)
        name = guard.text.rpartition(".")[2]
        first = next((item for key, item in guard.items if key is None and item.text != "lambda"), None)
        number = (
            self._numbers.of(program, scope, first)
            if first is not None and first.kind not in ("string", "group")
            else None
        )
        if number is not None and LIMITER.search(name) and not BREAKER.search(name):
            value = number.value * unit_of(None, number, program.language)
            found.add(Resilience("timeout", number.location, value, "ms", "total", name.lstrip("@")))
        elif number is not None and RETRIER.search(name):
            extra = number.value - bool(COUNTED.search(guard.text))
            found.add(Resilience("retries", number.location, extra, "attempts", "", name.lstrip("@")))

    def _options(self, program: Program, site: CallSite) -> Iterator[Option]:
        """Yield the named values of a call: its own, those of its client, those of own functions."""
        call, scope = site.call, site.scope
        yield from self._chain(program, scope, call, 0)
        yield from self._around(program, site)
        yield from self._aborts(program, site)
        yield from self._own(program, scope, call)

    def _around(self, program: Program, site: CallSite) -> Iterator[Option]:
        """Yield what is set on the client or request of a call elsewhere."""
        call, scope = site.call, site.scope
        for key, item in call.items:
            if item.kind == "name" and (key in (".", None) or key == "signal"):
                yield from self._of_name(program, scope, item.text)
        for receiver in _roots(call):
            yield from self._members.get((program.path, receiver), [])
        for subject in [*_subjects(call), *_filled(program, call)]:
            for home, other in self._by_receiver.get((program.path, subject), [])[:40]:
                if WAITS.search(other.call.text):
                    continue
                if other is not site and (other.scope == scope or not _is_local(program, scope, subject)):
                    yield from _built(other.call, home, other.scope)
                    yield from _mounted(other.call, home, other.scope)
        yield from _beside(program, scope)

    def _own(self, program: Program, scope: int, call: Expression) -> Iterator[Option]:
        """Yield the parameters of an own function or class that are given, and the defaults of the others."""
        known = self._code.function(program, call.text)
        if known is None:
            return
        home, function = known
        given = {name for name, _ in call.items if name}
        positional = [item for key, item in call.items if key is None]
        for (name, _), value in zip(function.parameters, positional, strict=False):
            yield (name, value, program, scope)
            given.add(name)
        yield from (
            (name, value, home, 0) for name, value in function.parameters if value is not None and name not in given
        )

    def _of_name(self, program: Program, scope: int, name: str) -> Iterator[Option]:
        """Yield the options of what a name holds: a client, a request, a context with a deadline."""
        for home, inner, value in self._code.values(program, scope, name)[:4]:
            if value.kind in ("call", "group"):
                if re.search(r"(?i)with_?timeout$|abortsignal\.timeout$", value.text) and value.items:
                    yield ("timeout", value.items[-1][1], home, inner)
                else:
                    yield from self._chain(home, inner, value, 0)

    def _chain(self, program: Program, scope: int, value: Expression, depth: int) -> Iterator[Option]:
        """Yield the options that a call, the calls that it is chained to and its option objects set."""
        if depth > MAX_STEPS:
            return
        yield from _built(value, program, scope)
        for key, item in value.items:
            if key and key != ".":
                yield (key, item, program, scope)
            if item.kind == "group" or (item.kind == "call" and (key == "." or OPTIONS.search(item.text[-60:]))):
                yield from self._chain(program, scope, item, depth + 1)
            if item.kind == "call" and re.search(r"(?i)abortsignal\.timeout$", item.text) and item.items:
                yield ("timeout", item.items[-1][1], program, scope)
            elif item.kind == "call" and key != "." and not item.items:
                for (home, inner, result), _ in self._code.results(program, item):
                    yield from self._chain(home, inner, result, depth + 3)

    def _aborts(self, program: Program, site: CallSite) -> Iterator[Option]:
        """``setTimeout(() => controller.abort(), 3000)`` beside a call with a signal."""
        if not any(key == "signal" for _, item in site.call.items for key, _ in item.items):
            return
        for home, other in self._by_receiver.get((program.path, "setTimeout"), []):
            plain = [item for key, item in other.call.items if key is None]
            stops = plain and any(item.text.endswith(".abort") for _, item in plain[0].items)
            if stops and len(plain) > 1 and other.function == site.function:
                yield ("timeout", plain[1], home, other.scope)


def _filled(program: Program, call: Expression) -> list[str]:
    """Return the names that a C++ call is handed: a context that was given its deadline before."""
    if program.language != "cpp":
        return []
    return [item.text for key, item in call.items if key is None and item.kind == "name"]


def _subjects(call: Expression) -> list[str]:
    """Return what a call is about: its receiver, and its first argument where that is a name."""
    receiver = call.text.rpartition(".")[0]
    first = next((item for key, item in call.items if key is None), None)
    found = [receiver] if receiver and "(" not in receiver else []
    if not receiver:
        found += [first.text] if first is not None and first.kind == "name" else []
        found += ["setTimeout"] if call.text == "setTimeout" else []
    return found


def _beside(program: Program, scope: int) -> Iterator[Option]:
    """Yield what static setters set in the same function: ``HttpConnectionParams.setSoTimeout(parameters, 5000)``."""
    for other in program.calls if scope else ():
        if other.scope == scope and STATIC_SETTER.match(other.call.text):
            yield from _built(other.call, program, scope)


def _roots(call: Expression) -> set[str]:
    """Return what a call begins with: ``axios`` of ``axios.get``, ``self.client`` of ``self.client.get``."""
    parts = call.text.split("(")[0].split(".")
    return {".".join(parts[:2])} if parts[0] == "self" else {parts[0]}


def _is_local(program: Program, scope: int, name: str) -> bool:
    return scope != 0 and (scope, name) in program.definitions


def _built(call: Expression, program: Program, scope: int) -> Iterator[Option]:
    """Yield the setting of a builder's step: ``.readTimeout(5, TimeUnit.SECONDS)``, ``.setTimeout(800)``."""
    values = [item for key, item in call.items if key is None]
    if call.kind != "call" or not values:
        return
    if len(values) > 1 and values[-2].kind == "name" and classify(plain_name(values[-2].text)):
        # `curl_setopt(handle, CURLOPT_TIMEOUT, 5)`
        name = re.sub(r"^CURLOPT_", "", values[-2].text)
        yield (name if name == values[-2].text or name.endswith("_MS") else f"{name}_s", values[-1], program, scope)
        return
    name = plain_name(call.text)
    is_step = "." in call.text or "(" in call.text or call.text.startswith("stop_")
    if classify(name) is None or not is_step:
        return
    if len(values) == 2 and values[1].kind == "name" and "." in values[1].text:
        yield (name, Expression("op", "*", values[0].line, ((None, values[0]), (None, values[1]))), program, scope)
    elif values[0].text != "lambda":
        numeric = [value for value in values if value.kind in ("number", "op")]
        yield (name, numeric[-1] if numeric and len(values) > 1 else values[0], program, scope)


def _mounted(call: Expression, program: Program, scope: int) -> Iterator[Option]:
    """Yield the options of what is put on a client: ``axiosRetry(client, {retries: 3})``, ``session.mount(...)``."""
    if not RETRIER.search(call.text) and call.text.rpartition(".")[2] not in ("mount", "use", "request", "plug"):
        return
    pending = [call]
    while pending:
        for key, item in pending.pop().items:
            if key and key != ".":
                yield (key if key not in ("max", "total") else "retries", item, program, scope)
            if key != "." and (item.kind == "group" or (item.kind == "call" and OPTIONS.search(item.text))):
                pending.append(item)


def _mechanism(guard: Expression, program: Program) -> Resilience | None:
    """Return that a breaker or retrier is there, also when its numbers stand elsewhere."""
    name = guard.text if guard.text.startswith("@") else ".".join(guard.text.split(".")[-2:])[-60:]
    if BREAKER.search(name):
        return Resilience("circuit_breaker", place(program, guard.line), detail=name.lstrip("@"))
    return None
