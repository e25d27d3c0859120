"""Renders the tree of a Go template with values. What a value does not say is ``UNKNOWN`` and spreads."""

from dataclasses import dataclass, field
from typing import Any

from arc_sim.causal.readers.helm.functions import FUNCTIONS
from arc_sim.causal.readers.helm.template import (
    Definitions,
    Node,
    Operand,
    Pipeline,
    TemplateError,
    parse,
)
from arc_sim.causal.readers.helm.values import UNKNOWN, is_true, shown

MAX_STEPS = 200_000
MAX_OUTPUT = 8 * 1024 * 1024
MAX_VALUE = 1024 * 1024
MAX_INCLUDES = 40
"""For one chart: evaluated commands, characters rendered, characters or items of one value, includes inside includes.
Decisions: the largest public charts stay below a tenth of each."""

REFUSED = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)

Output = list[tuple[str, int, bool]]
"""Rendered text, the line of the template that it comes from, and whether the template itself holds the text."""


class _Leave(Exception):
    """``break`` and ``continue``."""


@dataclass
class _Scope:
    dot: Any
    frames: list[dict[str, Any]] = field(default_factory=list)

    def inside(self, dot: Any, given: dict[str, Any] | None = None) -> "_Scope":
        return _Scope(dot, [*self.frames, given or {}])


