"""Recognises conversations of nothing but roles and texts, as most are."""

from operator import itemgetter
from typing import Any, Optional, Set

_content_of, _role_of = itemgetter("content"), itemgetter("role")
_OBJECTS, _PAIRS, _TEXTS = {dict}, {2}, {str}


def plain_roles(messages: Any) -> Optional[Set[Any]]:
    """Return the set of roles where every message has a role, a text, and nothing else; None where one has not.

    Without a loop in Python, because most conversations are of this kind, and some are long.
    """
    if set(map(type, messages)) != _OBJECTS or set(map(len, messages)) != _PAIRS:
        return None
    try:
        if set(map(type, map(_content_of, messages))) == _TEXTS:
            return set(map(_role_of, messages))
    except (KeyError, TypeError):  # neither of the two, or a role that no set can hold
        return None
    return None
