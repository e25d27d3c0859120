"""``arc runtime run``: start a program as it would be started, with arc-runtime in it and in its child processes.

This process becomes the program (same process id, signals, exit code, terminal), so there is nothing of ours to get in
its way. What starts us in it is ``startup/sitecustomize.py``, which Python runs by itself because ``PYTHONPATH`` leads
to it; it takes itself out of ``sys.path`` before the program begins.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, NoReturn

from arc_runtime.cli import EXIT_INPUT
from arc_runtime.config import environment_of_run

STARTUP = Path(__file__).resolve().parent / "startup"
PYTHON_SUFFIXES = (".py", ".pyw", ".pyz", ".pyc")
SEALED_FLAGS = frozenset("EIS")
"""With -E or -I Python ignores PYTHONPATH, with -S it runs no sitecustomize: nothing starts us then."""


def start(argv: List[str]) -> int:
    """Become the program that ``argv`` says; return an exit code only when there is none.

    argv: ``app.py args``, ``-m module args`` or any other arguments of python, or ``command args`` such as gunicorn.
    """
    words = argv[1:] if argv[:1] == ["--"] else argv
    command = command_of(words)
    if not command:
        sys.stderr.write(f"error: {words[0] if words else 'run'}: no such file or command\n")
        return EXIT_INPUT
    if command[0] == sys.executable and _is_sealed(command[1:]):
        sys.stderr.write("arc-runtime: python ignores PYTHONPATH with -E, -I or -S: no request is intercepted\n")
    sys.stdout.flush()
    sys.stderr.flush()
    environment = environment_of_run(str(STARTUP))
    if sys.platform == "win32":  # there, exec starts another process and ends this one at once
        return subprocess.call(command, env=environment)
    _become(command, environment)


def command_of(words: List[str]) -> List[str]:
    """Return the command line to execute, empty when there is no such program."""
    if not words:
        return []
    first = words[0]
    if first.startswith("-") or first.endswith(PYTHON_SUFFIXES):
        return [sys.executable, *_interpreter_flags(), *words]
    found = shutil.which(first)
    if found:
        return [found, *words[1:]]
    return [sys.executable, *_interpreter_flags(), *words] if Path(first).exists() else []


def _become(command: List[str], environment: Dict[str, str]) -> NoReturn:
    os.execve(command[0], command, environment)


def _interpreter_flags() -> List[str]:
    """Return the flags with which this Python was started: ``python -X dev -m arc_runtime run`` means the program."""
    flags = getattr(subprocess, "_args_from_interpreter_flags", None)  # what multiprocessing uses, since 3.2
    return list(flags()) if flags is not None else []


def _is_sealed(words: List[str]) -> bool:
    for word in words:
        if not word.startswith("-") or word[:2] in ("-m", "-c"):
            return False
        if not word.startswith(("--", "-X", "-W")) and SEALED_FLAGS.intersection(word):
            return True
    return False
