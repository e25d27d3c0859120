"""Whether two versions of a program behave the same: equal syntax trees, layout, comments and docstrings aside."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from tree_sitter import Node

from arc_sim.causal.code.syntax import parse

LAYOUT = frozenset(("preproc_region", "preproc_endregion", "heredoc_end_comment"))
CLOSING = frozenset((")", "]", "}", ">"))
SEMICOLONS = frozenset(("javascript", "typescript", "tsx", "kotlin", "scala", "go"))
"""Languages in which a semicolon at the end of a statement says nothing."""
QUOTES = frozenset(("python", "javascript", "typescript", "tsx"))
"""Languages in which the kind of quotes says nothing."""
DOCUMENTED = frozenset(("module", "block", "class_body"))
RUST_TEST = re.compile(rb"#\[\s*(?:cfg\s*\(\s*test\s*\)|(?:\w+\s*::\s*)*(?:test|rstest)\b)")
ELIXIR_DOC = re.compile(rb"^@(?:moduledoc|doc|typedoc|shortdoc)\b")


def same_program(before: bytes, after: bytes, language: str) -> bool:
    """Tell whether two versions differ in white space, comments and docstrings only.

    Code that does not parse counts as different.
    """
    try:
        first, second = parse(before, language), parse(after, language)
    except (ValueError, KeyError):
        return False
    if first.has_error or second.has_error:
        return False
    end = ("end", b"")
    return all(x == y for x, y in zip_longest(behaviour(first, language), behaviour(second, language), fillvalue=end))


def behaviour(root: Node, language: str) -> Iterator[tuple[str, bytes]]:
    """Yield the nodes and leaves of a tree in order, without what says nothing about behaviour."""
    pending: list[Node | None] = [root]
    while pending:
        node = pending.pop()
        if node is None:
            yield (")", b"")
            continue
        if node.child_count == 0:
            text = _leaf(node, language)
            if text:
                yield (node.type if node.is_named else "", text)
            continue
        yield (node.type, b"")
        pending.append(None)
        pending.extend(reversed(_children(node, language)))


def _children(node: Node, language: str) -> list[Node]:
    kept = [c for c in node.children if not ("comment" in c.type or c.type in LAYOUT)]
    if language == "python" and node.type in DOCUMENTED:
        kept = _without_docstring(kept, node)
    elif language == "rust":
        kept = _without_tests(kept)
    elif language == "elixir":
        kept = [c for c in kept if not (c.type == "unary_operator" and ELIXIR_DOC.match(c.text or b""))]
    return [c for i, c in enumerate(kept) if not _is_layout(c, kept[i + 1 :], kept[:i], language)]


def _without_tests(children: list[Node]) -> list[Node]:
    """Leave out of a Rust program what is compiled for tests only: the item after ``#[cfg(test)]`` or ``#[test]``."""
    kept: list[Node] = []
    attributes: list[Node] = []
    for child in children:
        if child.type == "attribute_item":
            attributes.append(child)
            continue
        if not any(RUST_TEST.match(attribute.text or b"") for attribute in attributes):
            kept += [*attributes, child]
        attributes = []
    return kept + attributes


def _is_layout(child: Node, after: list[Node], before: list[Node], language: str) -> bool:
    """Tell whether a token may stand or be missing: a comma before the closing bracket, a semicolon at the end."""
    if child.is_named:
        return False
    if child.type == "," and after and after[0].type in CLOSING:
        return bool(before) and before[-1].type not in (",", "[") and not _makes_tuple(child)
    return child.type == ";" and language in SEMICOLONS and not (child.parent and "for" in child.parent.type)


def _makes_tuple(comma: Node) -> bool:
    parent = comma.parent
    return parent is not None and parent.type.startswith("tuple") and parent.named_child_count == 1


def _without_docstring(children: list[Node], parent: Node) -> list[Node]:
    """Leave the docstring of a module, class or function out; code that reads ``__doc__`` is not known here."""
    owner = parent.parent.type if parent.parent is not None else ""
    if not children or (parent.type == "block" and owner not in ("function_definition", "class_definition")):
        return children
    first = children[0]
    inner = first.named_children[0] if first.type == "expression_statement" and first.named_child_count == 1 else first
    if inner.type != "string" or (inner.text or b"")[:1].lower() == b"f":
        return children
    return children[1:]


def _leaf(node: Node, language: str) -> bytes:
    text = node.text or b""
    if node.type == "jsx_text":
        return b" ".join(text.split())
    if language in QUOTES and node.type in ("string_start", "string_end", "'", '"'):
        return text.replace(b"'", b'"')
    return text.strip()
