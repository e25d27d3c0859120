"""How often a prompt is found again after an edit, and how often a prompt that only resembles it is taken for it.

The prompts are ordinary sentences drawn from a grammar; the edits are rules, so that anyone can repeat them.
"""

import random
from collections.abc import Callable
from typing import Any

from arc_runtime.model import Call
from arc_runtime.patterns.pattern import PatternSpec, compile_pattern
from arc_runtime.patterns.store import PatternStore

LENGTHS = (30, 100, 400)
ASKED = 400


def _choices(text: str) -> list[str]:
    return [choice for line in text.split("\n") for choice in line.split("|") if choice]


SUBJECTS = _choices("""
the customer|our support team|a new employee|the finance department|the shipping partner
this contract|the second supplier|my manager|the quarterly report|each region|the returned order
an external auditor|the mobile app|the invoice|the training course|the warehouse|every subscriber
the legal office|the marketing plan|the night shift
""")
VERBS = _choices("""
asks about|describes|complains about|summarises|has not received|wants to change|must approve
compares|explains|cannot open|plans to replace|recommends|forgot to mention|keeps a copy of|delays
has already paid for
""")
OBJECTS = _choices("""
the delivery date|a damaged parcel|the yearly budget|the privacy policy|an unpaid bill|the expenses
the new interface|a discount for students|the security audit|a list of open questions
the opening hours|the refund|two missing pages|the meeting in Lisbon|the old password
a signed agreement|the exchange rate|the maintenance window
""")
ENDS = _choices("""
before the end of the month|without any further notice|because the deadline has moved
and expects an answer|in a short and friendly tone|with all names removed|as discussed in March
for the third time this year|in plain words|although nobody agreed|on behalf of the board
until the system is back|after the public holiday
""")


def sentence(draw: random.Random) -> str:
    """Return one sentence."""
    parts = [draw.choice(choices) for choices in (SUBJECTS, VERBS, OBJECTS, ENDS)]
    return " ".join(parts).capitalize() + f" (case {draw.randrange(10_000)})."


def prompt(draw: random.Random, words: int) -> str:
    """Return a prompt of about so many words."""
    sentences: list[str] = []
    while sum(len(one.split()) for one in sentences) < words:
        sentences.append(sentence(draw))
    return " ".join(" ".join(sentences).split()[:words])


def typos(text: str, draw: random.Random) -> str:
    """Swap two letters in one word of thirty."""
    words = text.split()
    for _ in range(max(1, len(words) // 30)):
        place = draw.randrange(len(words))
        word = words[place]
        words[place] = word[1::-1] + word[2:] if len(word) > 2 else word + word
    return " ".join(words)


def numbers_changed(text: str, draw: random.Random) -> str:
    """Give every number another value."""
    return " ".join(f"{draw.randrange(10_000)})." if word[0].isdigit() else word for word in text.split())


def appended(text: str, draw: random.Random) -> str:
    """Add one sentence."""
    return f"{text} {sentence(draw)}"


def swapped(text: str, draw: random.Random) -> str:
    """Exchange the two halves."""
    words = text.split()
    return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])


def rewritten(text: str, draw: random.Random) -> str:
    """Replace two words in five: another request in similar words."""
    words, others = text.split(), prompt(draw, len(text.split())).split()
    return " ".join(other if draw.random() < 0.4 else word for word, other in zip(words, others, strict=False))


def unrelated(text: str, draw: random.Random) -> str:
    """Return another prompt of the same grammar and length."""
    return prompt(draw, len(text.split()))


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "typos": typos,
    "numbers changed": numbers_changed,
    "sentence added": appended,
    "halves swapped": swapped,
    "40 % rewritten": rewritten,
    "unrelated": unrelated,
}


def recall(name: str, size: int, folder: str) -> dict[str, Any]:
    """Return, per length, the share of changed prompts for which their original was found (any, for the last two)."""
    found: dict[str, Any] = {}
    for words in LENGTHS:
        draw = random.Random(words)
        prompts = [prompt(draw, words) for _ in range(size)]
        store = PatternStore(lambda index: None, processes=False, background=False)
        specs = (
            PatternSpec({"$prompt": {"similar": text}}, {"temperature": 0.1}, str(number))
            for number, text in enumerate(prompts)
        )
        store.register([compile_pattern(spec) for spec in specs])
        store.compact(everything=True)
        found[str(words)] = {
            change: sum(_is_found(store, make(prompts[number], draw), number, change) for number in range(ASKED))
            / ASKED
            for change, make in CHANGES.items()
        }
    return found


def _is_found(store: PatternStore, text: str, number: int, change: str) -> bool:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    matched = store.index.match(Call("", "openai", "chat.completions", body, False, "", 0.0))
    return bool(matched) and (change in ("40 % rewritten", "unrelated") or matched[0].pattern_id == str(number))
