"""Our function around one of theirs: a wrapt wrapper that can be pickled and copied as the function itself can."""

import copy
import sys
from types import FunctionType
from typing import Any, Callable, Dict, Iterator, List, Tuple

import wrapt

from arc_common.undo import Undo


class _Bound(wrapt.BoundFunctionWrapper):  # type: ignore[type-arg]  # generic for type checkers only, and not in every version
    """What an access to the method gives. A pickle of it finds the method again by its name, as for any method."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Tuple[Any, ...]:
        instance = self._self_instance
        return getattr, (_owner(self) if instance is None else instance, self.__name__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Dict[int, Any]) -> Any:
        instance = self._self_instance
        return self if instance is None else getattr(copy.deepcopy(instance, memo), self.__name__)


class Choke(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # as above
    """Looks like the function inside it: signature, name, documentation, source, and what kind of function it is."""

    __bound_function_wrapper__ = _Bound

    def __reduce_ex__(self, protocol: Any) -> Tuple[Any, ...]:
        return getattr, (_owner(self), self.__name__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Dict[int, Any]) -> Any:
        return self


def _owner(function: Any) -> Any:
    """Return the class in whose body a function was written."""
    owner: Any = sys.modules[function.__module__]
    for name in function.__qualname__.split(".")[:-1]:
        owner = getattr(owner, name)
    return owner


def captured(owner: Any, name: str) -> List[Any]:
    """Return the subclasses on which somebody has wrapped ``owner.name``, as it was inherited.

    Such a wrapper holds the function itself, so that calls through it never come to what is put on the owner.
    """
    function = _innermost(owner.__dict__[name])
    mine = [(kind, kind.__dict__.get(name)) for kind in dict.fromkeys(_subclasses(owner))]
    return [kind for kind, held in mine if _is_proxy(held) and _innermost(held) is function]


def _is_proxy(held: Any) -> bool:
    """Return whether it is an object around a function, of wrapt's or whosever: a function may also call ``super``."""
    return type(held) is not FunctionType and hasattr(held, "__wrapped__")


def _innermost(held: Any) -> Any:
    while _is_proxy(held):
        held = held.__wrapped__
    return held


def _subclasses(owner: Any) -> Iterator[Any]:
    for kind in owner.__subclasses__():
        yield kind
        yield from _subclasses(kind)


def put(owner: Any, name: str, around: Callable[..., Any], let_go: Callable[[], None]) -> Undo:
    """Wrap ``owner.name``, an attribute of a class's own; the Undo puts the very same function back.

    Where somebody has wrapped ours since, ours stays inside theirs: ``let_go`` makes it a passage that does nothing.
    """
    original = owner.__dict__[name]
    wrapper = Choke(original, around)
    setattr(owner, name, wrapper)

    def take_out() -> None:
        let_go()
        if owner.__dict__.get(name) is wrapper:
            setattr(owner, name, original)

    return Undo(take_out, f"{owner.__module__}.{owner.__name__}.{name}")