class Renderer:
    """Renders the templates of one chart, within one budget."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._steps = self._written = self._includes = 0

    def render(self, nodes: list[Node], dot: Any) -> Output:
        """Return the text. Raises TemplateError when the budget is spent or a template is missing."""
        output: Output = []
        self._nodes(nodes, _Scope(dot, [{"$": dot}]), output)
        return output

    def _nodes(self, nodes: list[Node], scope: _Scope, output: Output) -> None:
        for node in nodes:
            self._spend()
            if node.kind == "text":
                self._write(output, node.text, node.line, True)
            elif node.kind == "action":
                value = self._pipeline(node.pipeline, scope)
                if node.pipeline is not None and not node.pipeline.names:
                    self._write(output, shown(value), node.line)
            elif node.kind in ("if", "with"):
                self._branch(node, scope, output)
            elif node.kind == "range":
                self._range(node, scope, output)
            elif node.kind == "template":
                dot = self._pipeline(node.pipeline, scope) if node.pipeline else None
                self._write(output, self._include(node.text, dot), node.line)
            else:
                raise _Leave(node.kind)

    def _branch(self, node: Node, scope: _Scope, output: Output) -> None:
        inner = scope.inside(scope.dot)
        value = self._pipeline(node.pipeline, inner)
        if is_true(value):
            if node.kind == "with":
                inner.dot = value
            self._nodes(node.body, inner, output)
        else:
            self._nodes(node.otherwise, scope.inside(scope.dot), output)

    def _range(self, node: Node, scope: _Scope, output: Output) -> None:
        value = self._value(node.pipeline, scope)
        names = node.pipeline.names if node.pipeline else ()
        if isinstance(value, dict):
            pairs: list[tuple[Any, Any]] = [(key, value[key]) for key in sorted(value, key=str)]
        elif isinstance(value, int) and not isinstance(value, bool):
            pairs = [(index, index) for index in range(min(value, 1000))]
        else:
            pairs = list(enumerate(value)) if isinstance(value, list) else []
        for key, item in pairs:
            self._spend()
            given = dict(zip(names, (key, item) if len(names) == 2 else (item,), strict=False))
            try:
                self._nodes(node.body, scope.inside(item, given), output)
            except _Leave as leave:
                if str(leave) == "break":
                    break
        if not pairs:
            self._nodes(node.otherwise, scope.inside(scope.dot), output)

    def _pipeline(self, pipeline: Pipeline | None, scope: _Scope) -> Any:
        value = self._value(pipeline, scope)
        if pipeline is not None and pipeline.names:
            name = pipeline.names[-1]
            frame = next((f for f in reversed(scope.frames) if name in f), scope.frames[-1])
            (scope.frames[-1] if pipeline.declares else frame)[name] = value
        return value

    def _value(self, pipeline: Pipeline | None, scope: _Scope) -> Any:
        value: Any = None
        for number, command in enumerate(pipeline.commands if pipeline else ()):
            value = self._command(command, scope, [value] if number else [])
        return value

    def _command(self, command: tuple[Operand, ...], scope: _Scope, piped: list[Any]) -> Any:
        self._spend()
        first, rest = command[0], command[1:]
        if first.kind == "function":
            result = self._function(str(first.value), rest, scope, piped)
            return self._fields(result, first.fields)
        value = self._operand(first, scope)
        if callable(value):
            arguments = [self._operand(item, scope) for item in rest] + piped
            return self._call(value, arguments)
        return value

    def _function(self, name: str, operands: tuple[Operand, ...], scope: _Scope, piped: list[Any]) -> Any:
        if name in ("and", "or"):
            return self._either(name, operands, scope, piped)
        arguments = [self._operand(item, scope) for item in operands] + piped
        if name == "include":
            return (
                self._include(str(arguments[0]), arguments[1] if len(arguments) > 1 else None) if arguments else UNKNOWN
            )
        if name == "tpl":
            return self._tpl(arguments)
        function = FUNCTIONS.get(name) or FUNCTIONS.get(name[4:5].lower() + name[5:] if name.startswith("must") else "")
        return self._call(function, arguments) if function else UNKNOWN

    def _call(self, function: Any, arguments: list[Any]) -> Any:
        try:
            result = function(*arguments)
        except REFUSED:
            return UNKNOWN
        if isinstance(result, (str, list, dict)) and len(result) > MAX_VALUE:
            raise TemplateError("a value grows too large")
        return result

    def _either(self, name: str, operands: tuple[Operand, ...], scope: _Scope, piped: list[Any]) -> Any:
        value: Any = None
        for operand in operands:
            value = self._operand(operand, scope)
            if is_true(value) == (name == "or"):
                return value
        return piped[0] if piped else value

    def _operand(self, operand: Operand, scope: _Scope) -> Any:
        if operand.kind == "literal":
            return operand.value
        if operand.kind == "pipeline":
            value = self._value(operand.value, scope)
        elif operand.kind == "variable":
            frame: dict[str, Any] = next((f for f in reversed(scope.frames) if operand.value in f), {})
            value = frame.get(operand.value)
        elif operand.kind == "function":
            value = self._function(str(operand.value), (), scope, [])
        else:
            value = scope.dot
        return self._fields(value, operand.fields)

    @staticmethod
    def _fields(value: Any, names: tuple[str, ...]) -> Any:
        for name in names:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def _include(self, name: str, dot: Any) -> str:
        nodes = self._definitions.get(name)
        if nodes is None:
            return shown(UNKNOWN)
        self._includes += 1
        if self._includes > MAX_INCLUDES:
            raise TemplateError(f"{name!r} includes itself without end")
        text = "".join(part[0] for part in self.render(nodes, dot))
        self._includes -= 1
        return text

    def _tpl(self, arguments: list[Any]) -> Any:
        text = arguments[0] if arguments else ""
        if not isinstance(text, str) or "{{" not in text:
            return text
        self._includes += 1
        if self._includes > MAX_INCLUDES:
            raise TemplateError("a value renders itself without end")
        dot = arguments[1] if len(arguments) > 1 else None
        found = "".join(part[0] for part in self.render(parse(text, self._definitions), dot))
        self._includes -= 1
        return found

    def _write(self, output: Output, text: str, line: int, is_own: bool = False) -> None:
        self._written += len(text)
        if self._written > MAX_OUTPUT:
            raise TemplateError("it renders too much text")
        if text:
            output.append((text, line, is_own))

    def _spend(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateError("it takes too many steps")
