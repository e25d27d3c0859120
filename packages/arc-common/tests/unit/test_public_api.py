import ast
import importlib
import types
from pathlib import Path

import pytest

from arc_common import command

PACKAGES = ["arc_common.attest", "arc_common.schemas", "arc_common.signers"]


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_sorted_and_is_what_is_public(name):
    package = importlib.import_module(name)
    names = package.__all__
    assert names == sorted(names, key=_ruff_order)
    public = {
        key
        for key, value in vars(package).items()
        if not key.startswith("_")
        and not isinstance(value, types.ModuleType)
        and not (getattr(value, "__module__", "") or "").startswith("typing")
        and getattr(value, "__module__", "arc_common").startswith("arc_common")
    }
    assert public - {"ConfigError"} <= set(names) | _typing_names(package)
    for each in names:
        assert hasattr(package, each)


def _ruff_order(name):
    """Constants, then classes, then functions, each by the alphabet: the order of RUF022."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return (kind, name)


def _typing_names(package):
    return {"Type"} & set(vars(package))


def test_the_command_imports_nothing_when_it_is_imported():
    tree = ast.parse(Path(command.__file__).read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    assert names | {node.module for node in imports if isinstance(node, ast.ImportFrom)} == {"sys", "typing"}
