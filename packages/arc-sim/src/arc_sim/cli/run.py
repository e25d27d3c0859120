"""``arc sim``: one run."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arc_sim.cli.progress import watch
from arc_sim.cli.signals import Interrupts
from arc_sim.errors import ConfigError
from arc_sim.report.json import check_writable, render_json, write_atomically
from arc_sim.workflow.request import Request, read_request
from arc_sim.workflow.run import draw_only, run_workflow
from arc_sim.workflow.session import Hooks


@dataclass(frozen=True)
class Asked:
    """The command line, parsed."""

    repo: Path
    rev_range: str | None
    diff: Path | None
    payload: dict[str, Any]
    output: Path | None
    open_ui: bool
    verbose: bool
    dry_run: bool


def run(asked: Asked, interrupts: Interrupts) -> int:
    """Run, print, and return 0 or 1; raises ArcError otherwise."""
    if asked.verbose:
        logging.basicConfig(stream=sys.stderr, format="%(relativeCreated)6.0f ms %(name)s: %(message)s")
        logging.getLogger("arc_sim").setLevel(logging.DEBUG)
    if asked.output is not None:
        check_writable(asked.output)
    request = read_request(input_of(asked.rev_range, asked.diff) | asked.payload, asked.repo)
    if asked.dry_run:
        _emit(render_json(draw_only(request)), asked.output)
        return 0
    interrupts.alarm(request.timeout_s + 1)
    with watch() as listen:
        result = run_workflow(request, Hooks(listen=listen, hold=interrupts.hold, stopped=lambda: interrupts.reason))
    interrupts.alarm(0)
    _emit(render_json(result), asked.output)
    _tell(result, request, asked)
    return 1 if result["risk_score"] >= request.severity else 0


def input_of(rev_range: str | None, diff: Path | None) -> dict[str, Any]:
    """Return the part of the payload that says which diff."""
    if diff is None:
        return {} if rev_range is None else {"range": rev_range}
    if rev_range is not None:
        raise ConfigError("--range and --diff exclude each other", hint="give one of them")
    from arc_sim.diff.file import load_diff

    return {"diff": load_diff(diff)}


def _emit(text: str, output: Path | None) -> None:
    if output is not None:
        write_atomically(output, text)
        return
    sys.stdout.write(text)
    sys.stdout.flush()


def _tell(result: dict[str, Any], request: Request, asked: Asked) -> None:
    from rich.console import Console

    from arc_sim.report.text import render_text

    folder = request.repo / ".arc"
    files = {
        "result": asked.output or folder / "sim" / result["sim_id"] / "result.json",
        "attestation": folder / ".attest" / f"{result['sim_id']}.json",
    }
    console = Console(stderr=True)
    console.print(render_text(result, files))
    if asked.open_ui:
        console.print(f"no viewer yet: open {files['result']} in an editor", style="yellow", soft_wrap=True)
