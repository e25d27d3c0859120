"""Syntax trees of the languages that are read. The grammars are wheels: nothing is fetched or built at run time."""

from functools import cache
from importlib import import_module
from typing import Any

from tree_sitter import Language, Node, Parser, Tree

GRAMMARS = {
    "python": "tree_sitter_python:language",
    "go": "tree_sitter_go:language",
    "java": "tree_sitter_java:language",
    "javascript": "tree_sitter_javascript:language",
    "typescript": "tree_sitter_typescript:language_typescript",
    "tsx": "tree_sitter_typescript:language_tsx",
    "c_sharp": "tree_sitter_c_sharp:language",
    "kotlin": "tree_sitter_kotlin:language",
    "ruby": "tree_sitter_ruby:language",
    "php": "tree_sitter_php:language_php",
    "rust": "tree_sitter_rust:language",
    "cpp": "tree_sitter_cpp:language",
    "elixir": "tree_sitter_elixir:language",
}
"""Language -> where its grammar is, imported on use."""

MAX_DEPTH = 150
"""Deeper nodes are left out, so that no file can exhaust the stack. Code written by people stays below 100."""


@cache
def language_object(name: str) -> Language:
    """Return the grammar of a language, loaded once; raises KeyError for an unknown one."""
    module, _, attribute = GRAMMARS[name].partition(":")
    return Language(getattr(import_module(module), attribute)())


def parse(content: bytes, language: str) -> Node:
    """Return the root of the syntax tree; broken code gives a tree with error nodes.

    Raises ValueError for content that is no text.
    """
    return parse_tree(content, language).root_node


def parse_tree(content: bytes, language: str) -> Tree:
    """Return the syntax tree, whose nodes live as long as it; raises ValueError for content that is no text."""
    if b"\0" in content[:8192]:
        raise ValueError("not text, though it is named like code")
    return _parser(language).parse(content)


@cache
def _parser(language: str) -> Parser:
    return Parser(language_object(language))


def text_of(node: Node) -> str:
    """Return the source text of a node."""
    text = node.text
    return text.decode("utf-8", "replace") if text else ""


def same_program(before: bytes, after: bytes, language: str) -> bool:
    """Tell whether two versions differ in white space and comments only: equal trees with equal leaves.

    Code that does not parse counts as different.
    """
    try:
        first, second = parse(before, language), parse(after, language)
    except ValueError:
        return False
    return not first.has_error and not second.has_error and _shape(first) == _shape(second)


def _shape(root: Node) -> list[Any]:
    shape: list[Any] = []
    pending: list[Node | None] = [root]
    while pending:
        node = pending.pop()
        if node is None:
            shape.append(")")
        elif "comment" in node.type:
            continue
        elif node.child_count == 0:
            text = node.text or b""
            if text.strip():
                shape.append((node.type, text))
        else:
            shape.append(node.type)
            pending.append(None)
            pending.extend(reversed(node.children))
    return shape
