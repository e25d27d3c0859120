"""One source file as plain data, the same for every language.

Structs rather than dataclasses: there are thousands in a file, made in a third of the time, and kept as short arrays.
"""

from typing import Literal

from msgspec import Struct, field

Kind = Literal["string", "number", "name", "env", "call", "op", "group"]


class Expression(Struct, frozen=True, array_like=True, gc=False):
    """A value in the code.

    string, number, name: ``text`` is what is written (names with one kind of quotes, ``this.`` as ``self.``, every
    member separator a dot).   env: ``text`` is the variable; the first item, if any, its default.   call: ``text`` is
    the callee, the item named ``.`` its receiver.   op: ``text`` is the operator.   group: whatever else, with its
    parts; ``lambda`` for a function written in place, with the options that it sets.
    """

    kind: Kind
    text: str
    line: int
    items: "tuple[tuple[str | None, Expression], ...]" = ()
    """Parts with their names: keyword, key of an option object, None."""


class Handler(Struct, frozen=True, array_like=True, gc=False):
    """A ``try`` around a call."""

    line: int
    """Where the handler begins."""
    swallows: bool
    """It goes on without the callee: neither raises again nor answers with an error."""


class CallSite(Struct, frozen=True, array_like=True, gc=False):
    """A call with what surrounds it."""

    call: Expression
    scope: int
    handler: Handler | None = None
    """The innermost one."""
    function: str = ""
    """The function around it."""
    attempts: Expression | None = None
    """How often the innermost counting loop runs, when the call stands in one together with a handler."""
    forever: int | None = None
    """The line of a loop without end that tries again after a pause, when the call stands in one."""
    guards: tuple[Expression, ...] = ()
    """Annotations of the functions around it, and calls that run it: retries, breakers, time limits."""


class Function(Struct, frozen=True, array_like=True, gc=False):
    """A function or class with its parameters and their defaults, in order, without ``self``."""

    name: str
    parameters: tuple[tuple[str, Expression | None], ...]


class Class(Struct, frozen=True, array_like=True, gc=False):
    """A class, interface or implementation with what it extends, in the words of the code."""

    name: str
    bases: tuple[str, ...]
    line: int


class Program(Struct, array_like=True):
    """What one file holds."""

    path: str
    language: str
    definitions: dict[tuple[int, str], list[Expression]] = field(default_factory=dict)
    """``(scope, name)`` -> the values it is given. Scope 0 is the file; attributes stand there too."""
    homes: dict[str, list[int]] = field(default_factory=dict)
    """Attribute -> the scopes in which its values stand, in their order; 0 for those that are not listed."""
    parents: dict[int, int] = field(default_factory=dict)
    """Scope -> the scope around it."""
    owners: dict[int, str] = field(default_factory=dict)
    """Scope -> the function whose own scope it is."""
    calls: list[CallSite] = field(default_factory=list)
    strings: list[Expression] = field(default_factory=list)
    reads: list[Expression] = field(default_factory=list)
    """Environment variables that are read."""
    functions: list[Function] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    returns: dict[str, list[tuple[int, Expression]]] = field(default_factory=dict)
    """Function -> its results, each with the scope in which it stands."""
    lookups: dict[str, int] = field(default_factory=dict)
    """Own functions that read the environment variable which one of their parameters names -> its index."""
    composites: list[tuple[int, Expression]] = field(default_factory=list)
    """Texts that are put together from parts, each with its scope."""
