"""What gives names their values: assignments, parameters, results, attributes of settings classes, struct tags."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from arc_sim.causal.code.lowering.context import Context
from arc_sim.causal.code.lowering.expressions import Expressions, name_of
from arc_sim.causal.code.lowering.grammars.base import Grammar
from arc_sim.causal.code.program import Expression, Program
from arc_sim.causal.code.syntax import text_of

MAX_VALUES = 20
"""Values kept for one name."""

WORD = re.compile(r"\w+")
TAG = re.compile(r'(?:env|envconfig|mapstructure):"([A-Za-z]\w*)')
TAG_DEFAULT = re.compile(r'(?:default|env-default|envDefault):"([^"]*)"')
ATTRIBUTE_ENV = re.compile(r'\benv\s*=\s*"(\w+)"|\benvconfig\(\s*from\s*=\s*"(\w+)"')
ATTRIBUTE_DEFAULT = re.compile(r'\bdefault_value(?:_t)?\s*=\s*"([^"]*)"')
IMPLICIT = frozenset(("ruby", "rust", "kotlin", "elixir", "c_sharp", "javascript", "typescript", "tsx"))
"""Languages in which the last expression of a function is, or can be, its result."""


class Bindings:
    """Writes the definitions of one program."""

    def __init__(self, program: Program, expressions: Expressions, grammar: Grammar) -> None:
        self._program, self._expressions, self._grammar = program, expressions, grammar
        self._part = expressions.part

    def define(self, scope: int, name: str, values: list[Expression], home: int = 0) -> None:
        """Add values to a name; ``home`` is the scope in which they stand when the name is an attribute."""
        known = self._program.definitions.setdefault((scope, name), [])
        if len(known) < MAX_VALUES:
            if scope == 0 and home:
                homes = self._program.homes.setdefault(name, [])
                homes.extend([0] * (len(known) - len(homes)) + [home] * len(values))
            known.extend(values)

    def assignment(self, node: Node, context: Context) -> None:
        """Note what an assignment gives."""
        target_field, value_field = self._grammar.assignments[node.type]
        target = self._part(node, (target_field,)) or (node.named_children[0] if node.named_children else None)
        value = node.child_by_field_name(value_field) if value_field else None
        if value is None and not value_field and len(node.named_children) > 1:
            value = node.named_children[-1]
        if target is not None and context.settings and node.type == "assignment":
            self._from_settings(target, value, context)
        if target is None or value is None or target.id == value.id:
            return
        if target.type == "object_pattern" and name_of(value) == "process.env":
            self._from_environment(target, context)
            return
        self._give(target, value, node, context)

    def _give(self, target: Node, value: Node, node: Node, context: Context) -> None:
        targets = target.named_children if "list" in target.type or target.type == "tuple_pattern" else [target]
        several = "list" in value.type and value.type != "list" and len(value.named_children) == len(targets)
        values = value.named_children if several else [value] * len(targets)
        for left, right in zip(targets, values, strict=True):
            name = name_of(_declared(left))
            made = self._expressions.read(right)
            if right.type == "argument_list" and node.parent is not None:
                made = self._constructed(node.parent, made)
            local = WORD.fullmatch(name) is not None
            self.define(context.scope if local else 0, name, [made], context.scope)

    def _constructed(self, declaration: Node, arguments: Expression) -> Expression:
        """``Client client("orders", 9090);`` calls the constructor of the declared type."""
        kind = declaration.child_by_field_name("type")
        items = arguments.items if arguments.kind == "group" else ((None, arguments),)
        return Expression("call", name_of(kind) if kind is not None else "", arguments.line, items)

    def _from_settings(self, target: Node, value: Node | None, context: Context) -> None:
        name = text_of(target)
        if re.fullmatch(r"[A-Za-z]\w*", name) and context.scope == 0:
            default = self._expressions.read(value) if value is not None else None
            items = ((None, default),) if default is not None else ()
            read = Expression("env", name.upper(), target.start_point[0] + 1, items)
            self._program.reads.append(read)
            self.define(0, name, [read])

    def _from_environment(self, pattern: Node, context: Context) -> None:
        """``const { ORDERS_URL = "http://orders", PORT: port } = process.env``."""
        for child in pattern.named_children:
            variable = child.child_by_field_name("left") or child.child_by_field_name("key") or child
            local = child.child_by_field_name("value") or variable
            default = child.child_by_field_name("right")
            items = ((None, self._expressions.read(default)),) if default is not None else ()
            read = Expression("env", text_of(variable), child.start_point[0] + 1, items)
            self._program.reads.append(read)
            self.define(context.scope, text_of(local), [read])

    def elixir_match(self, node: Node, context: Context) -> None:
        """``url = value``."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and left.type == "identifier":
            self.define(context.scope, text_of(left), [self._expressions.read(right)])

    def result(self, context: Context, value: Expression) -> None:
        """Note what the function around gives back."""
        if context.owner and value.text != "lambda":
            self.define(0, context.owner, [value], context.scope)
            results = self._program.returns.setdefault(context.owner, [])
            if len(results) < MAX_VALUES:
                results.append((context.scope, value))

    def implicit_result(self, node: Node, context: Context) -> None:
        """Note the value of the last expression where the language makes it the result."""
        if self._program.language not in IMPLICIT or node.type in self._grammar.literals:
            return
        body = node.child_by_field_name("body") or self._part(node, ("function_body", "arrow_expression_clause"))
        while body is not None and body.type in (
            "function_body",
            "arrow_expression_clause",
            "then",
            "expression_statement",
        ):
            body = body.named_children[-1] if body.named_children else None
        if body is None:
            return
        is_block = "block" in body.type or "body" in body.type
        last = body.named_children[-1] if is_block and body.named_children else body
        plain = self._program.language in ("ruby", "rust", "elixir") or not is_block
        if plain and not last.type.endswith(("statement", "declaration")):
            self.result(context, self._expressions.read(last))

    def parameters(self, node: Node) -> Iterator[tuple[str, Expression | None]]:
        """Yield the parameters of a function with their defaults."""
        holder = self._part(node, ("parameters", "function_value_parameters", "lambda_parameters"))
        declarator = node.child_by_field_name("declarator")
        while holder is None and declarator is not None:
            # C++: the pointers and references of the result stand around the name.
            holder = declarator.child_by_field_name("parameters")
            declarator = declarator.child_by_field_name("declarator")
        for child in holder.named_children if holder is not None else ():
            name = self._part(child, ("name", "pattern", "left", "declarator"))
            value = child.child_by_field_name("value") or self._part(child, ("right", "default_value"))
            if name is None:
                name = next((c for c in (child, *child.named_children) if c.type == "identifier"), None)
            names = [name] if name is not None else []
            if child.type == "parameter_declaration":
                # Go: `target *string, a, b string`.
                names += [
                    c for c in child.named_children if c.type == "identifier" and name is not None and c.id != name.id
                ]
            for each in names:
                text = name_of(_declared(each)).lstrip("$")
                if text not in ("self", "cls"):
                    yield (text, self._expressions.read(value) if value is not None else None)

    def function_name(self, node: Node) -> str:
        """Return the name of a function, empty when it has none."""
        name = node.child_by_field_name("name")
        if name is None and node.child_by_field_name("declarator") is not None:
            name = _declared(node)
            return name_of(name).rpartition(".")[2] if name.id != node.id else ""
        if name is None and node.parent is not None and node.type in ("arrow_function", "function_expression"):
            holder = node.parent.child_by_field_name("name") if node.parent.type == "variable_declarator" else None
            return text_of(holder) if holder is not None else ""
        return text_of(name) if name is not None else ""

    def count(self, node: Node) -> Expression | None:
        """Return how often ``for x in range(n)`` or ``for (i = 0; i < n; i++)`` runs."""
        right = node.child_by_field_name("right")
        if right is not None and right.type in self._grammar.calls:
            call = self._expressions.read(right)
            if call.text == "range" and call.items:
                values = [item for _, item in call.items]
                return values[0] if len(values) == 1 else _span(values[0], values[1])
        ends = self._part(node, ("range_expression", "infix_expression", "range"))
        if ends is not None and len(ends.named_children) > 1:
            return _span(
                self._expressions.read(ends.named_children[0]), self._expressions.read(ends.named_children[-1])
            )
        clause = self._part(node, ("for_clause",)) or node
        condition = clause.child_by_field_name("condition")
        match = condition.named_children if condition is not None and condition.type == "binary_expression" else []
        return self._expressions.read(match[1]) if len(match) == 2 and "<" in text_of(condition or node) else None

    def bound(self, node: Node, context: Context) -> None:
        """Names that get their value otherwise: ``@Value`` on a field, ``with f() as x``, struct tags."""
        if node.type == "as_pattern":
            alias = node.child_by_field_name("alias")
            if alias is not None and node.named_children:
                self.define(context.scope, text_of(alias), [self._expressions.read(node.named_children[0])])
            return
        text = text_of(node) if node.end_byte - node.start_byte < 4000 else ""
        if '"' not in text:
            return
        declarator = node.child_by_field_name("declarator") or node
        name = self._part(node, ("name", "identifier")) or self._part(declarator, ("name",))
        annotation = re.search(r'@(?:field:|param:)?Value\(\s*"([^"]*)"', text)
        if annotation and name is not None:
            given = annotation.group(1).replace("\\$", "$")
            value = self._expressions.string(given, node.start_point[0] + 1, [])
            self._program.reads.extend(item for _, item in value.items if item.kind == "env")
            is_local = node.type in ("formal_parameter", "class_parameter")
            self.define(context.scope if is_local else 0, text_of(name), [value])
        for wanted, default in ((TAG, TAG_DEFAULT), (ATTRIBUTE_ENV, ATTRIBUTE_DEFAULT)):
            match, other = wanted.search(text), default.search(text)
            if match:
                given_default = Expression("string", other.group(1), node.start_point[0] + 1) if other else None
                items = ((None, given_default),) if given_default else ()
                variable = next(filter(None, match.groups()))
                read = Expression("env", variable.upper(), node.start_point[0] + 1, items)
                self._program.reads.append(read)
                if name is not None:
                    self.define(0, text_of(name), [read])

    def out_parameter(self, node: Node, call: Expression) -> None:
        """``mustMapEnv(&svc.addr, "ADDR")``: the variable's value ends in the argument."""
        arguments = node.child_by_field_name("arguments")
        for child in arguments.named_children if arguments is not None else ():
            if child.type == "unary_expression" and text_of(child).startswith("&"):
                name = name_of(child).lstrip("&")
                self.define(0, name.rpartition(".")[2], [call])
                self.define(0, name, [call])


def _span(first: Expression, last: Expression) -> Expression:
    return Expression("op", "-", first.line, ((None, last), (None, first)))


def _declared(node: Node) -> Node:
    """Return the name inside pointers, references and types of a declared thing."""
    current = node
    for _ in range(8):
        inner = current.child_by_field_name("declarator")
        if inner is None:
            break
        current = inner
    if current.type in ("variable_declaration", "reference_declarator", "mut_pattern", "ref_pattern"):
        found = [child for child in current.named_children if "identifier" in child.type]
        return found[0] if found else current
    return current
