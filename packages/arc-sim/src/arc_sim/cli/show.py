"""``arc sim graph``, ``affected`` and ``scenarios``: what a run would be based on."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arc_sim.faults.catalog import all_scenarios
from arc_sim.report.text import printable


def show_affected(repo: Path, rev_range: str | None, diff: Path | None, as_json: bool) -> None:
    """Print what a diff affects, and why."""
    from arc_sim.api import find_impact
    from arc_sim.cli.run import input_of

    impact = find_impact(input_of(rev_range, diff), repo)
    if as_json:
        return _json(asdict(impact))
    if not impact.direct:
        print("no service is affected")
    for title, names in (("changed", impact.direct), ("upstream", impact.upstream)):
        for name in names:
            print(printable(f"{title:8}  {name}"))
            for reason in impact.reasons.get(name, ()):
                print(printable(f"          {reason}"))
    return None


def show_scenarios(as_json: bool) -> None:
    """Print every scenario."""
    known = all_scenarios()
    if as_json:
        return _json([asdict(scenario) for scenario in known])
    for scenario in known:
        print(f"{scenario.scenario_id}  {scenario.summary}")
    return None


def _json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
