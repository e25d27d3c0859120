"""Lowers the expressions of a syntax tree: values, names, calls, reads of the environment."""

import re
from collections.abc import Callable
from functools import cache

from tree_sitter import Node, Tree

from arc_sim.causal.code.lowering.environment import default_of, is_environment_call, item_variable, with_default
from arc_sim.causal.code.lowering.grammars import grammar_of
from arc_sim.causal.code.lowering.grammars.base import Fields
from arc_sim.causal.code.lowering.roles import value_roles
from arc_sim.causal.code.program import Expression
from arc_sim.causal.code.syntax import language_object, parse_tree, text_of

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][\w.-]*)(?::([^{}]*))?\}")
KOTLIN_NAME = re.compile(r"\$\{?([A-Za-z_][\w.]*)\}?")
INLINE_NAME = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)\}(?!\})")
MEMBER = re.compile(r"\?\.|->|::|!!?\.")
"""How languages write a member, besides the dot."""
MARKED = re.compile(r"[?>:!]")
OWN = re.compile(r"^(?:\$?this\.|@@?(?=\w))")
PLAIN = re.compile(r"(?!.*(?:env|ENV|_SERVER))[\w.]+")
"""A name with nothing but members in it; in most languages a call has brackets."""
QUOTED = re.compile(r"""^[$@a-zA-Z]{0,3}#*("{3}|'{3}|["'`])(.*)\1#*$""", re.DOTALL)
CHOICE = "choice"
"""Text of a group whose items are values of which one is taken."""
ALTERNATIVES = frozenset(("||", "??", "or", "?:", "//"))
"""Operators whose right side stands in for a missing left one."""
REPARSED = frozenset(("format", "format_args", "write", "panic", "select", "join", "try_join", "vec", "json", "assert"))
"""Rust macros whose arguments are expressions."""

MAX_DEPTH = 40
MAX_OPTIONS = 16
MAX_MACROS = 500
"""Macros of one file that are looked into."""


