"""Lowers a syntax tree to a Program."""

import re

from tree_sitter import Node

from arc_sim.causal.code.lowering import elixir
from arc_sim.causal.code.lowering.bindings import Bindings
from arc_sim.causal.code.lowering.context import GUARD, Context
from arc_sim.causal.code.lowering.environment import is_environment_call
from arc_sim.causal.code.lowering.expressions import Expressions, is_plain, name_of
from arc_sim.causal.code.lowering.grammars import grammar_of
from arc_sim.causal.code.lowering.guards import wrapping_guard
from arc_sim.causal.code.lowering.roles import statement_roles
from arc_sim.causal.code.program import CallSite, Class, Expression, Function, Handler, Program
from arc_sim.causal.code.syntax import MAX_DEPTH, parse_tree, text_of

ERROR_ANSWER = re.compile(
    r"(?<![\w.])(?:4\d\d|5\d\d)(?![\w.])|INTERNAL_SERVER_ERROR|BAD_GATEWAY|SERVICE_UNAVAILABLE|GATEWAY_TIMEOUT|\babort\(|"
    r"sys\.exit|os\._exit|process\.exit|Environment\.Exit|InternalServerError|ServiceUnavailable|\braise\b|reraise|\bexit\(|"
    r"\bnext\(|\breject\("
)
"""What makes a handler an error answer rather than a fallback."""
SETTINGS_CLASS = re.compile(r"BaseSettings")
"""pydantic: every attribute is read from the variable of its name."""
ENDLESS = re.compile(r"(?i)^(?:true|1|\(true\)|\(1\)|\(;;\))$")
ANNOTATIONS = frozenset(("modifiers", "attribute_list"))
"""Nodes that hold the annotations of what they stand on."""
PAUSE = re.compile(r"(?i)\bsleep\b|Task\.Delay|setTimeout|time\.After\b|Thread\.yield|sleep_for|usleep|backoff")


def lower(content: bytes, path: str, language: str) -> Program:
    """Return the program; raises ValueError for content that is no text."""
    tree = parse_tree(content, language)
    lowering = Lowering(Program(path, language))
    lowering.walk(tree.root_node, Context(), 0)
    return lowering.program


