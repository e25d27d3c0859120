"""The syntax of Go templates: text and actions as a tree. Source: documentation of Go's text/template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 100
"""Nested blocks and parentheses. A decision: templates that people write stay far below."""

ACTION = re.compile(
    r"\{\{(?P<left>-(?=\s))?(?:\s*/\*(?P<comment>.*?)\*/\s*|(?P<code>(?:\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.|[^'\\])*'|"
    r"(?!\}\}).)*?))(?P<right>(?<=\s)-)?\}\}",
    re.DOTALL,
)
TOKEN = re.compile(
    r"\s+|(?P<string>\"(?:\\.|[^\"\\])*\"|`[^`]*`|'(?:\\.|[^'\\])+')|(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.]))"
    r"|(?P<field>(?:\.[A-Za-z_]\w*)+|\.)|(?P<variable>\$\w*)|(?P<word>[A-Za-z_]\w*)|(?P<sign>:=|[()|,=])"
)


class TemplateError(Exception):
    """A template that cannot be read or rendered; the message is one line."""


@dataclass(frozen=True)
class Operand:
    """One word of a command: literal, field, variable, function or pipeline in parentheses, with fields after it."""

    kind: str
    """``literal``, ``dot``, ``variable``, ``function`` or ``pipeline``."""
    value: Any
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """Commands, each taking the value of the one before as its last argument."""

    commands: tuple[tuple[Operand, ...], ...]
    names: tuple[str, ...] = ()
    """Variables that take the value."""
    declares: bool = False


@dataclass
class Node:
    """A piece of a template."""

    kind: str
    """``text``, ``action``, ``if``, ``range``, ``with``, ``template``, ``break``, ``continue``."""
    line: int
    text: str = ""
    pipeline: Pipeline | None = None
    body: list["Node"] = field(default_factory=list)
    otherwise: list["Node"] = field(default_factory=list)


Definitions = dict[str, list[Node]]


def parse(text: str, definitions: Definitions) -> list[Node]:
    """Return the nodes of a file; what it defines goes into ``definitions``. Raises TemplateError."""
    return _Parser(list(_pieces(text)), definitions).file()


def _pieces(text: str) -> Iterator[tuple[int, str | None, str]]:
    """Yield ``(line, text, "")`` and ``(line, None, code)`` with white space trimmed as the dashes say."""
    position, line, trim = 0, 1, False
    for match in ACTION.finditer(text):
        before = text[position : match.start()]
        shown = before.lstrip() if trim else before
        skipped = before[: len(before) - len(shown)].count("\n")
        if match.group("left"):
            shown = shown.rstrip()
        if shown:
            yield line + skipped, shown, ""
        line += before.count("\n")
        if match.group("comment") is None:
            yield line, None, (match.group("code") or "").strip()
        line += match.group(0).count("\n")
        position, trim = match.end(), bool(match.group("right"))
    rest = text[position:]
    shown = rest.lstrip() if trim else rest
    if "{{" in shown:
        raise TemplateError(f"line {line + rest[: rest.index('{{')].count(chr(10))}: an action does not end")
    if shown:
        yield line + rest[: len(rest) - len(shown)].count("\n"), shown, ""


class _Parser:
    def __init__(self, pieces: list[tuple[int, str | None, str]], definitions: Definitions) -> None:
        self._pieces, self._definitions, self._at = pieces, definitions, 0

    def file(self) -> list[Node]:
        nodes, end = self._block(0)
        if end:
            raise TemplateError(f"line {self._pieces[self._at - 1][0]}: {end.split()[0]} without a beginning")
        return nodes

    def _block(self, depth: int) -> tuple[list[Node], str]:
        """Return the nodes up to ``end`` or ``else``, and what ended them; ``""`` at the end of the file."""
        if depth > MAX_DEPTH:
            raise TemplateError("nested too deeply")
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            line, text, code = self._pieces[self._at]
            self._at += 1
            if text is not None:
                nodes.append(Node("text", line, text))
                continue
            word = re.match(r"[a-z]*", code).group(0) if code else ""  # type: ignore[union-attr]  # always matches
            if word in ("end", "else"):
                return nodes, code
            node = self._action(word, code, line, depth)
            if node is not None:
                nodes.append(node)
        return nodes, ""

    def _action(self, word: str, code: str, line: int, depth: int) -> Node | None:
        rest = code[len(word) :].strip()
        if word in ("if", "range", "with"):
            return self._branch(word, rest, line, depth)
        if word in ("define", "block"):
            return self._define(word, rest, line, depth)
        if word == "template":
            name, _, argument = rest[1:].partition(rest[:1])
            return Node("template", line, name, pipeline(argument, line) if argument.strip() else None)
        if word in ("break", "continue") and not rest:
            return Node(word, line)
        return Node("action", line, pipeline=pipeline(code, line)) if code else None

    def _branch(self, word: str, rest: str, line: int, depth: int) -> Node:
        node = Node(word, line, pipeline=pipeline(rest, line))
        node.body, end = self._block(depth + 1)
        if end.startswith("else"):
            chained = end[4:].strip()
            if chained:
                inner = chained.split(None, 1)
                node.otherwise = [self._branch(inner[0], inner[1] if len(inner) > 1 else "", line, depth + 1)]
                return node
            node.otherwise, end = self._block(depth + 1)
        if not end:
            raise TemplateError(f"line {line}: {word} without end")
        return node

    def _define(self, word: str, rest: str, line: int, depth: int) -> Node | None:
        name, _, argument = rest[1:].partition(rest[:1])
        body, end = self._block(depth + 1)
        if not end:
            raise TemplateError(f"line {line}: {word} without end")
        self._definitions[name] = body
        return Node("template", line, name, pipeline(argument, line)) if word == "block" else None


def pipeline(code: str, line: int) -> Pipeline:
    """Return the pipeline that an action holds. Raises TemplateError."""
    tokens = list(_tokens(code, line))
    names: list[str] = []
    declares = False
    signs = [value for kind, value, _ in tokens[:4] if kind == "sign"]
    if tokens and tokens[0][0] == "variable" and (":=" in signs or "=" in signs):
        while tokens:
            kind, value, _ = tokens.pop(0)
            if kind == "variable":
                names.append(value)
            elif value in (":=", "="):
                declares = value == ":="
                break
    found, rest = _commands(tokens, line, 0)
    if rest:
        raise TemplateError(f"line {line}: unexpected {rest[0][1]!r}")
    return Pipeline(found, tuple(names), declares)


Token = tuple[str, Any, bool]
"""Kind, value, and whether it follows the one before without a space."""


def _tokens(code: str, line: int) -> Iterator[Token]:
    position, joined = 0, False
    while position < len(code):
        match = TOKEN.match(code, position)
        if match is None:
            raise TemplateError(f"line {line}: cannot read {code[position : position + 20]!r}")
        kind = match.lastgroup
        if kind is not None:
            value = match.group(0)
            yield kind, _literal(kind, value), joined
        joined = kind is not None
        position = match.end()


def _literal(kind: str, text: str) -> Any:
    if kind == "number":
        return (
            float(text)
            if re.search(r"[.eE]", text) and "x" not in text.lower()
            else int(text, 0)
            if text.strip("+-0")
            else 0
        )
    if kind == "string":
        return text[1:-1] if text[0] == "`" else _unescape(text[1:-1])
    return text


def _unescape(text: str) -> str:
    plain = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
    return re.sub(r"\\(.)", lambda match: plain.get(match.group(1), match.group(0)), text)


def _commands(tokens: list[Token], line: int, depth: int) -> tuple[tuple[tuple[Operand, ...], ...], list[Token]]:
    """Return the commands up to a closing parenthesis, and the tokens from there on."""
    if depth > MAX_DEPTH:
        raise TemplateError(f"line {line}: nested too deeply")
    commands: list[list[Operand]] = [[]]
    while tokens and tokens[0][:2] != ("sign", ")"):
        kind, value, joined = tokens[0]
        tokens = tokens[1:]
        if (kind, value) == ("sign", "|"):
            commands.append([])
        elif (kind, value) == ("sign", "("):
            inner, tokens = _commands(tokens, line, depth + 1)
            if not tokens:
                raise TemplateError(f"line {line}: a parenthesis does not end")
            tokens = tokens[1:]
            commands[-1].append(Operand("pipeline", Pipeline(inner)))
        elif kind == "sign":
            raise TemplateError(f"line {line}: unexpected {value!r}")
        elif kind == "field" and joined and value != ".":
            _add_fields(commands[-1], value)
        else:
            commands[-1].append(_operand(kind, value))
    return tuple(tuple(command) for command in commands if command), tokens


def _add_fields(current: list[Operand], text: str) -> None:
    last = current.pop() if current else Operand("dot", None)
    current.append(Operand(last.kind, last.value, (*last.fields, *text.strip(".").split("."))))


def _operand(kind: str, value: Any) -> Operand:
    if kind == "field":
        return Operand("dot", None, tuple(part for part in value.split(".") if part))
    if kind == "variable":
        return Operand("variable", value)
    if kind == "word":
        constants = {"true": True, "false": False, "nil": None}
        return Operand("literal", constants[value]) if value in constants else Operand("function", value)
    return Operand("literal", value)
