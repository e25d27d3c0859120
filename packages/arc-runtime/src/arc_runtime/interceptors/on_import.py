"""Installs each interceptor when its SDK is there: at once when it is imported already, else at its import.

The import hook is a finder that answers only for the modules that we wait for. It lets the others find the module,
and puts a step behind the execution of it; nothing of ours stays in the module, its spec or its loader.
"""

import importlib
import logging
import sys
import weakref
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from arc_common.undo import Undo
from arc_runtime import guard
from arc_runtime.errors import ArcError
from arc_runtime.interceptors.base import Interceptor, Observer
from arc_runtime.locks import ForkSafeLock

PATCHED = "patched"
WAITING = "waiting for its import"

_logger = logging.getLogger(__name__)


class Installer:
    """Puts interceptors in, and takes all of them out again."""

    def __init__(self, observer: Observer, interceptors: Iterable[Interceptor]) -> None:
        self._observer = observer
        self._interceptors: Dict[str, Interceptor] = {item.name: item for item in interceptors}
        self._undos: Dict[str, Undo] = {}
        self._replaced: List[Tuple[str, Undo]] = []
        """Patches of modules that were executed again since."""
        self._clients: Dict[int, Tuple[Any, Undo]] = {}
        """By ``id``: clients that are intercepted on their own, referenced weakly."""
        self._problems: Dict[str, str] = {}
        self._lock = ForkSafeLock()
        self._closed = False
        self._finder: Optional[_Finder] = None

    def start(self) -> None:
        """Intercept every SDK from its import on, and those at once that are imported."""
        with self._lock:
            if self._finder is not None or self._closed:
                return
            by_module = {item.module: item for item in self._interceptors.values()}
            self._finder = _Finder(by_module, self._after_import)
            sys.meta_path.insert(0, self._finder)
        for interceptor in list(self._finder.targets.values()):
            # when its package is there and it is not, another thread may be past the finders with its import
            package = interceptor.module.rpartition(".")[0]
            if interceptor.module in sys.modules or (package in sys.modules and not interceptor.is_optional):
                self.install(interceptor)

    def install(self, interceptor: Interceptor) -> bool:
        """Intercept one SDK, which is imported, unless it is already; return whether it is intercepted now."""
        # an import that another thread has under way is waited for here, before any lock of ours is taken
        guard.run(f"import {interceptor.module}", None, importlib.import_module, interceptor.module)
        return self._install(interceptor, again=False)

    def install_for(self, client: Any) -> bool:
        """Intercept one client, unless all of its SDK are; return whether it is intercepted now."""
        interceptor = self.interceptor_of(client)
        return interceptor is not None and bool(guard.run("wrap", False, self._install_on, interceptor, client))

    def interceptor_of(self, client: Any) -> Optional[Interceptor]:
        """Return the interceptor of the SDK that a client object is of, or None where we know none."""
        for interceptor in self._interceptors.values():
            if guard.run("covers", False, interceptor.covers, client):
                return interceptor
        return None

    def know(self, interceptor: Interceptor) -> None:
        """Take one more SDK, for clients that are intercepted on their own; it is not looked out for."""
        with self._lock:
            self._interceptors.setdefault(interceptor.name, interceptor)

    def _install_on(self, interceptor: Interceptor, client: Any) -> bool:
        with self._lock:
            if self._closed:
                return False
            if interceptor.name in self._undos or id(client) in self._clients:
                return True
            try:
                undo = interceptor.install_on(client, self._observer)
            except ArcError as error:
                _logger.warning("%s is not intercepted: %s", interceptor.name, error)
                return False
            key, clients = id(client), self._clients
            # the callback takes no lock: the garbage collector may call it anywhere
            self._clients[key] = (weakref.ref(client, lambda _: clients.pop(key, None)), undo)
            return True

    def status(self) -> Dict[str, str]:
        """Return ``{provider: "patched" | "waiting for its import" | what went wrong}``."""
        with self._lock:
            return {
                name: PATCHED if name in self._undos else self._problems.get(name, WAITING)
                for name, interceptor in self._interceptors.items()
                if not interceptor.is_optional
            }

    def close(self) -> None:
        """Take everything out, the import hook included. Idempotent."""
        with self._lock:
            self._closed = True
            if self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            self._finder = None
            undos, self._undos = [*self._replaced, *self._undos.items()], {}
            self._replaced = []
            wrapped, self._clients = list(self._clients.values()), {}
        for _, undo in wrapped:
            guard.run("undo wrap", None, undo)
        for name, undo in undos:
            guard.run(f"undo {name}", None, undo)

    def _after_import(self, interceptor: Interceptor) -> None:
        self._install(interceptor, again=True)

    def _install(self, interceptor: Interceptor, again: bool) -> bool:
        """Install under the lock; nothing is imported here, so no import lock can be waited for.

        again: the module was executed anew (a reload), and has new classes. Those from before stay patched: other
        modules, and the clients that exist, still use them.
        """
        with self._lock:
            if self._closed:
                return False
            old = self._undos.pop(interceptor.name, None) if again else None
            if old is not None:
                self._replaced.append((interceptor.name, old))
            if interceptor.name not in self._undos:
                undo = guard.run(f"install {interceptor.name}", None, self._try_install, interceptor)
                if undo is not None:
                    self._undos[interceptor.name] = undo
            return interceptor.name in self._undos

    def _try_install(self, interceptor: Interceptor) -> Optional[Undo]:
        try:
            undo = interceptor.install(self._observer)
        except ArcError as error:
            self._problems[interceptor.name] = str(error)
            _logger.warning("%s is not intercepted: %s", interceptor.name, error)
            return None
        self._problems.pop(interceptor.name, None)
        return undo


