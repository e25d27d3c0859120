"""Lowers a syntax tree to a Program."""

import re
from collections.abc import Callable

from tree_sitter import Node

from arc_sim.causal.code.expressions import INVISIBLE, Expressions, field, name_of, text_or_nothing
from arc_sim.causal.code.grammar import GRAMMARS, Grammar
from arc_sim.causal.code.program import CallSite, Expression, Function, Handler, Program
from arc_sim.causal.code.syntax import MAX_DEPTH, parse, text_of

ERROR_ANSWER = re.compile(
    r"(?<![\w.])(?:4\d\d|5\d\d)(?![\w.])|INTERNAL_SERVER_ERROR|BAD_GATEWAY|SERVICE_UNAVAILABLE|GATEWAY_TIMEOUT|\babort\(|"
    r"sys\.exit|os\._exit|process\.exit|Environment\.Exit|InternalServerError|ServiceUnavailable"
)
"""What makes a handler an error answer rather than a fallback."""


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
        self._expressions = Expressions(program.language)
        self._scopes = 0

    def statement(self, node: Node, context: _Context) -> None:
        """Walk everything below a node, collecting definitions, calls, strings and reads."""
        if context.depth > MAX_DEPTH or node.type in INVISIBLE:
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
            return context.inside(owner=text_of(field(node, "name") or node))
        if node.type in self._grammar.loops:
            count = self._count(node)
            return context.inside(loop=count, repeats=count is not None or "while" in node.type)
        return context

    def _bind(self, node: Node, context: "_Context") -> None:
        """Note what names are given."""
        if node.type in self._grammar.assignments:
            self._assignment(node, context)
        elif node.type in self._grammar.returns and context.owner:
            self._define(0, context.owner, [self._expressions.read(child) for child in node.named_children])
        elif node.type in ("field_declaration", "formal_parameter", "as_pattern"):
            self._bound(node, context)

    def _record(self, node: Node, context: _Context) -> None:
        if node.type in self._grammar.calls:
            call = self._expressions.read(node)
            if call.kind == "call":
                self.program.calls.append(
                    CallSite(call, context.scope, context.handler, context.owner, context.attempts)
                )
            if call.kind == "env":
                self.program.reads.append(call)
                self._out_parameter(node, call, context)
        elif node.type in self._grammar.strings:
            value = self._expressions.read(node)
            self.program.strings.append(value)
            self.program.reads.extend(item for _, item in value.items if item.kind == "env")
        elif node.type in self._grammar.names:
            value = self._expressions.read(node)
            if value.kind == "env":
                self.program.reads.append(value)

    def _function(self, node: Node, context: _Context) -> None:
        self._scopes += 1
        scope = self._scopes
        self.program.parents[scope] = context.scope
        name = text_or_nothing(field(node, "name"))
        parameters = field(node, "parameters")
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
            if child.is_named and child.id != (field(node, "name") or node).id:
                self.statement(child, inner)

    def _parameters(self, node: Node) -> "list[tuple[str, Expression | None]]":
        found: list[tuple[str, Expression | None]] = []
        for child in node.named_children:
            name = field(child, "name") or field(child, "pattern") or field(child, "left")
            value = field(child, "value") or field(child, "right")
            if name is None:
                name = next((c for c in (child, *child.named_children) if c.type == "identifier"), None)
            if name is not None and text_of(name) not in ("self", "cls"):
                found.append((text_of(name), self._expressions.read(value) if value else None))
        return found

    def _try(self, node: Node, context: _Context) -> None:
        handlers = [child for child in node.named_children if child.type in self._grammar.handlers]
        inner = context
        if handlers or field(node, "handler"):
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
        body = field(handler, "body") or next((c for c in handler.named_children if "block" in c.type), handler)
        return bool(ERROR_ANSWER.search(text_of(body)))

    def _count(self, node: Node) -> Expression | None:
        """Return how often ``for x in range(n)`` or ``for (i = 0; i < n; i++)`` runs."""
        right = field(node, "right")
        if right is not None and right.type in self._grammar.calls:
            call = self._expressions.read(right)
            if call.text == "range" and call.items:
                values = [item for _, item in call.items]
                return (
                    values[0]
                    if len(values) == 1
                    else Expression("op", "-", values[0].line, ((None, values[1]), (None, values[0])))
                )
        condition = field(node, "condition")
        match = condition.named_children if condition is not None and condition.type == "binary_expression" else []
        return self._expressions.read(match[1]) if len(match) == 2 and "<" in text_of(condition or node) else None

    def _assignment(self, node: Node, context: _Context) -> None:
        target_field, value_field = self._grammar.assignments[node.type]
        target = field(node, target_field) or (node.named_children[0] if node.named_children else None)
        value = field(node, value_field) if value_field else None
        if value is None and not value_field and len(node.named_children) > 1:
            value = node.named_children[-1]
        if target is None or value is None or target.id == value.id:
            return
        if target.type == "object_pattern" and name_of(value) == "process.env":
            self._from_environment(target, context)
            return
        targets = target.named_children if "list" in target.type or target.type == "tuple_pattern" else [target]
        several = "list" in value.type and len(value.named_children) == len(targets)
        values = value.named_children if several else [value] * len(targets)
        for left, right in zip(targets, values, strict=True):
            name = name_of(left)
            local = re.fullmatch(r"\w+", name) is not None
            self._define(context.scope if local else 0, name, [self._expressions.read(right)])

    def _from_environment(self, pattern: Node, context: _Context) -> None:
        """``const { ORDERS_URL = "http://orders", PORT: port } = process.env``."""
        for child in pattern.named_children:
            variable = field(child, "left") or field(child, "key") or child
            local = field(child, "value") or variable
            default = field(child, "right")
            items = ((None, self._expressions.read(default)),) if default is not None else ()
            read = Expression("env", text_of(variable), child.start_point[0] + 1, items)
            self.program.reads.append(read)
            self._define(context.scope, text_of(local), [read])

    def _bound(self, node: Node, context: _Context) -> None:
        """Names that get their value otherwise: ``@Value`` on a field or parameter, ``with f() as x``."""
        if node.type == "as_pattern":
            alias = field(node, "alias")
            if alias is not None and node.named_children:
                self._define(context.scope, text_of(alias), [self._expressions.read(node.named_children[0])])
            return
        annotation = re.search(r'@Value\(\s*"([^"]*)"', text_of(node))
        name = field(node, "name") or field(field(node, "declarator") or node, "name")
        if annotation and name is not None:
            value = self._expressions.string(annotation.group(1), node.start_point[0] + 1, [])
            self._define(context.scope if node.type == "formal_parameter" else 0, text_of(name), [value])

    def _out_parameter(self, node: Node, call: Expression, context: _Context) -> None:
        """``mustMapEnv(&svc.addr, "ADDR")``: the variable's value ends in the argument."""
        arguments = field(node, "arguments")
        for child in arguments.named_children if arguments is not None else ():
            if child.type == "unary_expression" and text_of(child).startswith("&"):
                self._define(0, name_of(child)[1:].rpartition(".")[2], [call])
                self._define(0, name_of(child)[1:], [call])

    def _define(self, scope: int, name: str, values: list[Expression]) -> None:
        known = self.program.definitions.setdefault((scope, name), [])
        if len(known) < 20:
            known.extend(values)
