"""The commands, and what an error becomes: one line on stderr and an exit code."""

import os
import sys
from typing import Any, List

import typer
from typing_extensions import Annotated

from arc_common.errors import ArcError, ConfigError
from arc_runtime.cli import EXIT_ERROR, EXIT_INPUT
from arc_runtime.cli.collector import collector
from arc_runtime.cli.doctor import doctor
from arc_runtime.cli.events import events
from arc_runtime.cli.explain import explain
from arc_runtime.cli.golden import golden
from arc_runtime.cli.metrics import metrics
from arc_runtime.cli.patterns import patterns_app
from arc_runtime.cli.program import start
from arc_runtime.errors import PatternError


def run(
    command: Annotated[List[str], typer.Argument(help="A script, arguments of python (-m module), or a command.")],
) -> None:
    """Start a program with arc-runtime in it and in its child processes, set up by ARC_* variables."""
    raise typer.Exit(start(command))


app = typer.Typer(
    name="arc runtime",
    help="See what arc-runtime does: run, collector, events, patterns, doctor.",
    epilog="Exit codes: 0 fine, 1 a finding, 2 it could not be done, 3 invalid input.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(collector)
app.command()(events)
app.command()(explain)
app.command()(golden)
app.add_typer(patterns_app, name="patterns")
app.command()(metrics)
app.command()(doctor)


def main(argv: List[str]) -> int:
    """Run one command line and return its exit code."""
    command = typer.main.get_command(app)
    try:
        code = command.main(args=argv, prog_name="arc runtime", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (ConfigError, PatternError) as error:
        return _fail(str(error), EXIT_INPUT)
    except ArcError as error:
        return _fail(str(error), EXIT_ERROR)
    except BrokenPipeError:
        # the reader has gone: what is buffered must not fail again when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _fail("interrupted", EXIT_ERROR)
    except Exception as error:  # noqa: BLE001 - the edge of the program
        return _unexpected(error)


def _unexpected(error: Any) -> int:
    # Typer carries its own copy of Click since 0.20-something: its errors are told by what they can do
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(error.format_message() + "\n")
        return 0
    if isinstance(error, typer.Abort) or type(error).__name__ == "Abort":
        return _fail("interrupted", EXIT_ERROR)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        return _fail(error.format_message(), EXIT_INPUT)
    return _fail(f"{type(error).__name__}: {error}", EXIT_ERROR)


def _fail(message: str, code: int) -> int:
    sys.stderr.write("error: " + " ".join(message.split()) + "\n")
    return code
