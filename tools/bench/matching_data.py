"""The patterns and requests of the matching benchmark, the same for every run."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from arc_runtime.patterns.exact import request_hash

Entry = dict[str, Any]
Body = dict[str, Any]
REQUESTS = 20_000
FIXES = 1000
"""Distinct fixes among the patterns."""
WORDS = [
    a + b + c
    for a in ("ka", "to", "mi", "re", "su", "no", "li", "va")
    for b in ("n", "r", "st", "l", "")
    for c in ("a", "el", "on", "is", "um", "or", "ed", "in", "et", "y")
]


def text(draw: random.Random, count: int) -> str:
    """Return words of a text, the usual ones more often."""
    return " ".join(WORDS[int(len(WORDS) * draw.random() ** 2)] for _ in range(count))


def _fix(number: int) -> Body:
    return {"temperature": (number % FIXES) / FIXES, "prompt_suffix": f"Answer in {number % FIXES} words."}


def _models(size: int, draw: random.Random) -> Iterator[Body]:
    for number in range(size):
        yield {"model": f"model-{number % 1000}", "temperature": {">": draw.random() * 2}}


def _many_models(size: int, draw: random.Random) -> Iterator[Body]:
    for number in range(size):
        name = (">", ">=", "<", "<=")[number % 4]
        yield {"model": f"model-{number // 10}", "temperature": {name: draw.random() * 2}}


def _one_model(size: int, draw: random.Random) -> Iterator[Body]:
    for _ in range(size):
        low = draw.random() * 2
        yield {"model": "model-0", "temperature": {">": low, "<": low + draw.random() * 0.01}}


MIXED = [
    ("model",),
    ("model", "user"),
    ("model", "seed"),
    ("user",),
    ("seed", "user"),
    ("model", "metadata.team"),
    ("metadata.team",),
    ("metadata.team", "user"),
    ("response_format.type",),
    ("model", "response_format.type"),
    ("model", "n"),
    ("n", "user"),
    ("tool_choice",),
    ("model", "tool_choice"),
    ("model", "user", "seed"),
    ("messages[-1].role", "model"),
]
_VALUES = {
    "model": "model-{}",
    "user": "user-{}",
    "seed": None,
    "metadata.team": "team-{}",
    "n": None,
    "response_format.type": "type-{}",
    "tool_choice": "tool-{}",
    "messages[-1].role": "role-{}",
}


def _mixed(size: int, draw: random.Random) -> Iterator[Body]:
    for number in range(size):
        spec: Body = {}
        for path in MIXED[number % len(MIXED)]:
            form, drawn = _VALUES[path], draw.randrange(max(size // 20, 10))
            spec[path] = drawn if form is None else form.format(drawn)
        yield {**spec, "temperature": {">": draw.random() * 2}}


def _exact(size: int, draw: random.Random) -> Iterator[Body]:
    for number in range(size):
        yield {"$request_hash": request_hash(_prompt_body(number))}


def _boxes(size: int, draw: random.Random) -> Iterator[Body]:
    for _ in range(size):
        low, least = draw.random(), draw.random()
        yield {
            "model": "model-0",
            "temperature": {">": low, "<": low + draw.random()},
            "top_p": {">": least, "<": least + draw.random()},
        }


def _text(size: int, draw: random.Random) -> Iterator[Body]:
    for _ in range(size):
        yield {"messages[-1].content": {"contains": text(draw, draw.randrange(3, 7))}}


def _similar(size: int, draw: random.Random) -> Iterator[Body]:
    for number in range(size):
        yield {"$prompt": {"similar": prompt(number)}}


def prompt(number: int) -> str:
    """Return the prompt of this number."""
    return text(random.Random(number), 100)


def _all(size: int, draw: random.Random) -> Iterator[Body]:
    kinds: list[Iterator[Body]] = [kind(size, draw) for kind in (_models, _many_models, _one_model, _exact, _mixed)]
    few = size // 100
    yield from _text(few, draw)
    yield from _similar(few, draw)
    boxes = size // 10
    yield from _boxes(boxes, draw)
    for number in range(size - 2 * few - boxes):
        yield next(kinds[number % len(kinds)])


PATTERNS: dict[str, Callable[[int, random.Random], Iterator[Body]]] = {
    "models": _models,
    "many_models": _many_models,
    "one_model": _one_model,
    "mixed": _mixed,
    "exact": _exact,
    "boxes": _boxes,
    "expired": _models,
    "text": _text,
    "similar": _similar,
    "all": _all,
    "linear": _models,
    "updates": _models,
}


def entries(name: str, size: int) -> Iterator[Entry]:
    """Return the patterns of a distribution, as a program registers them."""
    draw = random.Random(7)
    for number, spec in enumerate(PATTERNS[name](size, draw)):
        yield {"pattern": spec, "fix": _fix(number), "id": f"p{number}"}


def _prompt_body(number: int) -> Body:
    content = f"Summarise the report {number}: {WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]}."
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], "temperature": 0.2}


def _model_body(models: int, draw: random.Random) -> Body:
    return {
        "model": f"model-{draw.randrange(models)}",
        "temperature": draw.random() * 2,
        "top_p": draw.random(),
        "messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Say hello."}],
    }


def _edited(number: int, draw: random.Random) -> str:
    words = prompt(number).split()
    for _ in range(3):
        words[draw.randrange(len(words))] = "edited"
    return " ".join(words)


def _mixed_body(size: int, draw: random.Random) -> Body:
    most = max(size // 20, 10)
    return {
        **_model_body(most, draw),
        "user": f"user-{draw.randrange(most)}",
        "seed": draw.randrange(most),
        "n": draw.randrange(most),
        "metadata": {"team": f"team-{draw.randrange(most)}"},
    }


def requests(name: str, size: int, count: int = REQUESTS) -> list[Body]:
    """Return the bodies that are asked; some match and some do not."""
    draw = random.Random(11)
    makers: dict[str, Callable[[], Body]] = {
        "exact": lambda: _prompt_body(draw.randrange(size * 5 // 4)),
        "one_model": lambda: _model_body(2, draw),
        "many_models": lambda: _model_body(size // 8, draw),
        "mixed": lambda: _mixed_body(size, draw),
        "text": lambda: {"model": "m", "messages": [{"role": "user", "content": text(draw, 3500)}]},
        "similar": lambda: {
            "model": "m",
            "messages": [{"role": "user", "content": _edited(draw.randrange(size), draw)}],
        },
        "boxes": lambda: {**_model_body(1, draw), "temperature": draw.random()},
    }
    if name == "all":
        small = {key: make for key, make in makers.items() if key not in ("text", "similar")}
        cycle = [*small.values(), lambda: _model_body(1100, draw)]
        return [cycle[number % len(cycle)]() for number in range(count)]
    make = makers.get(name, lambda: _model_body(1100, draw))
    return [make() for _ in range(count if name != "text" else count // 10)]
