"""Elixir. Definitions, modules and try are calls there: see role in lower.py."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call"),
    strings=types("string"),
    numbers=types("integer float"),
    names=types("identifier alias dot atom"),
    operators=types("binary_operator"),
    choices=frozenset(),
    functions=types("anonymous_function"),
    literals=types("anonymous_function"),
    assignments={},
    keyed={"pair": ("key", "value")},
    handlers=types("rescue_block catch_block"),
    raises=frozenset(),
    classes=frozenset(),
    returns=frozenset(),
    loops=frozenset(),
    tries=frozenset(),
    callee=("target",),
    receiver=(),
    inner=("left",),
)
