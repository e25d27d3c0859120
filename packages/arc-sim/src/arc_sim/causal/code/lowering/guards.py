"""Guards that a call names inside a function it is given: ``request.transform(it -> breaker.run(it, ...))``."""

import re

from tree_sitter import Node

from arc_sim.causal.code.program import Expression
from arc_sim.causal.code.syntax import text_of

WRAPPERS = frozenset(("transform", "transformDeferred", "transform_deferred", "compose", "pipe", "via", "lift"))
"""Steps of a chain whose function is given the whole chain before it."""
MECHANISM = re.compile(r"\b\w*(?:[cC]ircuit_?[bB]reaker|[tT]ime_?[lL]imiter|[rR]etry(?:Operator|When)?)\w*")
MAX_TEXT = 4_000
"""Characters of the function that are looked at."""


def wrapping_guard(node: Node, call: Expression) -> Expression | None:
    """Return what guards the chain before a step, None when the step guards nothing."""
    if call.text.rpartition(".")[2] not in WRAPPERS or not any(item.text == "lambda" for _, item in call.items):
        return None
    arguments = node.child_by_field_name("arguments") or node
    text = text_of(arguments)[:MAX_TEXT]
    found = MECHANISM.search(text)
    if found is None:
        return None
    return Expression("call", found.group(), arguments.start_point[0] + 1 + text.count("\n", 0, found.start()))
