"""The sizes and names of the house style that no linter knows: length of files, width of folders, empty names."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
MAX_ROOT_ENTRIES = 20
MAX_FOLDER_ENTRIES = 14
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "main"}


def findings() -> list[str]:
    """Return one line per broken rule."""
    found = []
    for source in [*sorted(ROOT.glob("packages/*/src")), ROOT / "tools", ROOT / "tests-e2e"]:
        for path in sorted(source.rglob("*.py")):
            if "_pb2" in path.name or "lotus" in path.parts:
                continue
            found += _file(path)
        for folder in sorted(path for path in source.rglob("*") if path.is_dir() and not _hidden(path)):
            found += _folder(folder, folder.parent == source)
    return found


def _hidden(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(ROOT).parts)


def _file(path: Path) -> list[str]:
    name = path.relative_to(ROOT)
    lines = len(path.read_text(encoding="utf-8").splitlines())
    found = [f"{name}: {lines} lines; more than {MAX_LINES} hide a second job"] if lines > MAX_LINES else []
    if path.stem in EMPTY_NAMES:
        found.append(f"{name}: '{path.stem}' says nothing about the job")
    return found


def _folder(folder: Path, is_root: bool) -> list[str]:
    modules = [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith("__") and "_pb2" not in entry.name and entry.suffix in {"", ".py"}
    ]
    limit = MAX_ROOT_ENTRIES if is_root else MAX_FOLDER_ENTRIES
    if len(modules) <= limit:
        return []
    return [f"{folder.relative_to(ROOT)}: {len(modules)} entries; more than {limit} cannot be taken in at a glance"]


if __name__ == "__main__":
    lines = findings()
    print("\n".join(lines) if lines else "house: sizes and names are fine")
    sys.exit(1 if lines else 0)
