"""The experiments of a run, drawn from a seed."""

import random
from dataclasses import dataclass, replace

from arc_sim.errors import PlanError
from arc_sim.model import Cell, Diff, EdgeChange, Experiment, Graph, Impact, LoadSpec, Plan, Scenario
from arc_sim.plan.experiments import make_experiments, ranking
from arc_sim.plan.manifest import hash_manifest, render_manifest
from arc_sim.plan.names import names_at_base
from arc_sim.plan.targets import choose_targets, is_reached

DEFAULT_ROUNDS = 5
"""Enough to see +50 % on p95 nineteen times in twenty at 10 % noise between rounds (docs/decisions/0007)."""

MIN_ROUNDS = 2
"""Below two there is no spread, and so no interval."""

MAX_ROUNDS = 1000

_ARMS: tuple[tuple[str, str], ...] = (("base", "calm"), ("base", "fault"), ("head", "calm"), ("head", "fault"))


@dataclass(frozen=True)
class Sides:
    """What is known about the two sides of a diff."""

    diff: Diff
    base: Graph
    head: Graph
    impact: Impact
    changes: tuple[EdgeChange, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    sim_id: str
    scenarios: tuple[Scenario, ...]
    load: LoadSpec
    seed: int | None = None
    rounds: int = DEFAULT_ROUNDS
    service: str | None = None


def draw_plan(sides: Sides, wish: Wish) -> Plan | None:
    """Return the plan, or None when the affected services have no edge that could get the fault.

    Equal diff, scenario and seed give an equal plan, but for ``sim_id``.   Raises PlanError for too few rounds.
    """
    if not MIN_ROUNDS <= wish.rounds <= MAX_ROUNDS:
        raise PlanError(f"rounds must be between {MIN_ROUNDS} and {MAX_ROUNDS}, not {wish.rounds}")
    names = names_at_base(sides.base, sides.head, sides.diff)
    rank = ranking(sides.changes, sides.head, lambda edge: is_reached(sides.head, wish.load.service, edge))
    experiments: list[Experiment] = []
    could: set[tuple[str, str]] = set()
    for scenario in wish.scenarios:
        targets = choose_targets(sides.impact, sides.base, sides.head, names, wish.service, scenario.protocols)
        experiments += make_experiments(scenario, targets, rank) if targets else []
        could.update(targets)
    if not experiments:
        return None
    seed = seed_of(sides.diff) if wish.seed is None else wish.seed
    manifest = "---\n".join(render_manifest(each.scenario, each.targets) for each in experiments)
    plan = Plan(
        sim_id=wish.sim_id,
        experiments=tuple(experiments),
        seed=seed,
        rounds=wish.rounds,
        cells=order_cells(seed, wish.rounds, len(experiments)),
        load=wish.load,
        manifest=manifest,
        manifest_hash=hash_manifest(manifest),
    )
    return replace(plan, left_out=tuple(sorted(could.difference(plan.targets))))


def seed_of(diff: Diff) -> int:
    """Return the seed used when none is given: the first 32 bits of the diff's hash, so a diff repeats its schedule."""
    return int(diff.diff_hash.removeprefix("sha256:")[:8], 16)


def order_cells(seed: int, rounds: int, experiments: int = 1) -> tuple[Cell, ...]:
    """Return the cells of each round, shuffled inside the round: drift hits all arms alike."""
    draw = random.Random(seed)
    more = [arm for arm in _ARMS if arm[1] == "fault"]
    cells: list[Cell] = []
    for index in range(rounds):
        arms = [(*arm, 0) for arm in _ARMS] + [(*arm, number) for number in range(1, experiments) for arm in more]
        draw.shuffle(arms)
        cells += [Cell(index, revision, condition, number) for revision, condition, number in arms]  # type: ignore[arg-type]  # literals
    return tuple(cells)
