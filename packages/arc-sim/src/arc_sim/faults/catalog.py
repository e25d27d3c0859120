"""The scenarios that ``--scenario`` accepts.

Adding one: a file in ``scenarios/``, its name in ``SCENARIO_IDS``, and a case in each injector that supports its kind.
"""

from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from typing_extensions import NotRequired, TypedDict  # pydantic wants these before Python 3.12

from arc_sim.errors import ConfigError
from arc_sim.model import Curve, Fault, Scenario

SCENARIO_IDS = (
    "bandwidth_limit",
    "black_hole",
    "connection_refused",
    "connection_reset",
    "corrupted_answers",
    "cpu_throttled",
    "http_errors",
    "llm_broken_json",
    "llm_cut_stream",
    "llm_overloaded",
    "llm_rate_limited",
    "llm_slow",
    "network_jitter",
    "network_latency",
    "packet_loss",
    "partition",
    "rate_limited",
    "service_kill",
    "service_pause",
    "service_restart",
    "slow_close",
)
"""Sorted; each is a file of that name in ``scenarios/``."""

OWN_SUFFIXES = (".yaml", ".yml")
"""What names a file with a scenario of one's own."""


def load_scenario(scenario_id: str) -> Scenario:
    """Return the scenario of that name, or that of the YAML file at that path.

    Raises ConfigError, with the nearest known name, when there is none.
    """
    if scenario_id.endswith(OWN_SUFFIXES):
        return _read_file(Path(scenario_id))
    if scenario_id not in SCENARIO_IDS:
        near = get_close_matches(scenario_id, SCENARIO_IDS, n=1, cutoff=0.5)
        advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(SCENARIO_IDS)}"
        raise ConfigError(f"unknown scenario {scenario_id!r}", code="scenario.unknown", hint=advice)
    return _read(scenario_id)


def _read_file(path: Path) -> Scenario:
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 text"
        raise ConfigError(f"scenario {path}: {reason}", code="scenario.unreadable") from error
    return read_scenario(text, str(path))


def all_scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, sorted by name."""
    return tuple(_read(scenario_id) for scenario_id in SCENARIO_IDS)


def read_scenario(text: str, where: str) -> Scenario:
    """Return the scenario that a YAML document describes.

    where: what to call the document in messages.   Raises ConfigError that says which field is wrong.
    """
    import yaml  # only when a scenario is asked for: `arc sim --help` stays fast
    from pydantic import TypeAdapter, ValidationError

    try:
        data = yaml.safe_load(text)
        _refuse_unknown(data, where)
        document = TypeAdapter(_Document).validate_python(data)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" in line {place.line + 1}" if place else ""
        raise ConfigError(f"{where}: no YAML{line}", code="scenario.invalid") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ConfigError(f"{where}: {place}: {first['msg'].lower()}", code="scenario.invalid") from error
    return Scenario(
        scenario_id=document["id"],
        summary=document["summary"],
        fault=document["fault"],
        meaning=document.get("meaning", ""),
        protocols=tuple(document.get("protocols", ())),
        curve=document.get("curve", Curve()),
    )


class _Document(TypedDict):
    """A scenario as it is written."""

    id: str
    summary: str
    fault: Fault
    meaning: NotRequired[str]
    protocols: NotRequired[list[str]]
    curve: NotRequired[Curve]


def _refuse_unknown(data: object, where: str) -> None:
    """Raise ConfigError for a field that would be ignored otherwise."""
    parts = {"": _Document.__annotations__, "fault": Fault.__annotations__, "curve": Curve.__annotations__}
    for part, known in parts.items():
        found = data.get(part) if part and isinstance(data, dict) else data
        for name in found if isinstance(found, dict) else ():
            if name not in known:
                near = get_close_matches(str(name), known, n=1, cutoff=0.5)
                advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
                place = f"{part}.{name}" if part else name
                raise ConfigError(f"{where}: unknown field {place}", code="scenario.invalid", hint=advice)


def _read(scenario_id: str) -> Scenario:
    text = resources.files("arc_sim.faults").joinpath("scenarios", f"{scenario_id}.yaml").read_text("utf-8")
    return read_scenario(text, f"{scenario_id}.yaml")
