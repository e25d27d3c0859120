"""Which role each node kind of a grammar plays: looked up by number, once for each node."""

from functools import cache
from typing import Final

from arc_sim.causal.code.lowering.grammars import grammar_of
from arc_sim.causal.code.syntax import language_object

SKIPPED: Final = frozenset(("comment", "line_comment", "block_comment", "multiline_comment"))
"""Node types that say nothing."""

BOUND: Final = frozenset(
    (
        "field_declaration",
        "formal_parameter",
        "class_parameter",
        "as_pattern",
        "decorated_definition",
        "attribute_item",
        "mod_item",
    )
)
"""Node types of several languages that give names their value in another way than an assignment."""


@cache
def statement_roles(language: str) -> dict[int, str]:
    """Return ``{kind of node: role}`` for walking statements; kinds without one are only walked through."""
    grammar = grammar_of(language)
    ranked = (
        ("skip", SKIPPED),
        ("function", grammar.functions),
        ("import", grammar.imports),
        ("class", grammar.classes),
        ("attempt", grammar.tries),
        ("loop", grammar.loops),
        ("assignment", frozenset(grammar.assignments)),
        ("call", grammar.calls),
        ("string", grammar.strings),
        ("name", grammar.names - {"identifier", "name", "constant", "alias", "field_identifier", "self"}),
        ("result", grammar.returns),
        ("operator", grammar.operators | grammar.choices),
        ("bound", BOUND),
    )
    return _by_kind(language, ranked)


@cache
def value_roles(language: str) -> dict[int, str]:
    """Return ``{kind of node: role}`` for reading values."""
    grammar = grammar_of(language)
    ranked = (
        ("skip", SKIPPED),
        ("call", grammar.calls),
        ("string", grammar.strings),
        ("number", grammar.numbers),
        ("name", grammar.names),
        ("function", grammar.functions),
        ("op", grammar.operators),
        ("choice", grammar.choices),
    )
    found = _by_kind(language, ranked)
    known = language_object(language)
    for kind in range(known.node_kind_count):
        name = known.node_kind_for_id(kind) or ""
        if kind not in found and ("block" in name or "body" in name or "statement" in name):
            # Bodies inside an expression (callbacks) are walked as statements of their own.
            found[kind] = "body" if "expression_statement" not in name else "value"
    return {kind: role for kind, role in found.items() if role != "value"}


def _by_kind(language: str, ranked: "tuple[tuple[str, frozenset[str]], ...]") -> dict[int, str]:
    known = language_object(language)
    roles: dict[str, str] = {}
    for role, names in ranked:
        for name in names:
            roles.setdefault(name, role)
    kinds = ((kind, known.node_kind_for_id(kind) or "") for kind in range(known.node_kind_count))
    return {kind: roles[name] for kind, name in kinds if name in roles}
