"""The result as JSON: checked against its published schema, written in one piece."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from arc_sim.errors import ConfigError


def check_result(result: dict[str, Any]) -> None:
    """Raise ValueError, with the place, when the result does not fit the published schema: that is a bug of ours."""
    import jsonschema

    from arc_common.schemas import load

    errors = sorted(jsonschema.Draft202012Validator(load("simulation_result")).iter_errors(result), key=str)
    if errors:
        first = errors[0]
        raise ValueError(f"the result does not fit its schema at {first.json_path}: {first.message[:200]}")


def render_json(result: dict[str, Any]) -> str:
    """Return the result as indented JSON with a newline at its end."""
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` in one step: a reader sees the old file or the whole new one.

    What is no file, such as /dev/null or a pipe, is written to and never replaced.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_writable(path: Path) -> None:
    """Raise ConfigError when ``path`` could not be written at the end of the run; leaves nothing behind."""
    if path.is_dir():
        raise ConfigError(f"--output {path} is a directory", hint="give a file")
    if not path.parent.is_dir():
        raise ConfigError(f"--output {path}: {path.parent} is no directory", hint=f"mkdir -p {path.parent}")
    try:
        if path.is_file() or not path.exists():
            with tempfile.NamedTemporaryFile(prefix=f".{path.name[:100]}.", dir=path.parent):
                pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror}", hint="give another file") from error
