"""``arc runtime doctor``: tell whether everything is in place here."""

import json
import sys
from typing import List

import typer
from typing_extensions import Annotated

from arc_runtime.cli import EXIT_FINDING

_SIGNS = {"ok": "  ok     ", "note": "  note   ", "finding": "  FINDING"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check versions, the arc script, SDKs, settings, packs and the endpoint; exit 1 when there is a finding."""
    from arc_runtime.cli.checks import CHECKS, FINDING, Found, configuration
    from arc_runtime.config import load

    config = load({})
    found: List[Found] = [item for check in CHECKS for item in check(config)]
    findings = sum(item.level == FINDING for item in found)
    if as_json:
        document = {
            "findings": findings,
            "checks": [item._asdict() for item in found],
            "settings": [
                {"name": name, "value": value, "origin": origin} for name, value, origin in configuration(config)
            ],
        }
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    else:
        for item in found:
            sys.stdout.write(f"{_SIGNS[item.level]} {item.check}: {item.text}\n")
            if item.level == FINDING and item.hint:
                sys.stdout.write(f"            {item.hint}\n")
        sys.stdout.write("no findings\n" if not findings else f"{findings} finding(s)\n")
    if findings:
        raise typer.Exit(EXIT_FINDING)
