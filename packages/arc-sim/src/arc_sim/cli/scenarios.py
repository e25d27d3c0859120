"""``arc sim scenarios``: what can be injected, what it means, and where it can be done."""

import json
import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arc_sim.faults.catalog import all_scenarios, load_scenario
from arc_sim.faults.words import describe
from arc_sim.injectors import INJECTORS, create_injector
from arc_sim.model import Scenario
from arc_sim.report.text import printable


def show_scenarios(name: str | None, as_json: bool) -> None:
    """Print every scenario in a line, or one in full."""
    known = all_scenarios() if name is None else (load_scenario(name),)
    if as_json:
        print(json.dumps([_facts(scenario) for scenario in known], indent=2, ensure_ascii=False))
    elif name is not None:
        _print_one(known[0])
    elif sys.stdout.isatty():
        Console().print(_table(known))
    else:
        for scenario in known:
            print(f"{scenario.scenario_id}  {scenario.summary}")


def sandboxes_for(scenario: Scenario) -> list[str]:
    """Return the sandboxes whose injector can do the fault; the fake is none."""
    names = sorted(name for name in INJECTORS if name != "memory")
    return [name for name in names if create_injector(name).supports(scenario.fault)]


def _facts(scenario: Scenario) -> dict[str, Any]:
    return {**asdict(scenario), "sandboxes": sandboxes_for(scenario)}


def _table(known: tuple[Scenario, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("scenario", "what happens", "edges", "sandboxes"):
        table.add_column(column, no_wrap=column == "scenario")
    for scenario in known:
        edges, places = ", ".join(scenario.protocols) or "all", ", ".join(sandboxes_for(scenario))
        table.add_row(scenario.scenario_id, scenario.summary, edges, places)
    return table


def _print_one(scenario: Scenario) -> None:
    curve = scenario.curve
    facts = {
        "what happens": scenario.summary,
        "what it means": scenario.meaning,
        "fault": f"{scenario.fault.kind}: {describe(scenario.fault)}",
        "edges": ", ".join(scenario.protocols) or "all",
        "sandboxes": ", ".join(sandboxes_for(scenario)) or "none",
        "risk": (
            f"0 up to {curve.latency_tolerated:g} times the tail and {100 * curve.errors_tolerated:g} % more errors; "
            f"100 from {curve.latency_critical:g} times or {100 * curve.errors_critical:g} % on"
        ),
    }
    grid = Table.grid(padding=(0, 2))
    for label, text in facts.items():
        grid.add_row(Text(label, style="bold"), Text(printable(text)))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(Text(printable(scenario.scenario_id), style="bold"))
    console.print(grid)
