"""Lowers a syntax tree to a Program."""

import re
from collections.abc import Callable

from tree_sitter import Node

from arc_sim.causal.code.grammar import GRAMMARS, Grammar
from arc_sim.causal.code.program import CallSite, Expression, Function, Handler, Program
from arc_sim.causal.code.syntax import MAX_DEPTH, parse, text_of

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
ERROR_ANSWER = re.compile(
    r"(?<![\w.])(?:4\d\d|5\d\d)(?![\w.])|INTERNAL_SERVER_ERROR|BAD_GATEWAY|SERVICE_UNAVAILABLE|GATEWAY_TIMEOUT|\babort\(|"
    r"sys\.exit|os\._exit|process\.exit|Environment\.Exit|InternalServerError|ServiceUnavailable"
)
"""What makes a handler an error answer rather than a fallback."""

_INVISIBLE = frozenset(("comment", "line_comment", "block_comment"))


def lower(content: bytes, path: str, language: str) -> Program:
    """Return the program; raises ValueError for content that is no text."""
    root = parse(content, language)
    lowering = _Lowering(GRAMMARS[language], Program(path, language))
    lowering.statement(root, _Context())
    return lowering.program


class _Context:
    """What surrounds a node."""

    __slots__ = ("attempts", "depth", "handler", "loop", "owner", "repeats", "scope")

    def __init__(self) -> None:
        self.scope = 0
        self.depth = 0
        self.handler: Handler | None = None
        self.loop: Expression | None = None
        self.attempts: Expression | None = None
        self.owner = ""
        self.repeats = False

    def inside(self, **changes: object) -> "_Context":
        other = _Context()
        for name in self.__slots__:
            setattr(other, name, changes.get(name, getattr(self, name)))
        other.depth = self.depth + 1
        return other


