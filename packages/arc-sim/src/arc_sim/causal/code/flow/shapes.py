"""What looks like an address that code puts together."""

import re

from arc_sim.causal.code.flow.texts import CONCATENATION, FORMATS
from arc_sim.causal.code.program import Expression


def builds(results: list[tuple[int, Expression]]) -> bool:
    """Tell whether a function puts an address together."""
    return any(
        (value.kind == "op" and value.text in CONCATENATION and has_address_part(value))
        or (value.kind == "string" and value.items and is_address_like(value.text))
        or (
            value.kind == "call"
            and value.text.rpartition(".")[2] in FORMATS
            and any(is_address_like(item.text) for _, item in value.items if item.kind == "string")
        )
        for _, value in results
    )


def has_address_part(value: Expression, depth: int = 0) -> bool:
    """Tell whether a concatenation has a part that looks like an address."""
    return any(
        is_address_like(item.text) if item.kind == "string" else depth < 12 and has_address_part(item, depth + 1)
        for _, item in value.items
        if item.kind in ("string", "op")
    )


def is_address_like(text: str) -> bool:
    """Tell whether a text, or one with holes, may be an address."""
    return "://" in text or re.match(r"^:(?:\d{2,5})?(?:$|/)|^[%{$][^/\s]*:[%{$\d]", text) is not None
