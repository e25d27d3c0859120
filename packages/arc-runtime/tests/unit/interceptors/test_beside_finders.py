"""Other instrumentation has import hooks as well: each execution of an SDK's module is one installation of ours."""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
import wrapt
import wrapt.importer

from arc_common.undo import Undo
from arc_runtime.interceptors.on_import import Installer

PACKAGE = "arc_hooked_sdk"
MODULE = f"{PACKAGE}.base"


class ChainedLoader:
    """Runs another loader, then a step of its own, from a method kept on itself."""

    def __init__(self, loader: Any, step: Callable[[Any], None]) -> None:
        self.loader = loader
        self.step = step
        self.exec_module = self._exec_module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def _exec_module(self, module: Any) -> None:
        self.loader.exec_module(module)
        self.step(module)


class AskingFinder:
    """Asks all finders, those before it as well, and puts its loader around what they give."""

    def __init__(self, step: Callable[[Any], None]) -> None:
        self.step = step
        self._finding: List[str] = []

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        if name in self._finding or name != MODULE:
            return None
        self._finding.append(name)
        try:
            for finder in sys.meta_path:
                spec = None if finder is self else finder.find_spec(name, path, target)
                if spec is not None:
                    spec.loader = ChainedLoader(spec.loader, self.step)  # type: ignore[assignment]  # quacks like one
                    return spec
            return None
        finally:
            self._finding.remove(name)


def asking(step: Callable[[Any], None]) -> None:
    sys.meta_path.insert(0, AskingFinder(step))


def of_wrapt(step: Callable[[Any], None]) -> None:
    wrapt.register_post_import_hook(step, MODULE)
    if not any(isinstance(finder, wrapt.importer.ImportHookFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, wrapt.importer.ImportHookFinder())  # it puts one in by itself once per process


def lazily(step: Callable[[Any], None]) -> None:
    """Look whether the SDK is there, as programs do, without importing it."""
    importlib.util.find_spec(MODULE)
    sys.modules.pop(PACKAGE, None)


THEIRS: Dict[str, Callable[[Callable[[Any], None]], None]] = {
    "asks all finders": asking,
    "wrapt": of_wrapt,
    "looks only": lazily,
}


class Counter:
    """An interceptor that counts how often it is installed on each class."""

    name = "hooked"
    module = MODULE
    is_optional = False

    def __init__(self) -> None:
        self.installed: List[type] = []

    def install(self, observer: Any) -> Undo:
        kind = sys.modules[MODULE].Client  # type: ignore[attr-defined]
        self.installed.append(kind)
        return Undo(lambda: self.installed.remove(kind))

    def install_on(self, client: Any, observer: Any) -> Undo:
        raise NotImplementedError

    def covers(self, client: Any) -> bool:
        return False


@pytest.fixture(autouse=True)
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text("class Client: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    yield
    sys.meta_path[:] = finders
    for name in (PACKAGE, MODULE):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("ours_first", [True, False], ids=["ours first", "theirs first"])
@pytest.mark.parametrize("theirs", [*THEIRS, "all of them"])
def test_one_execution_is_one_installation(theirs: str, ours_first: bool) -> None:
    counter, seen = Counter(), []
    installer = Installer(None, [counter])  # type: ignore[arg-type]  # the counter never asks its observer
    hooks = list(THEIRS.values()) if theirs == "all of them" else [THEIRS[theirs]]
    if ours_first:
        installer.start()
    for hook in hooks:
        hook(seen.append)
    installer.start()
    assert counter.installed == []
    module: Any = importlib.import_module(MODULE)
    assert counter.installed == [module.Client]
    assert seen == [module] * len([hook for hook in hooks if hook is not lazily])
    before = module.Client
    importlib.reload(module)
    assert module.Client is not before
    assert counter.installed == [before, module.Client]
    installer.close()
    assert counter.installed == []


@pytest.mark.parametrize("theirs", ["asks all finders", "wrapt"])
def test_a_loader_of_theirs_keeps_its_own_method(theirs: str) -> None:
    installer = Installer(None, [Counter()])  # type: ignore[arg-type]  # as above
    installer.start()
    THEIRS[theirs](lambda module: None)
    spec = importlib.util.find_spec(MODULE)
    assert spec
    assert spec.loader
    loader: Any = spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    loader.exec_module(module)
    installer.close()
    assert not getattr(vars(loader).get("exec_module"), "arc_waits_for", "")
    assert hasattr(module, "Client")