class _Lowering:
    def __init__(self, grammar: Grammar, program: Program) -> None:
        self._grammar = grammar
        self.program = program
        self._scopes = 0

    # --- statements

    def statement(self, node: Node, context: _Context) -> None:
        """Walk everything below a node, collecting definitions, calls, strings and reads."""
        if context.depth > MAX_DEPTH or node.type in _INVISIBLE:
            return
        special = self._special(node)
        if special is not None:
            special(node, context)
            return
        context = self._entered(node, context)
        self._bind(node, context)
        self._record(node, context)
        for child in node.children:
            if child.is_named:
                self.statement(child, context.inside())

    def _special(self, node: Node) -> "Callable[[Node, _Context], None] | None":
        """Return what handles a node together with everything below it."""
        if node.type in self._grammar.functions:
            return self._function
        if node.type in self._grammar.imports:
            return lambda node, context: self.program.imports.append(text_of(node))
        return self._try if node.type == "try_statement" else None

    def _entered(self, node: Node, context: "_Context") -> "_Context":
        """Return the context inside a class or loop."""
        if node.type in self._grammar.classes:
            return context.inside(owner=text_of(_field(node, "name") or node))
        if node.type in self._grammar.loops:
            count = self._count(node)
            return context.inside(loop=count, repeats=count is not None or "while" in node.type)
        return context

    def _bind(self, node: Node, context: "_Context") -> None:
        """Note what names are given."""
        if node.type in self._grammar.assignments:
            self._assignment(node, context)
        elif node.type in self._grammar.returns and context.owner:
            self._define(0, context.owner, [self.expression(child) for child in node.named_children])
        elif node.type in ("field_declaration", "formal_parameter", "as_pattern"):
            self._bound(node, context)

    def _record(self, node: Node, context: _Context) -> None:
        if node.type in self._grammar.calls:
            call = self.expression(node)
            if call.kind == "call":
                self.program.calls.append(
                    CallSite(call, context.scope, context.handler, context.owner, context.attempts)
                )
            if call.kind == "env":
                self.program.reads.append(call)
                self._out_parameter(node, call, context)
        elif node.type in self._grammar.strings:
            value = self.expression(node)
            self.program.strings.append(value)
            self.program.reads.extend(item for _, item in value.items if item.kind == "env")
        elif node.type in self._grammar.names:
            value = self.expression(node)
            if value.kind == "env":
                self.program.reads.append(value)

    def _function(self, node: Node, context: _Context) -> None:
        self._scopes += 1
        scope = self._scopes
        self.program.parents[scope] = context.scope
        name = _text(_field(node, "name"))
        parameters = _field(node, "parameters")
        if name:
            listed = tuple(self._parameters(parameters)) if parameters else ()
            constructor = name in ("__init__", "constructor") or node.type == "constructor_declaration"
            self.program.functions.append(Function(context.owner if constructor and context.owner else name, listed))
        inner = context.inside(
            scope=scope, handler=None, loop=None, repeats=False, attempts=None, owner=name or context.owner
        )
        if node.type in ("func_literal", "lambda", "lambda_expression", "arrow_function", "function_expression"):
            inner.handler, inner.owner = context.handler, context.owner
        for child in node.children:
            if child.is_named and child.id != (_field(node, "name") or node).id:
                self.statement(child, inner)

    def _parameters(self, node: Node) -> "list[tuple[str, Expression | None]]":
        found: list[tuple[str, Expression | None]] = []
        for child in node.named_children:
            name = _field(child, "name") or _field(child, "pattern") or _field(child, "left")
            value = _field(child, "value") or _field(child, "right")
            if name is None:
                name = next((c for c in (child, *child.named_children) if c.type == "identifier"), None)
            if name is not None and text_of(name) not in ("self", "cls"):
                found.append((text_of(name), self.expression(value) if value else None))
        return found

    def _try(self, node: Node, context: _Context) -> None:
        handlers = [child for child in node.named_children if child.type in self._grammar.handlers]
        inner = context
        if handlers or _field(node, "handler"):
            first = handlers[0] if handlers else node
            # In a loop over attempts or without end, the handler leads to the next try: a retry, not a fallback.
            is_last = context.owner.lower() == "main"
            swallows = not context.repeats and not is_last and not any(self._fails(handler) for handler in handlers)
            inner = context.inside(handler=Handler(first.start_point[0] + 1, swallows), attempts=context.loop)
        for child in node.named_children:
            in_body = (
                child.type not in self._grammar.handlers and "finally" not in child.type and child.type != "else_clause"
            )
            self.statement(child, inner.inside() if in_body else context.inside())

    def _fails(self, handler: Node) -> bool:
        """Tell whether a handler raises or answers with an error."""
        pending = [handler]
        while pending:
            node = pending.pop()
            if node.type in self._grammar.raises:
                return True
            if node.type not in self._grammar.functions:
                pending.extend(node.named_children)
        # What the handler catches names error classes, not answers.
        body = _field(handler, "body") or next((c for c in handler.named_children if "block" in c.type), handler)
        return bool(ERROR_ANSWER.search(text_of(body)))

    def _count(self, node: Node) -> Expression | None:
        """Return how often ``for x in range(n)`` or ``for (i = 0; i < n; i++)`` runs."""
        right = _field(node, "right")
        if right is not None and right.type in self._grammar.calls:
            call = self.expression(right)
            if call.text == "range" and call.items:
                values = [item for _, item in call.items]
                return (
                    values[0]
                    if len(values) == 1
                    else Expression("op", "-", values[0].line, ((None, values[1]), (None, values[0])))
                )
        condition = _field(node, "condition")
        match = condition.named_children if condition is not None and condition.type == "binary_expression" else []
        return self.expression(match[1]) if len(match) == 2 and "<" in text_of(condition or node) else None

    def _assignment(self, node: Node, context: _Context) -> None:
        target_field, value_field = self._grammar.assignments[node.type]
        target = _field(node, target_field) or (node.named_children[0] if node.named_children else None)
        value = _field(node, value_field) if value_field else None
        if value is None and not value_field and len(node.named_children) > 1:
            value = node.named_children[-1]
        if target is None or value is None or target.id == value.id:
            return
        targets = target.named_children if "list" in target.type or target.type == "tuple_pattern" else [target]
        several = "list" in value.type and len(value.named_children) == len(targets)
        values = value.named_children if several else [value] * len(targets)
        for left, right in zip(targets, values, strict=True):
            name = _name(left)
            local = re.fullmatch(r"\w+", name) is not None
            self._define(context.scope if local else 0, name, [self.expression(right)])

    def _bound(self, node: Node, context: _Context) -> None:
        """Names that get their value otherwise: ``@Value`` on a field or parameter, ``with f() as x``."""
        if node.type == "as_pattern":
            alias = _field(node, "alias")
            if alias is not None and node.named_children:
                self._define(context.scope, text_of(alias), [self.expression(node.named_children[0])])
            return
        annotation = re.search(r'@Value\(\s*"([^"]*)"', text_of(node))
        name = _field(node, "name") or _field(_field(node, "declarator") or node, "name")
        if annotation and name is not None:
            value = self._string(annotation.group(1), node.start_point[0] + 1, [])
            self._define(context.scope if node.type == "formal_parameter" else 0, text_of(name), [value])

    def _out_parameter(self, node: Node, call: Expression, context: _Context) -> None:
        """``mustMapEnv(&svc.addr, "ADDR")``: the variable's value ends in the argument."""
        arguments = _field(node, "arguments")
        for child in arguments.named_children if arguments is not None else ():
            if child.type == "unary_expression" and text_of(child).startswith("&"):
                self._define(0, _name(child)[1:].rpartition(".")[2], [call])
                self._define(0, _name(child)[1:], [call])

    def _define(self, scope: int, name: str, values: list[Expression]) -> None:
        known = self.program.definitions.setdefault((scope, name), [])
        if len(known) < 20:
            known.extend(values)

    # --- expressions

    def expression(self, node: Node, depth: int = 0) -> Expression:
        """Return the value that a node stands for."""
        grammar, line = self._grammar, node.start_point[0] + 1
        # Bodies inside an expression (callbacks) are walked as statements of their own.
        if depth > 40 or node.type in grammar.functions or "block" in node.type or "body" in node.type:
            return Expression("group", "", line)
        if node.type in grammar.calls:
            return self._call(node, depth)
        if node.type in grammar.strings:
            parts = [self.expression(child, depth + 1) for child in node.named_children if child.named_child_count]
            return self._string(_string_text(node), line, parts)
        if node.type in grammar.numbers:
            return Expression("number", text_of(node).replace("_", ""), line)
        if node.type in grammar.names:
            return self._name(node, depth)
        if node.type in grammar.operators:
            operands = [child for child in node.named_children if child.type not in _INVISIBLE]
            items = tuple((None, self.expression(operand, depth + 1)) for operand in operands)
            return Expression("op", _text(_field(node, "operator")), line, items)
        visible = [child for child in node.named_children if child.type not in _INVISIBLE]
        if len(visible) == 1 and node.type not in grammar.keyed:
            return self.expression(visible[0], depth + 1)
        return Expression("group", node.type, line, tuple(self._item(child, depth) for child in visible))

    def _item(self, node: Node, depth: int) -> tuple[str | None, Expression]:
        """Return an argument or entry with its name, if it has one."""
        fields = self._grammar.keyed.get(node.type)
        if fields is None:
            return (None, self.expression(node, depth + 1))
        name = _field(node, fields[0])
        value = _field(node, fields[1]) if fields[1] else None
        children = node.named_children
        if value is None and children:
            value = children[-1]
        if name is None and len(children) == 2 and fields[1]:
            name = children[0]
        key = text_of(name).strip("\"'` ") if name is not None and value is not None and name.id != value.id else None
        return (key, self.expression(value, depth + 1) if value is not None else Expression("group", "", 1))

    def _call(self, node: Node, depth: int) -> Expression:
        line = node.start_point[0] + 1
        callee = next(
            (f for f in map(node.child_by_field_name, ("function", "constructor", "type", "name")) if f), None
        )
        receiver = _field(node, "object")
        name = _name(callee) if callee is not None else ""
        if receiver is not None:
            name = f"{_name(receiver)}.{name}"
        if node.type == "annotation":
            name = f"@{name}"
        if callee is not None and receiver is None:
            receiver = next(
                (f for f in map(callee.child_by_field_name, ("object", "operand", "expression")) if f), None
            )
        items: list[tuple[str | None, Expression]] = []
        if receiver is not None:
            items.append((".", self.expression(receiver, depth + 1)))
        for part in (_field(node, "arguments"), _field(node, "initializer")):
            visible = (
                [child for child in part.named_children if child.type not in _INVISIBLE] if part is not None else []
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
        line, text = node.start_point[0] + 1, _name(node)
        is_net = self.program.language == "c_sharp"
        match = ENVIRONMENT_ITEM.match(text) or (CONFIGURATION_ITEM.match(text) if is_net else None)
        if match:
            return Expression("env", next(filter(None, match.groups())), line)
        inner = next(
            (f for f in map(node.child_by_field_name, ("object", "value", "operand", "expression")) if f), None
        )
        if inner is not None and inner.type in self._grammar.calls:
            return Expression("group", text, line, ((None, self.expression(inner, depth + 1)),))
        return Expression("name", text, line)

    def _string(self, text: str, line: int, parts: list[Expression]) -> Expression:
        items = [*parts]
        for name, default in PLACEHOLDER.findall(text):
            value = ((None, Expression("string", default, line)),) if default else ()
            items.append(Expression("env", name, line, value))
        return Expression("string", text, line, tuple((None, item) for item in items))


def _field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name) if name else None


def _text(node: Node | None) -> str:
    return text_of(node) if node is not None else ""


def _name(node: Node) -> str:
    """Return a name with white space removed, one kind of quotes, ``this`` as ``self``."""
    text = re.sub(r"\s+", "", text_of(node))[:300].replace("'", '"')
    return re.sub(r"^(?:this|self)\.", "self.", text)


def _string_text(node: Node) -> str:
    text = text_of(node)
    match = re.match(r"""^[$@a-zA-Z]{0,3}("{3}|'{3}|["'`])(.*)\1$""", text, re.DOTALL)
    return match.group(2) if match else text
