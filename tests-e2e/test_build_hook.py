"""The build hook of arc-common: what lies below ``protos/`` and what can be imported agree, also when a proto goes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

HOOK = Path(__file__).resolve().parent.parent / "packages" / "arc-common" / "hatch_build.py"
MESSAGE = 'syntax = "proto3";\npackage arc.test.{name};\n// One.\nmessage One {{\n  // Text.\n  string text = 1;\n}}\n'


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("arc_common_build_hook", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_modules_come_and_go_with_their_protos(hook: ModuleType, tmp_path: Path) -> None:
    folder, target = tmp_path / "protos" / hook.PACKAGE, tmp_path / "made"
    folder.mkdir(parents=True)
    for name in ("first", "second"):
        (folder / f"{name}.proto").write_text(MESSAGE.format(name=name))
    hook.compile_protos(tmp_path / "protos", target)
    (target / "__init__.py").write_text("")
    names = ["__init__.py", "first_pb2.py", "first_pb2.pyi", "second_pb2.py", "second_pb2.pyi"]
    assert sorted(path.name for path in target.iterdir()) == names
    written_at = (target / "first_pb2.py").stat().st_mtime_ns

    (folder / "second.proto").unlink()
    hook.compile_protos(tmp_path / "protos", target)
    assert sorted(path.name for path in target.iterdir()) == names[:3]
    assert (target / "first_pb2.py").stat().st_mtime_ns == written_at


def test_a_proto_that_does_not_compile_is_named_and_changes_nothing(hook: ModuleType, tmp_path: Path) -> None:
    folder, target = tmp_path / "protos" / hook.PACKAGE, tmp_path / "made"
    folder.mkdir(parents=True)
    (folder / "broken.proto").write_text('syntax = "proto3";\nmessage {')
    with pytest.raises(RuntimeError, match=r"broken\.proto:2"):
        hook.compile_protos(tmp_path / "protos", target)
    assert not target.exists()
