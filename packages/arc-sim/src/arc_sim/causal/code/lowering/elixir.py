"""Elixir: modules, functions, attributes and ``try`` are all calls to its grammar."""

from typing import TYPE_CHECKING

from tree_sitter import Node

from arc_sim.causal.code.lowering.context import Context
from arc_sim.causal.code.program import Class, Handler
from arc_sim.causal.code.syntax import text_of

if TYPE_CHECKING:
    from arc_sim.causal.code.lower import Lowering

FUNCTIONS = frozenset(("def", "defp", "defmacro", "defmacrop"))
MODULES = frozenset(("defmodule", "defimpl", "defprotocol"))
IMPORTS = frozenset(("use", "import", "alias", "require"))


def walk_definition(lowering: "Lowering", node: Node, context: Context, depth: int) -> bool:
    """Walk a call that defines something; return False when it is a plain call."""
    target = node.child_by_field_name("target")
    word = text_of(target) if target is not None and target.type == "identifier" else ""
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    if word in MODULES and arguments is not None:
        name = text_of(arguments.named_children[0]) if arguments.named_children else ""
        lowering.program.classes.append(Class(name, (), node.start_point[0] + 1))
        lowering.walk_children(node, context.inside(owner=name), depth)
    elif word in FUNCTIONS and arguments is not None and arguments.named_children:
        head = arguments.named_children[0]
        named = head.child_by_field_name("target")
        lowering.function(node, context, depth, text_of(named if named is not None else head))
    elif word == "try":
        _attempt(lowering, node, context, depth)
    elif word in IMPORTS:
        lowering.program.imports.append(text_of(node)[:300])
        return False
    elif word == "config":
        _settings(lowering, node)
        return False
    elif node.parent is not None and node.parent.type == "unary_operator" and arguments is not None:
        _attribute(lowering, word, arguments)
        return False
    else:
        return False
    return True


def _attribute(lowering: "Lowering", word: str, arguments: Node) -> None:
    """``@url value``."""
    values = [lowering.expressions.read(child) for child in arguments.named_children]
    lowering.program.definitions.setdefault((0, f"self.{word}"), []).extend(values[:1])


def _settings(lowering: "Lowering", node: Node) -> None:
    """``config :app, key: value``: what Application.get_env gives."""
    call = lowering.expressions.read(node)
    pending = [item for key, item in call.items if key is None and item.kind == "group"]
    while pending:
        for key, value in pending.pop().items:
            if key:
                lowering.program.definitions.setdefault((0, key), []).append(value)


def _attempt(lowering: "Lowering", node: Node, context: Context, depth: int) -> None:
    block = next((child for child in node.named_children if child.type == "do_block"), node)
    handlers = [child for child in block.named_children if child.type in lowering.grammar.handlers]
    inner = context
    if handlers:
        swallows = not any(word in text_of(handler) for handler in handlers for word in ("raise", "exit(", "throw"))
        inner = context.inside(handler=Handler(handlers[0].start_point[0] + 1, swallows))
    for child in block.named_children:
        lowering.walk(child, context if child in handlers else inner, depth + 1)
