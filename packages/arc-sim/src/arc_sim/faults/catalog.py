"""The scenarios that ``--scenario`` accepts.

Adding one: a file in ``scenarios/``, its name in ``SCENARIO_IDS``, and a case in each injector that supports its kind.
"""

from difflib import get_close_matches
from importlib import resources
from typing import Any

from arc_sim.errors import ConfigError
from arc_sim.model import Fault, Scenario

SCENARIO_IDS = ("network_latency",)
"""Sorted; each is a file of that name in ``scenarios/``."""


def load_scenario(scenario_id: str) -> Scenario:
    """Return the scenario of that name.

    Raises ConfigError, with the nearest known name, when there is none.
    """
    if scenario_id not in SCENARIO_IDS:
        near = get_close_matches(scenario_id, SCENARIO_IDS, n=1, cutoff=0.5)
        advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(SCENARIO_IDS)}"
        raise ConfigError(f"unknown scenario {scenario_id!r}", code="scenario.unknown", hint=advice)
    return _read(scenario_id)


def all_scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, sorted by name."""
    return tuple(_read(scenario_id) for scenario_id in SCENARIO_IDS)


def _read(scenario_id: str) -> Scenario:
    import yaml  # only when a scenario is asked for: `arc sim --help` stays fast

    text = resources.files("arc_sim.faults").joinpath("scenarios", f"{scenario_id}.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Scenario(scenario_id=data["id"], summary=data["summary"], fault=Fault(**data["fault"]))