class _Finder:
    """A meta path finder that finds nothing by itself."""

    def __init__(self, targets: Dict[str, Interceptor], after_import: Callable[[Interceptor], None]) -> None:
        self.targets = targets
        self._after_import = after_import
        self._executing: Set[int] = set()
        """``id`` of the modules that are being executed."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """Return the spec that the other finders find, with our step behind it; None for all other modules."""
        interceptor = self.targets.get(fullname)
        if interceptor is None:
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if find is None or isinstance(finder, _Finder):
                continue
            spec: Optional[ModuleSpec] = find(fullname, path, target)
            if spec is not None:
                guard.run("import hook", None, self._hook, spec, interceptor)
                return spec
        return None

    def _hook(self, spec: ModuleSpec, interceptor: Interceptor) -> None:
        """Let the loader run our step after the module's code. Loaders of archives serve all modules in them.

        Finders of others ask all finders and put their loader around what they are given. So we may be asked twice
        for one import, and have a hook in both loaders: the outermost one runs the step.
        """
        loader: Any = spec.loader
        execute = loader.exec_module
        if getattr(execute, "arc_waits_for", None) == spec.name:  # it was looked for earlier, and not imported
            return
        before = loader.__dict__.get("exec_module")

        def exec_module(module: ModuleType) -> None:
            if module.__name__ != spec.name:
                execute(module)
                return
            if loader.__dict__.get("exec_module") is exec_module:
                _put_back(loader, before)
            if id(module) in self._executing:
                execute(module)
                return
            self._executing.add(id(module))
            try:
                execute(module)
            finally:
                self._executing.discard(id(module))
            guard.run("after import", None, partial(self._after_import, interceptor))

        exec_module.arc_waits_for = spec.name  # type: ignore[attr-defined]  # our mark
        loader.exec_module = exec_module


def _put_back(loader: Any, execute: Optional[Callable[[ModuleType], None]]) -> None:
    """Leave the loader as it was: with an ``exec_module`` of its own, or that of its class."""
    if execute is None:
        del loader.exec_module
    else:
        loader.exec_module = execute
