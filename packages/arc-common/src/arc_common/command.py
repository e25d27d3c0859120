"""The ``arc`` command: finds the commands that are installed and starts one of them.

A distribution offers a command by an entry point in the group ``arc.commands`` that leads to a ``Command``. This module
and that one stay light: nothing else is imported until a command runs. A command that is not ours is handed to Arc
Memory, when that is installed, with its arguments untouched.
"""

import sys
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, cast

GROUP = "arc.commands"
"""The entry points' group."""

EXIT_OK = 0
EXIT_ERROR = 2
EXIT_INVALID = 3

_MEMORY = "arc-memory"
_SOURCE = "from the Arc repository or its wheels"
_INSTALL = {
    "runtime": f"install arc-runtime[cli] {_SOURCE}",
    "sim": f"install arc-sim {_SOURCE}",
}
"""Our commands, and how one gets them. Never by name from the public index: an arc-runtime there is not ours."""

_OURS = {"runtime": "arc_runtime.command:COMMAND", "sim": "arc_sim.command:COMMAND"}
"""Where their entry points lead."""


class Command(NamedTuple):
    """One command of ``arc``."""

    target: str
    """``package.module:callable``; the callable takes the arguments after the command's name, returns the exit code."""
    help: str
    """One line for ``arc --help``."""


class _BrokenTarget(Exception):
    """A target that leads to no callable."""


class _Found(NamedTuple):
    command: Optional[Command]
    """None when the entry point is broken."""
    problem: str
    distribution: str


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run ``arc`` with the arguments (default: those of the process) and return its exit code.

    0 the command's success, 3 unknown or not startable, 2 interrupted; else what the command returns.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        return _print_help()
    if arguments[0] in ("-V", "--version"):
        print(f"arc {_version('arc-common') or 'unknown'}")
        return EXIT_OK
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        _complain("interrupted")
        return EXIT_ERROR


def _dispatch(arguments: List[str]) -> int:
    name = arguments[0]
    entry = _entry_points().get(name)
    if entry is not None:
        return _run(name, _load(entry), arguments[1:])
    if name in _INSTALL:
        _complain(f"arc {name} is not installed: {_INSTALL[name]}")
        return EXIT_INVALID
    if _version(_MEMORY) is not None:
        return _run_memory(arguments)
    _complain(f"no command {name!r}{_suggestion(name)} (arc --help lists them)")
    return EXIT_INVALID


def _run(name: str, found: _Found, arguments: List[str]) -> int:
    if found.command is None:
        _complain(f"arc {name} is broken in {found.distribution}: {found.problem}")
        return EXIT_INVALID
    target = found.command.target
    try:
        return _call(lambda: _resolve(target)(arguments))
    except _BrokenTarget as error:
        _complain(f"arc {name} is broken in {found.distribution}: {error}")
        return EXIT_INVALID
    except ImportError as error:
        how = _INSTALL.get(name, f"install what {found.distribution} needs for it")
        _complain(f"arc {name} cannot start: {error}; {how}")
        return EXIT_INVALID


def _run_memory(arguments: List[str]) -> int:
    """Give the process to Arc Memory as if its own script had been started."""
    try:
        app = _resolve("arc_memory.cli:app")
    except (ImportError, _BrokenTarget) as error:
        _complain(f"{arguments[0]!r} belongs to Arc Memory, which cannot start: {error}; install {_MEMORY} anew")
        return EXIT_INVALID
    sys.argv = ["arc", *arguments]
    return _call(app)


def _call(function: Callable[[], Any]) -> int:
    """Return the exit code of a function that returns one, returns nothing, or raises SystemExit."""
    try:
        code = function()
    except SystemExit as stop:
        code = stop.code
    if isinstance(code, str):
        _complain(code)
        return 1
    return int(code or 0)


def _resolve(target: str) -> Callable[..., Any]:
    import importlib

    module, _, attribute = target.partition(":")
    if not module or not attribute or module.startswith("."):
        raise _BrokenTarget(f"{target!r} is not package.module:callable")
    found: Any = getattr(importlib.import_module(module), attribute, None)
    if not callable(found):
        raise _BrokenTarget(f"{target} leads to nothing that can be called")
    return cast(Callable[..., Any], found)


def _entry_points() -> Dict[str, Any]:
    """Return the entry points by command name; where two claim a name, ours wins, then the alphabet."""
    from importlib import metadata

    found = metadata.entry_points()
    select = getattr(found, "select", None)  # Python 3.8 and 3.9 give a dict
    group = list(select(group=GROUP) if select else found.get(GROUP, ()))
    group.sort(key=lambda entry: (entry.name, entry.value != _OURS.get(entry.name), entry.value))
    chosen: Dict[str, Any] = {}
    for entry in group:
        chosen.setdefault(entry.name, entry)
    return chosen


def _load(entry: Any) -> _Found:
    """Return what an entry point leads to; whatever it raises is its own problem, not that of ``arc``."""
    owner = entry.value.partition(":")[0].partition(".")[0]
    try:
        command = entry.load()
        return _Found(Command(str(command.target), str(command.help)), "", owner)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - third-party code, shown to the user
        return _Found(None, " ".join(f"{type(error).__name__}: {error}".split()), owner)


def _print_help() -> int:
    lines = ["Usage: arc COMMAND [ARGUMENTS]", "", "Commands:"]
    rows = _rows()
    width = max((len(name) for name, _ in rows), default=0)
    lines += [f"  {name:<{width}}  {text}" for name, text in rows]
    if _version(_MEMORY) is not None:
        lines += ["", "Any other command goes to Arc Memory, which is installed."]
    lines += ["", "arc COMMAND --help explains a command; arc --version prints the version."]
    print("\n".join(lines))
    return EXIT_OK


def _rows() -> List[Tuple[str, str]]:
    entries = _entry_points()
    rows = []
    for name in sorted({*entries, *_INSTALL}):
        if name not in entries:
            rows.append((name, f"(not installed: {_INSTALL[name]})"))
            continue
        found = _load(entries[name])
        text = found.command.help if found.command else f"(broken in {found.distribution}: {found.problem})"
        rows.append((name, " ".join(text.split())))
    return rows


def _suggestion(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted({*_entry_points(), *_INSTALL}), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _version(distribution: str) -> Optional[str]:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _complain(message: str) -> None:
    print(f"arc: {message}", file=sys.stderr)
