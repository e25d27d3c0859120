"""What a changed .NET Aspire host says of whom: by the statements that build each resource."""

import re

from tree_sitter import Node

from arc_sim.causal.changes.shape import behaviour
from arc_sim.causal.changes.sides import Change, Named
from arc_sim.causal.code.syntax import parse, text_of

BUILDER = re.compile(rb"DistributedApplication|IDistributedApplicationBuilder|IResourceBuilder<")
ADDED = re.compile(r"\.\s*Add\w+\s*(?:<[^<>()]*(?:<[^<>]*>)?[^<>()]*>)?\s*\(\s*\"([^\"]+)\"")
VARIABLE = re.compile(r"^\s*(?:var|[\w.<>?]+)\s+(\w+)\s*=")
RECEIVER = re.compile(r"^\s*(\w+)\s*\.")
STATEMENTS = frozenset(("global_statement", "expression_statement", "local_declaration_statement"))


def changed_by_host(change: Change) -> Named | None:
    """Return the resources whose statements differ; None when the file is no part of an Aspire host."""
    before, after = change.before(), change.after()
    if not change.path.endswith(".cs") or not any(c and BUILDER.search(c) for c in (before, after)):
        return None
    old, new = _statements(before or b""), _statements(after or b"")
    found: Named = {}
    for side, own, other in ((change.base, old, new), (change.head, new, old)):
        for shape, names in own.items():
            for name in names if shape not in other else ():
                service = side.graph.service(name)
                if service is not None:
                    found[service.name] = "its statement in the application host differs"
    return found


def _statements(content: bytes) -> dict[tuple[tuple[str, bytes], ...], set[str]]:
    """Return ``{statement without layout: names of the resources that it builds}``."""
    try:
        root = parse(content, "c_sharp")
    except ValueError:
        return {}
    variables: dict[str, set[str]] = {}
    found: dict[tuple[tuple[str, bytes], ...], set[str]] = {}
    for node in _innermost(root):
        text = text_of(node)
        names = set(ADDED.findall(text))
        variable, receiver = VARIABLE.match(text), RECEIVER.match(text)
        if variable is not None:
            variables[variable.group(1)] = names
        elif receiver is not None and not names:
            names = variables.get(receiver.group(1), set())
        found.setdefault(tuple(behaviour(node, "c_sharp")), set()).update(names)
    return found


def _innermost(root: Node) -> list[Node]:
    """Return the statements that hold no other statement."""
    found: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        inner = [child for child in node.named_children if _holds(child)]
        if node.type in STATEMENTS and not inner:
            found.append(node)
        else:
            pending.extend(reversed(node.named_children))
    return found


def _holds(node: Node) -> bool:
    """Tell whether a statement stands directly below: a block, or the statement inside a top-level one."""
    return node.type in STATEMENTS or node.type in ("block", "if_statement", "for_statement", "foreach_statement")
