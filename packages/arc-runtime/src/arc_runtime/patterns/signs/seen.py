"""Remembers which parameters were looked at, so that a program that sends the same ones again pays once.

What is remembered is exact: the names in their order, the type of each value, and every value that the checks read.
Values that no check reads (the conversation, a user's name) count by their type alone: `UNREAD` says which.
"""

import marshal
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.fixes.contract import Operation

UNREAD = frozenset(
    (
        *("messages", "input", "system", "instructions", "prompt", "user", "seed", "tools", "functions"),
        *("safety_identifier", "prompt_cache_key", "previous_response_id"),
    )
)
"""Parameters whose value no check reads, but for its type, its documented length, and whether it is EMPTY."""
EMPTY = frozenset(("tools", "functions", "previous_response_id"))
"""Those of them of which the checks read whether they are empty."""
READS_ALL = frozenset(("thinking",))
"""Parameters with which the checks read the conversation too: such requests are looked at each time."""
MAX_FORMS = 256
MAX_VALUES = 256
MAX_CONTAINER_BYTES = 1_024
"""Of the objects and lists among the values that the checks read; with larger ones a request is looked at each time."""
MAX_TEXT_CHARS = 256
"""Of the texts among them, likewise."""
_SCALARS = frozenset((str, int, float, bool, type(None)))
_CONTAINERS = frozenset((dict, list, tuple))

Signs = Tuple[str, ...]
Key = Tuple[str, Any, Tuple[str, ...], Tuple[type, ...]]


class Form(NamedTuple):
    """The names and types of a body's parameters, and what was found for the values seen with them."""

    read: Tuple[str, ...]
    """Scalars that the checks read."""
    packed: Tuple[str, ...]
    """Objects and lists that the checks read."""
    emptiness: Tuple[str, ...]
    """What the checks read no more of than whether it is empty."""
    limits: Tuple[Tuple[str, int], ...]
    """Texts, and the longest that is accepted or remembered."""
    found: Dict[Any, Signs]

    def values(self, body: Mapping[str, Any]) -> Any:
        """Return what the checks read of a body of this form, or None where that is too much to remember."""
        for name, longest in self.limits:
            if len(body[name]) > longest:
                return None
        values: List[Any] = [body[name] for name in self.read]
        for name in self.emptiness:
            values.append(not body[name])
        if self.packed:
            try:
                # version 2: the same bytes for the same content, whoever holds the strings
                packed = marshal.dumps([body[name] for name in self.packed], 2)
            except ValueError:  # something that is no JSON, a model of pydantic say
                return None
            if len(packed) > MAX_CONTAINER_BYTES:
                return None
            values.append(packed)
        return tuple(values)


_forms: Dict[Key, Optional[Form]] = {}


def remembered(operation: str, documented: Operation, body: Mapping[str, Any], look: Callable[[], Signs]) -> Signs:
    """Return the signs in the parameters of a body; ``look`` finds them where they are not remembered.

    The signs may depend on nothing but the operation, the model and what the body says.
    """
    key = (operation, body.get("model"), tuple(body), tuple(map(type, body.values())))
    try:
        form = _forms[key]
    except KeyError:
        form = _form(documented, body)
        if len(_forms) >= MAX_FORMS:
            _forms.clear()
        _forms[key] = form
    values = None if form is None else form.values(body)
    if form is None or values is None:
        return look()
    signs = form.found.get(values)
    if signs is None:
        signs = look()
        if len(form.found) >= MAX_VALUES:
            form.found.clear()
        form.found[values] = signs
    return signs


def _form(documented: Operation, body: Mapping[str, Any]) -> Optional[Form]:
    read: List[str] = []
    packed: List[str] = []
    emptiness: List[str] = []
    limits: List[Tuple[str, int]] = []
    for name, value in body.items():
        kind = type(value)
        if type(name) is not str or name in READS_ALL or kind not in _SCALARS | _CONTAINERS:
            return None
        if name not in UNREAD:
            (read if kind in _SCALARS else packed).append(name)
            if kind is str:
                limits.append((name, MAX_TEXT_CHARS))
            continue
        if name in EMPTY:
            emptiness.append(name)
        parameter = documented.parameters.get(name)
        if parameter is None or kind not in parameter.types or name in documented.plain:
            continue
        if kind is str and parameter.values is None and parameter.max_length is not None:
            limits.append((name, parameter.max_length))
        else:
            read.append(name)
    return Form(tuple(read), tuple(packed), tuple(emptiness), tuple(limits), {})
