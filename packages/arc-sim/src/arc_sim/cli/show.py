"""``arc sim graph``, ``affected`` and ``scenarios``: what a run would be based on."""

import json
from dataclasses import asdict
from typing import Any

from arc_sim.faults.catalog import all_scenarios


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
