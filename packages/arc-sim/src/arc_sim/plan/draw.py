"""One experiment, drawn from a seed."""

import random
from dataclasses import dataclass

from arc_sim.errors import PlanError
from arc_sim.model import Cell, Diff, Graph, Impact, LoadSpec, Plan, Scenario
from arc_sim.plan.manifest import hash_manifest, render_manifest
from arc_sim.plan.names import names_at_base
from arc_sim.plan.targets import choose_targets

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


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    sim_id: str
    scenario: Scenario
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
    targets = choose_targets(sides.impact, sides.base, sides.head, names, wish.service, wish.scenario.protocols)
    if not targets:
        return None
    seed = seed_of(sides.diff) if wish.seed is None else wish.seed
    manifest = render_manifest(wish.scenario, targets)
    return Plan(
        sim_id=wish.sim_id,
        scenario=wish.scenario,
        seed=seed,
        rounds=wish.rounds,
        cells=order_cells(seed, wish.rounds),
        targets=targets,
        load=wish.load,
        manifest=manifest,
        manifest_hash=hash_manifest(manifest),
    )


def seed_of(diff: Diff) -> int:
    """Return the seed used when none is given: the first 32 bits of the diff's hash, so a diff repeats its schedule."""
    return int(diff.diff_hash.removeprefix("sha256:")[:8], 16)


def order_cells(seed: int, rounds: int) -> tuple[Cell, ...]:
    """Return four cells for each round, shuffled inside the round: drift hits all four arms alike."""
    draw = random.Random(seed)
    cells: list[Cell] = []
    for index in range(rounds):
        arms = list(_ARMS)
        draw.shuffle(arms)
        cells += [Cell(index, revision, condition) for revision, condition in arms]  # type: ignore[arg-type]  # literals
    return tuple(cells)
