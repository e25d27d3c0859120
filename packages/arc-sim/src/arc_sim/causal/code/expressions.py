"""Lowers the expressions of a syntax tree: values, names, calls, reads of the environment."""

import re

from tree_sitter import Node

from arc_sim.causal.code.grammar import GRAMMARS
from arc_sim.causal.code.program import Expression
from arc_sim.causal.code.syntax import text_of

ENVIRONMENT_CALL = re.compile(
    r"(?:^|\.)(?:getenv|Getenv|LookupEnv|GetEnvironmentVariable|GetConnectionString|env_or_default|getEnv|get_env)$"
    r"|(?:^|\.)(?:os\.)?environ\.(?:get|pop|setdefault)$|(?:^|\.)(?:process\.)?env\.get$|(?:^|\.)viper\.Get\w*$"
    r"|^@Value$|(?:^|\.)[Cc]onfiguration\.Get(?:Value|Section)\w*(?:<.*>)?$|^(?:config|env)$|[Mm]ustMapEnv$"
)
"""Calls whose first string names an environment variable (or a setting that one overrides)."""
ENVIRONMENT_ITEM = re.compile(
    r"""^(?:(?:os\.)?environ\[["'](\w+)["']\]|process\.env\.(\w+)|process\.env\[["'](\w+)["']\])$"""
)
CONFIGURATION_ITEM = re.compile(r"""(?i)^(?:\w*\.)?_?config(?:uration)?\[["']([\w:]+)["']\]$""")
""".NET: an environment variable overrides the setting of the same name."""
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][\w.-]*)(?::([^{}]*))?\}")

INVISIBLE = frozenset(("comment", "line_comment", "block_comment"))


class Expressions:
    """Reads the expressions of one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._grammar = GRAMMARS[language]

    def read(self, node: Node, depth: int = 0) -> Expression:
        """Return the value that a node stands for."""
        grammar, line = self._grammar, node.start_point[0] + 1
        # Bodies inside an expression (callbacks) are walked as statements of their own.
        is_body = node.type in grammar.functions or "block" in node.type or "body" in node.type
        if depth > 40 or is_body or _is_negative(node):
            return Expression("group", "", line)
        if node.type in grammar.calls:
            return self._call(node, depth)
        if node.type in grammar.strings:
            parts = [self.read(child, depth + 1) for child in node.named_children if child.named_child_count]
            return self.string(_string_text(node), line, parts)
        if node.type in grammar.numbers:
            return Expression("number", text_of(node).replace("_", ""), line)
        if node.type in grammar.names:
            return self._name(node, depth)
        if node.type in grammar.operators:
            operands = [child for child in node.named_children if child.type not in INVISIBLE]
            items = tuple((None, self.read(operand, depth + 1)) for operand in operands)
            return Expression("op", text_or_nothing(field(node, "operator")), line, items)
        visible = [child for child in node.named_children if child.type not in INVISIBLE]
        if len(visible) == 1 and not {node.type, visible[0].type} & grammar.keyed.keys():
            return self.read(visible[0], depth + 1)
        return Expression("group", node.type, line, tuple(self._item(child, depth) for child in visible))

    def _item(self, node: Node, depth: int) -> tuple[str | None, Expression]:
        """Return an argument or entry with its name, if it has one."""
        fields = self._grammar.keyed.get(node.type)
        if fields is None:
            return (None, self.read(node, depth + 1))
        name = field(node, fields[0])
        value = field(node, fields[1]) if fields[1] else None
        children = node.named_children
        if value is None and children:
            value = children[-1]
        if name is None and len(children) == 2 and fields[1]:
            name = children[0]
        key = text_of(name).strip("\"'` ") if name is not None and value is not None and name.id != value.id else None
        return (key, self.read(value, depth + 1) if value is not None else Expression("group", "", 1))

    def _call(self, node: Node, depth: int) -> Expression:
        line = node.start_point[0] + 1
        callee = next(
            (f for f in map(node.child_by_field_name, ("function", "constructor", "type", "name")) if f), None
        )
        receiver = field(node, "object")
        name = name_of(callee) if callee is not None else ""
        if receiver is not None:
            name = f"{name_of(receiver)}.{name}"
        if node.type == "annotation":
            name = f"@{name}"
        if callee is not None and receiver is None:
            receiver = next(
                (f for f in map(callee.child_by_field_name, ("object", "operand", "expression")) if f), None
            )
        items: list[tuple[str | None, Expression]] = []
        if receiver is not None:
            items.append((".", self.read(receiver, depth + 1)))
        for part in (field(node, "arguments"), field(node, "initializer")):
            visible = (
                [child for child in part.named_children if child.type not in INVISIBLE] if part is not None else []
            )
            items.extend(self._item(child, depth) for child in visible)
        first = next((item for key, item in items if key != "." and item.kind == "string"), None)
        if ENVIRONMENT_CALL.search(name) and first is not None:
            if first.items:
                return Expression("group", "", line, first.items)
            rest = tuple((key, item) for key, item in items if key != "." and item is not first)
            return Expression("env", first.text, line, rest)
        return Expression("call", name, line, tuple(items))

    def _name(self, node: Node, depth: int) -> Expression:
        line, text = node.start_point[0] + 1, name_of(node)
        is_net = self._language == "c_sharp"
        match = ENVIRONMENT_ITEM.match(text) or (CONFIGURATION_ITEM.match(text) if is_net else None)
        if match:
            return Expression("env", next(filter(None, match.groups())), line)
        inner = next(
            (f for f in map(node.child_by_field_name, ("object", "value", "operand", "expression")) if f), None
        )
        if inner is not None and inner.type in self._grammar.calls:
            return Expression("group", text, line, ((None, self.read(inner, depth + 1)),))
        return Expression("name", text, line)

    def string(self, text: str, line: int, parts: list[Expression]) -> Expression:
        """Return a string whose ``${NAME:default}`` placeholders are reads of the environment."""
        items = [*parts]
        for name, default in PLACEHOLDER.findall(text):
            value = ((None, Expression("string", default, line)),) if default else ()
            items.append(Expression("env", name, line, value))
        return Expression("string", text, line, tuple((None, item) for item in items))


def _is_negative(node: Node) -> bool:
    """Tell whether it is ``-x``: no duration and no count, but what many libraries take for none or without end."""
    return node.child_count == 2 and node.children[0].type == "-"


def field(node: Node, name: str) -> Node | None:
    """Return the node in a field, None when there is none."""
    return node.child_by_field_name(name) if name else None


def text_or_nothing(node: Node | None) -> str:
    """Return the text of a node that may be missing."""
    return text_of(node) if node is not None else ""


def name_of(node: Node) -> str:
    """Return a name with white space removed, one kind of quotes, ``this`` as ``self``."""
    text = re.sub(r"\s+", "", text_of(node))[:300].replace("'", '"')
    return re.sub(r"^(?:this|self)\.", "self.", text)


def _string_text(node: Node) -> str:
    text = text_of(node)
    match = re.match(r"""^[$@a-zA-Z]{0,3}("{3}|'{3}|["'`])(.*)\1$""", text, re.DOTALL)
    return match.group(2) if match else text
