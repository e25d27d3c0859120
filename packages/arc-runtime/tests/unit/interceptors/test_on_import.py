import gc
import importlib
import importlib.util
import sys
import threading
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from arc_common.undo import Undo
from arc_runtime.errors import TargetMissing
from arc_runtime.interceptors.on_import import PATCHED, WAITING, Installer

NAME = "arc_fake_sdk"


class Marker:
    """An interceptor that marks the module."""

    name = "fake"
    module = f"{NAME}.base"
    is_optional = False

    def __init__(self) -> None:
        self.log: List[str] = []

    def install(self, observer: Any) -> Undo:
        module: Any = sys.modules[self.module]
        if not hasattr(module, "Client"):
            raise TargetMissing("no Client")
        self.log.append("install")
        client = module.Client
        client.patched = True

        def take_out() -> None:
            self.log.append("undo")
            del client.patched

        return Undo(take_out)

    def install_on(self, client: Any, observer: Any) -> Undo:
        self.log.append("install on one")
        return Undo(lambda: self.log.append("undo one"))

    def covers(self, client: Any) -> bool:
        return type(client).__module__ == self.module


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / NAME
    package.mkdir()
    (package / "__init__.py").write_text("from arc_fake_sdk.base import Client\n")
    (package / "base.py").write_text("class Client: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path_before = list(sys.meta_path)
    yield package
    assert sys.meta_path == path_before, "close() leaves no finder behind"
    for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture
def marker() -> Marker:
    return Marker()


@pytest.fixture
def installer(marker: Marker) -> Iterator[Installer]:
    made = Installer(None, [marker])  # type: ignore[arg-type]  # the marker never asks its observer
    yield made
    made.close()


@pytest.mark.usefixtures("sdk")
def test_an_sdk_imported_later_is_patched_at_its_import(installer: Installer, marker: Marker) -> None:
    installer.start()
    assert installer.status() == {"fake": WAITING}
    assert NAME not in sys.modules
    module: Any = importlib.import_module(NAME)
    assert module.Client.patched
    assert installer.status() == {"fake": PATCHED}
    installer.close()
    assert not hasattr(module.Client, "patched")
    assert marker.log == ["install", "undo"]


@pytest.mark.usefixtures("sdk")
def test_an_sdk_that_is_imported_is_patched_at_once(installer: Installer, marker: Marker) -> None:
    module: Any = importlib.import_module(NAME)
    installer.start()
    installer.start()
    assert module.Client.patched
    assert marker.log == ["install"]


@pytest.mark.usefixtures("sdk")
def test_nothing_of_ours_stays_in_the_module(installer: Installer) -> None:
    installer.start()
    module: Any = importlib.import_module(f"{NAME}.base")
    loader = module.__spec__.loader
    assert "exec_module" not in vars(loader)
    assert type(loader).__name__ == "SourceFileLoader"
    assert module.__loader__ is loader


def test_a_loader_that_serves_all_modules_of_an_archive_is_no_trouble(
    sdk: Path, installer: Installer, marker: Marker, caplog: pytest.LogCaptureFixture
) -> None:
    (sdk / "other.py").write_text("value = 1\n")
    loaders = {name: SourceFileLoader(f"{NAME}.{name}", str(sdk / f"{name}.py")) for name in ("base", "other")}

    class Archive(Loader):
        def exec_module(self, module: Any) -> None:
            loaders[module.__name__.rpartition(".")[2]].exec_module(module)

    class Finder:
        archive = Archive()

        def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
            known = name.rpartition(".")[2] in loaders and name.startswith(f"{NAME}.")
            return ModuleSpec(name, self.archive) if known else None

    (sdk / "__init__.py").write_text("")
    finder: Any = Finder()
    sys.meta_path.insert(0, finder)
    try:
        installer.start()
        assert importlib.util.find_spec(f"{NAME}.base") is not None  # looked for, and not imported
        assert importlib.import_module(f"{NAME}.other").value == 1
        assert installer.status() == {"fake": WAITING}
        assert importlib.import_module(f"{NAME}.base").Client.patched
    finally:
        installer.close()
        sys.meta_path.remove(finder)
    assert marker.log == ["install", "undo"]
    assert caplog.text == ""


@pytest.mark.usefixtures("sdk")
def test_a_reload_is_patched_again(installer: Installer, marker: Marker) -> None:
    installer.start()
    module: Any = importlib.import_module(f"{NAME}.base")
    before = module.Client
    importlib.reload(module)
    assert module.Client is not before
    assert module.Client.patched
    assert before.patched, "clients that were made before still use it"
    after = module.Client
    installer.close()
    assert not hasattr(before, "patched")
    assert not hasattr(after, "patched")
    assert marker.log == ["install", "install", "undo", "undo"]


@pytest.mark.usefixtures("sdk")
def test_after_close_an_import_is_nothing_to_us(installer: Installer) -> None:
    installer.start()
    installer.close()
    installer.close()
    installer.start()
    module: Any = importlib.import_module(NAME)
    assert not hasattr(module.Client, "patched")


def test_an_sdk_that_fails_to_import_fails_as_without_us(sdk: Path, installer: Installer) -> None:
    (sdk / "base.py").write_text("raise ValueError('theirs')\n")
    installer.start()
    with pytest.raises(ValueError, match="theirs"):
        importlib.import_module(NAME)
    (sdk / "base.py").write_text("class Client: pass  # mended\n")
    importlib.invalidate_caches()
    module: Any = importlib.import_module(NAME)
    assert module.Client.patched


def test_an_sdk_that_is_not_there_is_not_there(installer: Installer) -> None:
    installer.start()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(NAME)
    assert installer.status() == {"fake": WAITING}


def test_an_sdk_that_we_do_not_know_is_told_and_left_alone(
    sdk: Path, installer: Installer, caplog: pytest.LogCaptureFixture
) -> None:
    (sdk / "base.py").write_text("Other = object\n")
    (sdk / "__init__.py").write_text("import arc_fake_sdk.base\n")
    installer.start()
    importlib.import_module(NAME)
    assert installer.status() == {"fake": "no Client"}
    assert "fake is not intercepted: no Client" in caplog.text


@pytest.mark.usefixtures("sdk")
def test_a_client_can_be_asked_for_when_nothing_is_automatic(installer: Installer, marker: Marker) -> None:
    module: Any = importlib.import_module(NAME)
    assert not installer.install_for(object())
    assert marker.log == []
    one, two = module.Client(), module.Client()
    assert installer.install_for(one)
    assert installer.install_for(one)
    assert installer.install_for(two)
    assert marker.log == ["install on one"] * 2
    del two
    gc.collect()
    installer.close()
    assert marker.log[2:] == ["undo one"], "a client that is gone is forgotten"
    assert not installer.install_for(one)


@pytest.mark.usefixtures("sdk")
def test_a_client_of_an_sdk_that_is_patched_needs_nothing_more(installer: Installer, marker: Marker) -> None:
    module: Any = importlib.import_module(NAME)
    installer.start()
    assert installer.install_for(module.Client())
    assert marker.log == ["install"]


def test_imports_and_installs_at_the_same_time_patch_once_and_do_not_hang(
    sdk: Path, installer: Installer, marker: Marker
) -> None:
    (sdk / "base.py").write_text("import time; time.sleep(0.05)\nclass Client: pass\n")
    threads = [threading.Thread(target=importlib.import_module, args=(NAME,)) for _ in range(4)]
    threads += [threading.Thread(target=installer.start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    assert sys.modules[NAME].Client.patched
    assert marker.log == ["install"]
