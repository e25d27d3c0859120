"""The node types of a language's grammar that matter, in one vocabulary: a new language is one such table."""

from dataclasses import dataclass, field

Fields = tuple[str, ...]
"""Names of fields or of child types, the first one that a node has counts."""


def types(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Grammar:
    """Node types by role. Names are those of the tree-sitter grammar."""

    calls: frozenset[str]
    strings: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    functions: frozenset[str]
    assignments: dict[str, tuple[str, str]]
    """Type -> fields (or child types) of target and value; an empty value field is the last child."""
    keyed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Keyword arguments and entries of option objects: type -> fields of name and value."""
    operators: frozenset[str] = types("binary_expression")
    choices: frozenset[str] = types("conditional_expression ternary_expression")
    handlers: frozenset[str] = types("catch_clause")
    raises: frozenset[str] = types("throw_statement")
    imports: frozenset[str] = frozenset()
    classes: frozenset[str] = types("class_declaration")
    bases: frozenset[str] = frozenset()
    """Children of a class that name what it extends and implements."""
    returns: frozenset[str] = types("return_statement")
    loops: frozenset[str] = types("for_statement while_statement do_statement")
    tries: frozenset[str] = types("try_statement")
    literals: frozenset[str] = frozenset()
    """Functions without a name of their own: they run where they are written."""
    decorators: frozenset[str] = frozenset()
    """Calls that stand on a function or class: annotations, attributes, decorators."""
    callee: Fields = ("function", "constructor", "type", "name")
    receiver: Fields = ("object",)
    """Of a call."""
    inner: Fields = ("object", "operand", "expression", "value")
    """The receiver inside a callee such as ``a.b``."""
    arguments: Fields = ("arguments", "initializer", "argument_list")
