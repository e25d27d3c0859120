"""Derived facts of a request: what a pattern can ask that is no place of the body. Computed once, when asked."""

from functools import lru_cache
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes import models
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.signs import messages as message_signs
from arc_runtime.patterns.signs import parameters as parameter_signs
from arc_runtime.patterns.signs import tools as tool_signs
from arc_runtime.patterns.signs.hosts import is_first_party

CHARS_PER_TOKEN = 4
"""Of English text with OpenAI's and Anthropic's tokenizers, about; other languages have fewer."""


class Facts(Dict[str, Any]):
    """``facts["$model.family"]``: computed when it is asked for, then kept; MISSING where there is none."""

    __slots__ = ("body", "call", "hosts")

    def __init__(self, call: Call, body: Optional[Mapping[str, Any]] = None, hosts: Tuple[str, ...] = ()) -> None:
        self.call = call
        self.hosts = hosts
        self.body: Mapping[str, Any] = call.body if body is None else body

    def __missing__(self, name: str) -> Any:
        compute = FACTS.get(name)
        if compute is not None:
            value = compute(self)
        elif name.startswith(_MODEL):
            value = models.capability(self["$model"], name[len(_MODEL) :])
        else:
            value = MISSING
        self[name] = value
        return value


_MODEL = "$model."


def check_fact(name: str, where: str) -> None:
    """Raise PatternError where there is no such fact."""
    if name in FACTS or (name.startswith(_MODEL) and name[len(_MODEL) :] in models.CAPABILITIES):
        return
    known = [*FACTS, *(_MODEL + capability for capability in sorted(models.CAPABILITIES))]
    raise PatternError(f"{where}: no such fact: {name}", hint=f"facts: {' '.join(known)}")


def _model(facts: Facts) -> Any:
    name = facts.body.get("model", MISSING)
    return name if isinstance(name, str) else MISSING


def _conversation(facts: Facts) -> Any:
    body = facts.body
    found = body.get("messages", MISSING)
    return body.get("input", MISSING) if found is MISSING else found


def _roles(facts: Facts) -> Any:
    """Return the roles of the conversation in order."""
    items = _conversation(facts)
    if not isinstance(items, (list, tuple)):
        return MISSING
    return [item.get("role") if isinstance(item, dict) else None for item in items]


def _tokens(facts: Facts) -> int:
    """Return an estimate of the tokens of the request's texts, tools included."""
    body = facts.body
    places = ("messages", "input", "system", "instructions", "prompt", "tools", "functions")
    return sum(_chars(body[place]) for place in places if place in body) // CHARS_PER_TOKEN


def _chars(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return sum(map(_chars, items))


def _prompt(facts: Facts) -> Any:
    """Return the text of the last message of the user."""
    items = _conversation(facts)
    if isinstance(items, str):
        return items
    for item in reversed(items) if isinstance(items, (list, tuple)) else ():
        if isinstance(item, dict) and item.get("role") == "user":
            content = item.get("content")
            parts = content if isinstance(content, (list, tuple)) else ()
            texts = [part.get("text") for part in parts if isinstance(part, dict)]
            return content if isinstance(content, str) else " ".join(text for text in texts if isinstance(text, str))
    return MISSING


def _request_hash(facts: Facts) -> str:
    from arc_runtime.patterns.exact import request_hash

    return request_hash(facts.body)


def _request_coarse(facts: Facts) -> str:
    from arc_runtime.patterns.exact import coarse_hash

    return coarse_hash(facts.body)


def _family(facts: Facts) -> Mapping[str, Any]:
    """Return what is known of the model where its provider's rules hold, an empty object elsewhere."""
    model = facts.body.get("model")
    if type(model) is not str or len(model) > models.MAX_NAME:
        return NOTHING
    call = facts.call
    return _rules(model, call.provider, call.host, facts.hosts)


NOTHING: Mapping[str, Any] = {}


@lru_cache(maxsize=512)
def _rules(model: str, provider: str, host: str, hosts: Tuple[str, ...]) -> Mapping[str, Any]:
    family = models.family_of(model)
    return family if family and family["vendor"] == provider and is_first_party(provider, host, hosts) else NOTHING


def _clean(facts: Facts) -> bool:
    """Return whether there is no sign of a fault anywhere; a model or a host that we do not know has none.

    Every request asks this, and most ask nothing more: so it goes past the dictionary.
    """
    facts["$family"] = family = _family(facts)
    if not family:
        return True
    found = facts["$parameters.signs"] = parameter_signs.signs(facts)
    if found:
        return False
    found = facts["$messages.signs"] = message_signs.signs(facts)
    if found:
        return False
    found = facts["$tools.signs"] = tool_signs.signs(facts)
    return not found


FACTS: Dict[str, Callable[[Facts], Any]] = {
    "$provider": lambda facts: facts.call.provider,
    "$operation": lambda facts: facts.call.operation,
    "$streamed": lambda facts: facts.call.streamed,
    "$host": lambda facts: facts.call.host or MISSING,
    "$first_party": lambda facts: is_first_party(facts.call.provider, facts.call.host, facts.hosts),
    "$family": _family,
    "$model": _model,
    "$roles": _roles,
    "$prompt": _prompt,
    "$request_hash": _request_hash,
    "$request_coarse": _request_coarse,
    "$tokens": _tokens,
    "$clean": _clean,
    "$parameters.clean": lambda facts: not facts["$parameters.signs"],
    "$parameters.signs": parameter_signs.signs,
    "$messages.clean": lambda facts: not facts["$messages.signs"],
    "$messages.signs": message_signs.signs,
    "$tools.clean": lambda facts: not facts["$tools.signs"],
    "$tools.signs": tool_signs.signs,
}
"""``{name: how it is computed}``; ``$model.<capability>`` comes from the table of models."""