class Lowering:
    """Walks one file once; what a kind of node means is looked up by number."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.grammar = grammar_of(program.language)
        self.expressions = Expressions(program.language)
        self._bindings = Bindings(program, self.expressions, self.grammar)
        self._scopes = 0
        is_elixir = program.language == "elixir"
        actions = {
            "skip": lambda node, context, depth: None,
            "function": self.function,
            "import": self._import,
            "class": self._class,
            "attempt": self.attempt,
            "loop": self._loop,
            "assignment": self._assignment,
            "call": self._elixir if is_elixir else self.call,
            "string": self._string,
            "name": self._name,
            "result": self._result,
            "operator": self._operator,
            "bound": self._bound,
        }
        self._actions = {kind: actions[role] for kind, role in statement_roles(program.language).items()}

    def walk(self, node: Node, context: Context, depth: int) -> None:
        """Collect definitions, calls, strings and reads of everything at and below a node."""
        if depth > MAX_DEPTH:
            return
        action = self._actions.get(node.kind_id)
        if action is not None:
            action(node, context, depth)
        else:
            self.walk_children(node, context, depth)

    def walk_children(self, node: Node, context: Context, depth: int) -> None:
        """Walk what stands below a node."""
        depth += 1
        if depth > MAX_DEPTH:
            return
        actions = self._actions
        for child in node.named_children:
            action = actions.get(child.kind_id)
            if action is not None:
                action(child, context, depth)
            elif child.named_child_count:
                self.walk_children(child, context, depth)

    def call(self, node: Node, context: Context, depth: int) -> None:
        """Note a call, and walk into it; functions given to a guard run under it."""
        call = self.expressions.read(node)
        inner = context
        if call.kind == "call":
            runs = any(item.text == "lambda" for _, item in call.items)
            guard = wrapping_guard(node, call)
            context = context.inside(guards=(*context.guards, guard)) if guard is not None else context
            if runs and GUARD.search(call.text.rpartition(".")[2] if "(" in call.text else call.text):
                inner = inner.inside(guards=(*context.guards, call))
            self.program.calls.append(_site(call, context))
            if context.parameters and is_environment_call(call.text):
                self._lookup(call, context)
            if call.text.rpartition(".")[2] in ("require", "require_relative", "require_once"):
                self.program.imports.append(text_of(node)[:300])
            self._composite(call, context)
        elif call.kind == "env":
            self.program.reads.append(call)
            self._bindings.out_parameter(node, call)
        elif call.kind == "name" and node.type != "identifier":
            self.program.strings.append(call)
        self.walk_children(self.expressions.macro(node) if node.type == "macro_invocation" else node, inner, depth)

    def _lookup(self, call: Expression, context: Context) -> None:
        """Note that the function around reads the variable that its parameter names."""
        for key, item in call.items:
            if key != "." and item.kind == "name" and item.text in context.parameters and context.owner:
                self.program.lookups.setdefault(context.owner, context.parameters.index(item.text))

    def _string(self, node: Node, context: Context, depth: int) -> None:
        value = self.expressions.read(node)
        if value.kind != "string" or _is_documentation(node):
            return
        self.program.strings.append(value)
        self.program.reads.extend(item for _, item in value.items if item.kind == "env")
        if value.items:
            self.program.composites.append((context.scope, value))
            self.walk_children(node, context, depth)

    def _name(self, node: Node, context: Context, depth: int) -> None:
        value = self.expressions.read(node)
        if value.kind == "env":
            self.program.reads.append(value)
        elif node.child_count and not is_plain(value.text, self.program.language):
            self.walk_children(node, context, depth)

    def _operator(self, node: Node, context: Context, depth: int) -> None:
        value = self.expressions.read(node)
        if self.program.language == "elixir" and value.text == "=":
            self._bindings.elixir_match(node, context)
        elif value.text in ("+", "<>", "%", ".", "..", "&"):
            self.program.composites.append((context.scope, value))
        elif value.kind == "env":
            # The variable with its default stands for the variable without one below.
            self.program.reads.append(value)
        self.walk_children(node, context, depth)

    def _composite(self, call: Expression, context: Context) -> None:
        last = call.text.rpartition(".")[2]
        if last in (
            "format",
            "Sprintf",
            "sprintf",
            "format!",
            "Format",
            "join",
            "Join",
            "formatted",
            "concat",
            "JoinHostPort",
        ):
            self.program.composites.append((context.scope, call))
        elif call.items and call.items[-1][1].kind == "env":
            self.program.reads.append(call.items[-1][1])

    def _import(self, node: Node, context: Context, depth: int) -> None:
        self.program.imports.append(text_of(node)[:1000])

    def _class(self, node: Node, context: Context, depth: int) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("type")
        holders = [child for child in node.named_children if child.type in self.grammar.bases]
        bases = [text_of(base) for holder in holders for base in holder.named_children]
        trait = node.child_by_field_name("trait")
        bases += [text_of(trait)] if trait is not None else []
        own = text_of(name)[:120] if name is not None else ""
        if own:
            short = tuple(re.sub(r"\s+", "", base)[:300] for base in bases)
            self.program.classes.append(Class(own, short, node.start_point[0] + 1))
        guards = (*context.guards, *self._decorators(node))
        settings = any(SETTINGS_CLASS.search(base) for base in bases)
        self.walk_children(node, context.inside(owner=own or context.owner, guards=guards, settings=settings), depth)

    def function(self, node: Node, context: Context, depth: int, name: str = "") -> None:
        """Walk a function in a scope of its own."""
        self._scopes += 1
        scope = self._scopes
        self.program.parents[scope] = context.scope
        name = name or self._bindings.function_name(node)
        listed = tuple(self._bindings.parameters(node))
        if name:
            constructor = name in ("__init__", "constructor", "initialize", "__construct", "new")
            is_class = (constructor or "constructor" in node.type) and context.owner
            own = context.owner if is_class else name
            self.program.functions.append(Function(own, listed))
            self.program.owners[scope] = own
        guards = (*context.guards, *self._decorators(node))
        if node.type in self.grammar.literals:
            inner = context.inside(scope=scope, loop=None, repeats=False, attempts=None, guards=guards)
        else:
            inner = Context(scope, owner=name or context.owner, guards=guards, parameters=tuple(n for n, _ in listed))
        self._bindings.implicit_result(node, inner)
        start = (node.child_by_field_name("name") or node).start_byte
        for child in node.named_children:
            if child.start_byte >= start or child.type in ANNOTATIONS:
                self.walk(child, inner, depth + 1)

    def _decorators(self, node: Node) -> tuple[Expression, ...]:
        """Return the annotations that stand on a function or class and guard it; note all their calls."""
        found: list[Expression] = []
        for child in node.named_children:
            if child.type in ANNOTATIONS or child.type in self.grammar.decorators:
                pending = [child]
                while pending:
                    current = pending.pop()
                    if current.type in self.grammar.decorators:
                        found.append(self._decorator(current))
                    else:
                        pending.extend(current.named_children[:20])
        return tuple(value for value in found if GUARD.search(value.text[-80:]))

    def _note_decorators(self, node: Node, context: Context) -> None:
        """Note the decorators of a function as calls with the function's name."""
        definition = node.child_by_field_name("definition")
        name = definition.child_by_field_name("name") if definition is not None else None
        for child in node.named_children if name is not None else ():
            if child.type in self.grammar.decorators:
                call = self._decorator(child)
                given = ("function", Expression("string", text_of(name) if name is not None else "", call.line))
                text = "@" + call.text.lstrip("@")
                self.program.calls.append(_site(Expression("call", text, call.line, (*call.items, given)), context))

    def _decorator(self, node: Node) -> Expression:
        value = self.expressions.read(node)
        if value.kind != "call":
            text = value.text if value.kind == "name" else name_of(node).lstrip("@")
            value = Expression("call", "@" + text[:100], node.start_point[0] + 1)
        return value

    def _bound(self, node: Node, context: Context, depth: int) -> None:
        """Names that get their value otherwise; functions under decorators; the tests in a Rust file."""
        if node.type == "mod_item" and text_of(node.child_by_field_name("name") or node) in ("tests", "test"):
            return
        if node.type == "decorated_definition":
            context = context.inside(guards=(*context.guards, *self._decorators(node)))
            self._note_decorators(node, context)
        else:
            self._bindings.bound(node, context)
        self.walk_children(node, context, depth)

    def _loop(self, node: Node, context: Context, depth: int) -> None:
        count = self._bindings.count(node)
        condition = node.child_by_field_name("condition") or node.child_by_field_name("right")
        text = text_of(condition) if condition is not None else ""
        without = condition is None and node.type in ("for_statement", "loop_expression") and self._has_no_range(node)
        endless = (without or ENDLESS.match(text)) and PAUSE.search(text_of(node)[:20_000])
        repeats = count is not None or "while" in node.type or without
        line = node.start_point[0] + 1 if endless else None
        # Where the language has exceptions, only a handler inside the loop makes it one that tries again.
        has_exceptions = self.program.language not in ("go", "rust")
        forever = context.forever if has_exceptions or line is None else line
        inner = context.inside(loop=count, repeats=repeats, endless=line or context.endless, forever=forever)
        self.walk_children(node, inner, depth)

    def _has_no_range(self, node: Node) -> bool:
        kinds = {child.type for child in node.named_children}
        return not kinds & {"range_clause", "for_clause"} and len(kinds - {"comment"}) == 1

    def attempt(self, node: Node, context: Context, depth: int) -> None:
        """Walk a ``try`` with its handlers."""
        handlers = [child for child in node.named_children if child.type in self.grammar.handlers]
        inner = context
        if handlers:
            # In a loop over attempts or without end, the handler leads to the next try: a retry, not a fallback.
            is_last = context.owner.lower() == "main"
            swallows = not context.repeats and not is_last and not any(self._fails(handler) for handler in handlers)
            handler = Handler(handlers[0].start_point[0] + 1, swallows)
            inner = context.inside(
                handler=handler, attempts=context.loop, endless=None, forever=context.endless or context.forever
            )
        for child in node.named_children:
            in_body = (
                child.type not in self.grammar.handlers and "finally" not in child.type and child.type != "else_clause"
            )
            self.walk(child, inner if in_body else context, depth + 1)

    def _fails(self, handler: Node) -> bool:
        """Tell whether a handler raises or answers with an error."""
        pending = [handler]
        while pending:
            node = pending.pop()
            if node.type in self.grammar.raises:
                return True
            if node.type not in self.grammar.functions:
                pending.extend(node.named_children)
        # What the handler catches names error classes, not answers.
        body = handler.child_by_field_name("body") or next(
            (child for child in handler.named_children if "block" in child.type), handler
        )
        return bool(ERROR_ANSWER.search(text_of(body)))

    def _assignment(self, node: Node, context: Context, depth: int) -> None:
        self._bindings.assignment(node, context)
        self.walk_children(node, context, depth)

    def _result(self, node: Node, context: Context, depth: int) -> None:
        for child in node.named_children:
            self._bindings.result(context, self.expressions.read(child))
        self.walk_children(node, context, depth)

    def _elixir(self, node: Node, context: Context, depth: int) -> None:
        if not elixir.walk_definition(self, node, context, depth):
            self.call(node, context, depth)


def _is_documentation(node: Node) -> bool:
    """Tell whether a string stands alone, as Python's docstrings do."""
    parent = node.parent
    return parent is not None and parent.type == "expression_statement" and parent.child_count == 1


def _site(call: Expression, context: Context) -> CallSite:
    return CallSite(
        call, context.scope, context.handler, context.owner, context.attempts, context.forever, context.guards
    )
