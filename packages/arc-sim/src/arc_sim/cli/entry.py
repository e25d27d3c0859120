"""Where the command line begins: signals first, then everything else; every error becomes one line and an exit code."""

import sys
import traceback
from typing import Any

from arc_sim.cli.signals import Interrupts

EXIT_BELOW, EXIT_AT_OR_ABOVE, EXIT_NOT_COMPLETED, EXIT_INVALID = 0, 1, 2, 3


def main(argv: list[str]) -> int:
    """Run ``arc sim`` with these arguments and return the exit code."""
    with Interrupts() as interrupts:
        try:
            return _run(argv, interrupts)
        except KeyboardInterrupt:
            return _say(f"interrupted ({interrupts.reason or 'SIGINT'})", "")
        except BrokenPipeError:
            sys.stderr.close()  # the reader of stdout went away; nothing more to say
            return EXIT_NOT_COMPLETED
        except Exception as error:  # noqa: BLE001 - the last place that can turn it into words
            return _fail(error, verbose=_is_verbose(argv))


def _run(argv: list[str], interrupts: Interrupts) -> int:
    import typer

    from arc_sim.cli.app import app

    click_error: Any = typer.BadParameter.__mro__[2]  # Click's own, wherever this version of Typer takes it from
    try:
        command = typer.main.get_command(app)
        code = command.main(args=argv, prog_name="arc sim", standalone_mode=False, obj=interrupts)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except click_error as error:
        context = getattr(error, "ctx", None)
        hint = f"{context.get_usage()}; {context.command_path} --help tells more" if context else ""
        return _say(error.format_message(), hint, EXIT_INVALID)
    if interrupts.reason:
        raise KeyboardInterrupt  # Typer turned it into an exit code of its own
    return int(code or 0)


def _fail(error: Exception, verbose: bool) -> int:
    from arc_sim.errors import ArcError, ConfigError, DiffError, PlanError

    if verbose:
        traceback.print_exception(error)
    if isinstance(error, ArcError):
        invalid = isinstance(error, ConfigError | DiffError | PlanError)
        return _say(error.message, error.hint, EXIT_INVALID if invalid else EXIT_NOT_COMPLETED)
    return _say(f"{type(error).__name__}: {error}", "this is a bug in arc-sim; -v shows where")


def _say(message: str, hint: str, code: int = EXIT_NOT_COMPLETED) -> int:
    """Print one line, and a second one with what helps."""
    print(f"error: {_one_line(message)}", file=sys.stderr)
    if hint:
        print(f"hint: {_one_line(hint)}", file=sys.stderr)
    return code


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _is_verbose(argv: list[str]) -> bool:
    return "-v" in argv or "--verbose" in argv
