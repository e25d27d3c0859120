"""Intercepts the SDKs that Stainless generates (OpenAI, Anthropic) at the one method that all their calls go through.

``SyncAPIClient.request`` and ``AsyncAPIClient.request`` see create, parse, stream, raw and beta calls, of clients
made before or after us, once each: docs/decisions/0005-one-choke-point.md.
A second wrapper, around ``_process_response``, only reads the HTTP status of the answer, when somebody listens.
"""

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from arc_common.undo import Undo
from arc_runtime.errors import TargetMissing
from arc_runtime.interceptors.base import Observer

if TYPE_CHECKING:  # imported on use, with wrapt and what it imports: a program without an SDK needs neither
    from arc_runtime.interceptors.stainless.patch import Patch

CLASSES = ("SyncAPIClient", "AsyncAPIClient")
RESPONSE = "_process_response"
MAX_LAYERS = 8
"""Proxies around a client that are looked through."""


class StainlessInterceptor:
    """Shared by all Stainless SDKs; the provider's file gives the names."""

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self.package = package
        self.module = f"{package}._base_client"
        self.is_optional = False
        self._patch: Optional[Patch] = None
        self._installed: Tuple[Any, ...] = ()
        """The observer, and the classes that are patched for it."""

    @classmethod
    def for_client(cls, client: Any) -> "StainlessInterceptor":
        """Return the interceptor of an SDK that we do not know by name, but whose client is made as we know it."""
        base = next(owner for owner in type(client).__mro__ if owner.__name__ in CLASSES)
        package = base.__module__.rpartition(".")[0]
        return cls(name=package.partition(".")[0], package=package)

    def install(self, observer: Observer) -> Undo:
        """Patch both clients' ``request``, unless they are. Raises TargetMissing; then nothing changed."""
        from arc_runtime.interceptors.stainless.choke import captured, put

        owners = self._owners()
        if self._covers_all() and self._installed == (observer, *owners):
            return Undo(lambda: None, f"{self.module} was patched already")  # the Undo of then takes it out
        patch = self._new_patch(observer)
        undos = [
            put(kind, "request", around, patch.let_go)
            for owner, around in zip(owners, (patch.around_sync, patch.around_async))
            for kind in (*captured(owner, "request"), owner)
        ]
        undos += [put(owner, RESPONSE, patch.around_response, patch.let_go) for owner in _holders(owners, RESPONSE)]
        self._patch, self._installed = patch, (observer, *owners)
        return Undo(partial(_undo_all, undos), f"{self.module} patched")

    def install_on(self, client: Any, observer: Observer) -> Undo:
        """Intercept one client, and what ``copy`` and ``with_options`` make of it. Raises TargetMissing."""
        from arc_runtime.interceptors.stainless import clients

        self._owners()
        return clients.put_on(client, self._new_patch(observer), self._covers_all)

    def covers(self, client: Any) -> bool:
        """Return whether the client is of this SDK, or of a subclass of its clients."""
        return any(owner.__module__ == self.module and owner.__name__ in CLASSES for owner in type(client).__mro__)

    def _covers_all(self) -> bool:
        """Return whether the class is patched, so that a patch of one client would see its calls a second time."""
        return self._patch is not None and self._patch.active

    def _owners(self) -> List[Any]:
        module = sys.modules.get(self.module)
        owners = [getattr(module, name, None) for name in CLASSES]
        for name, owner in zip(CLASSES, owners):
            if "request" not in getattr(owner, "__dict__", {}):
                raise TargetMissing(
                    f"{self.module}.{name}.request is not there",
                    hint=f"this release of {self.package} is not known to us",
                )
        return owners

    def _new_patch(self, observer: Observer) -> "Patch":
        from arc_runtime.interceptors.stainless.patch import Patch

        version = str(getattr(sys.modules.get(f"{self.package}._version"), "__version__", ""))
        return Patch(self.name, version, observer, self.package)


def _holders(owners: List[Any], name: str) -> List[Any]:
    """Return the classes in whose bodies the owners' method is, once each; openai 1.0 has one for both."""
    found = [next((kind for kind in owner.__mro__ if name in kind.__dict__), None) for owner in owners]
    return [kind for kind in dict.fromkeys(found) if kind is not None]


def _undo_all(undos: Any) -> None:
    for undo in undos:
        undo()


def is_stainless(client: Any) -> bool:
    """Return whether an object is a client of an SDK that Stainless made, known by name or not."""
    return any(owner.__name__ in CLASSES and "request" in owner.__dict__ for owner in type(client).__mro__)


def inner_client(client: Any) -> Any:
    """Return the client of a Stainless SDK that ``client`` is, or that stands behind it; None where there is none.

    Proxies are looked through by ``__wrapped__``, by the client that each resource keeps, and by ``client``.
    """
    todo, seen = [client], 0
    while todo and seen < MAX_LAYERS:
        found, seen = todo.pop(0), seen + 1
        if is_stainless(found):
            return found
        for path in (("__wrapped__",), ("chat", "_client"), ("messages", "_client"), ("client",), ("_client",)):
            inner = _follow(found, path)
            if inner is not None and not any(inner is other for other in todo):
                todo.append(inner)
    return None


def _follow(holder: Any, path: Any) -> Any:
    with suppress(Exception):  # code of other people's objects runs
        for name in path:
            holder = getattr(holder, name, None)
        return holder
    return None