class Expressions:
    """Reads the expressions of one file; every node once."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._grammar = grammar_of(language)
        self._roles = value_roles(language)
        self._skipped = frozenset(kind for kind, role in self._roles.items() if role == "skip")
        self._readers: dict[str, Callable[[Node, int], Expression]] = {
            role: getattr(self, f"_read_{role}") for role in {*self._roles.values()} if role not in ("body", "skip")
        }
        self._memo: dict[int, Expression] = {}
        self._macros: dict[int, Node] = {}
        self._trees: list[Tree] = []

    def read(self, node: Node, depth: int = 0) -> Expression:
        """Return the value that a node stands for."""
        found = self._memo.get(node.id)
        if found is None:
            found = self._memo[node.id] = self._read(node, depth)
        return found

    def _read(self, node: Node, depth: int) -> Expression:
        line = node.start_point[0] + 1
        role = self._roles.get(node.kind_id)
        if role is not None and depth <= MAX_DEPTH and (reader := self._readers.get(role)):
            return reader(node, depth)
        if role is not None or depth > MAX_DEPTH:
            return Expression("group", "", line)
        if node.child_count == 2 and node.children[0].type == "-":
            # ``-x``: no duration and no count, but what many libraries take for none or without end.
            return Expression("group", "", line)
        if self._language == "elixir" and node.type == "unary_operator":
            return Expression("name", name_of(node), line)
        visible = self.visible(node)
        if len(visible) == 1 and node.type not in self._grammar.keyed and visible[0].type not in self._grammar.keyed:
            return self.read(visible[0], depth + 1)
        return Expression("group", node.type, line, tuple(self._item(child, depth) for child in visible))

    def visible(self, node: Node) -> list[Node]:
        """Return the named children without comments."""
        skipped = self._skipped
        return [child for child in node.named_children if child.kind_id not in skipped]

    def _read_number(self, node: Node, depth: int) -> Expression:
        return Expression("number", text_of(node).replace("_", ""), node.start_point[0] + 1)

    def _read_string(self, node: Node, depth: int) -> Expression:
        text = _string_text(node)
        parts = [self.read(child, depth + 1) for child in node.named_children if child.named_child_count]
        line = node.start_point[0] + 1
        names = KOTLIN_NAME if self._language == "kotlin" else INLINE_NAME if self._language == "rust" else None
        if names is not None:
            parts += [Expression("name", name, line) for name in names.findall(text)]
        return self.string(text, line, parts)

    def _read_op(self, node: Node, depth: int) -> Expression:
        line = node.start_point[0] + 1
        operands = [self.read(operand, depth + 1) for operand in self.visible(node)]
        operator = node.child_by_field_name("operator") or next((c for c in node.children if not c.is_named), None)
        text = text_of(operator) if operator is not None else ""
        if text == "|>" and len(operands) == 2 and operands[1].kind == "call":
            call = operands[1]
            return Expression("call", call.text, line, ((".", operands[0]), (None, operands[0]), *call.items))
        if text in ALTERNATIVES and len(operands) == 2:
            filled = with_default(operands[0], default_of(operands[1]))
            if filled is not None:
                return filled
        return Expression("op", text, line, tuple((None, operand) for operand in operands))

    def _read_choice(self, node: Node, depth: int) -> Expression:
        """Read ``a ? b : c``: a variable that is compared first, with the other value as its default."""
        parts = [self.read(child, depth + 1) for child in self.visible(node)]
        strings = [part for part in parts if part.kind in ("string", "number") and part.text]
        for part in reversed(parts):
            filled = with_default(part, strings[0]) if strings else None
            if filled is not None:
                return filled
        # What decides is no value that the whole may have.
        if node.child_by_field_name("condition") is not None:
            parts = parts[1:]
        elif self._language == "python":
            parts = parts[::2]
        return Expression("group", CHOICE, node.start_point[0] + 1, tuple((None, part) for part in parts))

    def _read_function(self, node: Node, depth: int) -> Expression:
        """Return what a function written in place gives or sets: ``c => c.Timeout = x``, ``|_| "a".into()``."""
        line = node.start_point[0] + 1
        if node.type not in self._grammar.literals:
            return Expression("group", "", line)
        body = node.child_by_field_name("body") or (node.named_children[-1] if node.named_children else None)
        if body is None:
            return Expression("group", "lambda", line)
        is_block = self._roles.get(body.kind_id) == "body" or node.type in ("lambda_literal", "anonymous_function")
        if not is_block:
            item = self._item(body, depth)
            return Expression("group", "lambda", line, (item,))
        items = []
        for statement in (node if node.type == "lambda_literal" else body).named_children[:MAX_OPTIONS]:
            inner = statement.named_children[0] if statement.type == "expression_statement" else statement
            if inner.type in self._grammar.assignments and inner.type in self._grammar.keyed:
                key, value = self._item(inner, depth)
                items.append((key.rpartition(".")[2] if key else None, value))
            elif self._roles.get(inner.kind_id) == "call" and depth < 8:
                items.append((None, self.read(inner, depth + 1)))
        return Expression("group", "lambda", line, tuple(items))

    def _item(self, node: Node, depth: int) -> tuple[str | None, Expression]:
        """Return an argument or entry with its name, if it has one."""
        fields = self._grammar.keyed.get(node.type)
        if node.type.startswith("shorthand_"):
            return (name_of(node), self.read(node, depth + 1))
        if fields is None:
            return (None, self.read(node, depth + 1))
        name = node.child_by_field_name(fields[0]) if fields[0] else None
        value = node.child_by_field_name(fields[1]) if fields[1] else None
        children = self.visible(node)
        if value is None and children:
            value = children[-1]
        if name is None and len(children) == 2:
            name = children[0]
        is_named = name is not None and value is not None and name.id != value.id
        key = name_of(name).strip("\"'`: ") if is_named and name is not None else None
        return (key, self.read(value, depth + 1) if value is not None else Expression("group", "", 1))

    def _read_call(self, node: Node, depth: int) -> Expression:
        if node.type == "macro_invocation":
            node = self.macro(node)
        line = node.start_point[0] + 1
        callee = self.part(node, self._grammar.callee) or (node.named_children[0] if node.named_children else None)
        if callee is not None and self._language == "kotlin" and callee.type in self._grammar.calls:
            return self._with_lambda(self.read(callee, depth + 1), node, depth)
        receiver = self.part(node, self._grammar.receiver)
        name, receiver = self._named(callee, receiver)
        if node.type in self._grammar.decorators or _is_annotation(node):
            name = f"@{name}"
        items: list[tuple[str | None, Expression]] = []
        if receiver is not None:
            items.append((".", self.read(receiver, depth + 1)))
        for argument in self._arguments(node):
            items.append(self._item(argument, depth))
        return self._call(Expression("call", name, line, tuple(items)))

    def _named(self, callee: Node | None, receiver: Node | None) -> tuple[str, Node | None]:
        """Return what is called, and on what."""
        name = name_of(callee) if callee is not None else ""
        if receiver is not None and (callee is None or receiver.id != callee.id):
            return f"{name_of(receiver)}.{name}", receiver
        return name, (self.part(callee, self._grammar.inner) or _first(callee)) if callee is not None else receiver

    def _with_lambda(self, call: Expression, node: Node, depth: int) -> Expression:
        """Return ``get(url) { ... }`` as one call: the lambda is one more argument."""
        more = tuple(self._item(argument, depth) for argument in self._arguments(node))
        return Expression("call", call.text, node.start_point[0] + 1, (*call.items, *more))

    def _call(self, call: Expression) -> Expression:
        if is_environment_call(call.text):
            strings = [(key, item) for key, item in call.items if key != "." and item.kind == "string"]
            first = next((i for k, i in strings if k in ("name", "key")), strings[0][1] if strings else None)
            if first is not None:
                if first.items:
                    return Expression("group", "", call.line, first.items)
                rest = tuple((k, i) for k, i in call.items if k != "." and i is not first and i.kind != "name")
                return Expression("env", first.text, call.line, rest)
        if call.text.endswith(("Application.get_env", "Application.fetch_env!", "Application.compile_env")):
            atoms = [item.text for key, item in call.items if key is None]
            if len(atoms) > 1:
                return Expression("name", atoms[1].lstrip(":"), call.line)
        return default_of(call, replace=True) or call

    def _arguments(self, node: Node) -> list[Node]:
        found: list[Node] = []
        for wanted in self._grammar.arguments:
            holder = node.child_by_field_name(wanted)
            holders = [holder] if holder is not None else [c for c in node.named_children if c.type == wanted]
            for each in holders:
                found += self.visible(each) if self._roles.get(each.kind_id) != "function" else [each]
        return list({argument.id: argument for argument in found}.values())

    def macro(self, node: Node) -> Node:
        """Return a Rust macro as a call: what stands in its brackets is only tokens to the grammar."""
        found = self._macros.get(node.id)
        if found is None:
            found = self._macros[node.id] = self._parsed(node)
        return found

    def _parsed(self, node: Node) -> Node:
        name = text_of(node.child_by_field_name("macro") or node)
        tokens = next((child for child in node.named_children if child.type == "token_tree"), None)
        if tokens is None or name.rpartition("::")[2] not in REPARSED or len(self._trees) > MAX_MACROS:
            return node
        inner = text_of(tokens)[1:-1].encode()
        tree = parse_tree(b"\n" * node.start_point[0] + b"fn f(){" + name.encode() + b"(" + inner + b")}", "rust")
        self._trees.append(tree)
        pending = [tree.root_node]
        while pending:
            current = pending.pop()
            if current.type == "call_expression":
                return current
            pending.extend(current.named_children)
        return node

    def _read_name(self, node: Node, depth: int) -> Expression:
        line, text = node.start_point[0] + 1, name_of(node)
        if is_plain(text, self._language):
            return Expression("name", text, line)
        if "[" in text or "." in text or ":" in text:
            variable = item_variable(text, self._language)
            if variable:
                return Expression("env", variable, line)
            inner = self.part(node, self._grammar.inner) or _first(node)
            if inner is not None and self._roles.get(inner.kind_id) in ("call", "string"):
                return Expression("group", text, line, ((None, self.read(inner, depth + 1)),))
        return Expression("name", text, line)

    def part(self, node: Node, fields: Fields) -> Node | None:
        """Return the first of these fields or child types that a node has."""
        numbers, kinds = _numbers(self._language, fields)
        for number in numbers:
            found = node.child_by_field_id(number)
            if found is not None:
                return found
        for wanted in kinds:
            for child in node.named_children:
                if child.kind_id in wanted:
                    return child
        return None

    def string(self, text: str, line: int, parts: list[Expression]) -> Expression:
        """Return a string whose ``${NAME:default}`` placeholders are reads of the environment."""
        items = [*parts]
        known = {item.text for item in parts}
        for name, default in PLACEHOLDER.findall(text) if "${" in text else ():
            if name not in known:
                value = ((None, Expression("string", default, line)),) if default else ()
                items.append(Expression("env", name, line, value))
        return Expression("string", text, line, tuple((None, item) for item in items))


@cache
def _numbers(language: str, fields: Fields) -> tuple[tuple[int, ...], tuple[frozenset[int], ...]]:
    """Return the numbers of those fields, and of those node types, that a grammar has."""
    known = language_object(language)
    types = [known.node_kind_for_id(kind) for kind in range(known.node_kind_count)]
    kinds = (frozenset(kind for kind, name in enumerate(types) if name == wanted) for wanted in fields)
    numbers = (known.field_id_for_name(name) for name in fields)
    return tuple(number for number in numbers if number), tuple(found for found in kinds if found)


def name_of(node: Node) -> str:
    """Return a name with one kind of quotes, ``this`` as ``self``, and a dot for every way to name a member."""
    raw = (node.text or b"")[:600].decode("utf-8", "replace")
    if raw.isidentifier():
        return raw
    text = "".join(raw.split())[:300].replace("'", '"')
    if MARKED.search(text):
        text = MEMBER.sub(".", text)
    if text[:1] in "$@t&*":
        text = OWN.sub("self.", text.lstrip("&*")).lstrip("$&*")
    return text


def is_plain(text: str, language: str) -> bool:
    """Tell whether a name is made of words and dots alone: nothing is called in it, and no environment read."""
    return PLAIN.fullmatch(text) is not None and language not in ("elixir", "ruby") and len(text) < 250


def _first(node: Node) -> Node | None:
    """Return the receiver inside a callee that has no fields."""
    if node.named_child_count < 2 or node.type not in ("navigation_expression", "conditional_access_expression"):
        return None
    return node.named_children[0]


def _is_annotation(node: Node) -> bool:
    return node.type == "constructor_invocation" and node.parent is not None and node.parent.type == "annotation"


def _string_text(node: Node) -> str:
    text = text_of(node)
    match = QUOTED.match(text)
    return match.group(2) if match else text
