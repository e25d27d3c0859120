"""The commands of ``arc sim``. Each body imports what it needs, so that --help needs nothing."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arc_sim.cli.options import (
    DiffOption,
    Format,
    GraphFormat,
    JsonOption,
    NoCacheOption,
    PathOption,
    RangeOption,
    RepoOption,
    ScenarioOption,
)

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


@app.callback()
def sim(  # noqa: PLR0913 - one parameter per option
    context: typer.Context,
    rev_range: RangeOption = None,
    diff: DiffOption = None,
    scenario: ScenarioOption = None,
    severity: Annotated[int, typer.Option(metavar="0-100", help="Exit 1 when the risk is at or above it.")] = 50,
    timeout: Annotated[int, typer.Option(metavar="S", help="Seconds after which the run ends.")] = 600,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result here.", show_default="stdout")
    ] = None,
    open_ui: Annotated[bool, typer.Option("--open-ui/--no-ui", help="Say where the result can be looked at.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every action; tracebacks for errors.")] = False,
    repo: RepoOption = Path(),
    sandbox: Annotated[str, typer.Option(metavar="auto|local", help="Where to run the services.")] = "auto",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Draws the order of rounds.", show_default="from the diff")
    ] = None,
    rounds: Annotated[int, typer.Option(metavar="N", help="Rounds of the four measurements.")] = 5,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this affected service.", show_default="all")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan as JSON and start nothing.")] = False,
) -> None:
    """Predict what a git diff would break.

    Runs both sides of the diff, without and with an injected fault, and compares them. The result is JSON on stdout;
    progress and the summary go to stderr.

    Exit codes: 0 risk below the severity, 1 at or above it, 2 not completed, 3 invalid input.
    """
    if context.invoked_subcommand is not None:
        return
    from arc_sim.cli.run import Asked, run

    payload: dict[str, Any] = {
        "scenario": scenario or None,
        "severity": severity,
        "timeout": timeout,
        "sandbox": sandbox,
        "rounds": rounds,
    }
    payload |= {"seed": seed, "service": service}
    asked = Asked(repo, rev_range, diff, payload, output, open_ui, verbose, dry_run)
    raise typer.Exit(run(asked, context.obj))


@app.command()
def graph(  # noqa: PLR0913 - one parameter per option
    repo: RepoOption = Path(),
    rev: Annotated[str | None, typer.Option(metavar="REV", help="The revision.", show_default="HEAD")] = None,
    rev_range: Annotated[
        str | None, typer.Option("--range", metavar="A..B", help="Mark what this range affects.", show_default=False)
    ] = None,
    diff: DiffOption = None,
    path: PathOption = None,
    output_format: Annotated[GraphFormat, typer.Option("--format", help="How to show it.")] = GraphFormat.text,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here.", show_default="stdout")] = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Show the services of a revision and what they depend on."""
    from arc_sim.cli.graph import Asked, show_graph

    show_graph(Asked(repo, rev, rev_range, diff, path, output_format.value, output, no_cache))


@app.command()
def affected(  # noqa: PLR0913 - one parameter per option
    rev_range: RangeOption = None,
    diff: DiffOption = None,
    worktree: Annotated[
        bool, typer.Option("--worktree", help="What is not committed, since HEAD or the revision of --range.")
    ] = False,
    repo: RepoOption = Path(),
    path: PathOption = None,
    database: Annotated[
        Path | None, typer.Option("--db", metavar="FILE", help="An Arc Memory database.", show_default="none")
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
    as_json: JsonOption = False,
    no_cache: NoCacheOption = False,
) -> None:
    """Show which services a diff affects, who notices it, and why."""
    from arc_sim.cli.affected import Asked, show_affected

    as_json = as_json or output_format is Format.json
    show_affected(Asked(repo, rev_range, diff, worktree, database, path, as_json, no_cache))


@app.command()
def scenarios(
    name: Annotated[
        str | None, typer.Argument(metavar="ID|FILE", help="Only this one, in full.", show_default="all")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what can be injected, and where."""
    from arc_sim.cli.scenarios import show_scenarios

    show_scenarios(name, as_json)


@app.command()
def verify(
    attestation: Annotated[str, typer.Argument(metavar="FILE|SIM_ID", help="An attestation, or the run's name.")],
    key: Annotated[
        Path | None, typer.Option(metavar="PUB", help="Public key (PEM).", show_default="this user's")
    ] = None,
    repo: RepoOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Check the signature of an attestation. Exit 0 accepted, 1 refused, 3 not readable."""
    from arc_sim.cli.verify import verify_file

    raise typer.Exit(verify_file(attestation, key, repo, as_json))
