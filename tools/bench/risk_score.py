"""How often the risk's interval covers the truth and how often it cries wolf, on simulated rounds."""

import random

from arc_sim.model import Cell, Condition, Observation, Revision
from arc_sim.risk.score import assess_one, judge
from bench.report import Report

SEVERITY = 50
ROUNDS = 5
REQUESTS = 32
"""Per cell, as on lotus-demo."""
EXPERIMENTS = 1000
CALM_MS, FAULT_MS = 20.0, 300.0
REQUEST_NOISE = 0.1
"""Standard deviation of the log latency between requests of one cell."""
ARMS: tuple[tuple[Revision, Condition], ...] = (
    ("base", "calm"),
    ("base", "fault"),
    ("head", "calm"),
    ("head", "fault"),
)

METHOD = f"""Simulated, not measured on services: {EXPERIMENTS:,} experiments for each row, scored by
`arc_sim.risk.score.assess_one`, with {ROUNDS} rounds, {REQUESTS} requests for each cell, {CALM_MS:g} ms calm and
{FAULT_MS:g} ms under the fault. Each cell has a log-normal factor of its own (the noise between runs, as standard
deviation of the logarithm), and each request another of {REQUEST_NOISE:g}. The effect multiplies head's latency under
the fault, or is the share of head's requests that fail under the fault (others: 0). Severity {SEVERITY}; coverage is
that of the 95 % interval of the tail's difference in differences."""

CASES: tuple[tuple[str, float, float, float, float], ...] = (
    ("no effect", 0.1, 0.1, 1.0, 0.0),
    ("no effect", 0.4, 0.1, 1.0, 0.0),
    ("no effect", 0.3, 0.3, 1.0, 0.0),
    ("1.2 times as slow", 0.1, 0.1, 1.2, 0.0),
    ("1.5 times as slow", 0.1, 0.1, 1.5, 0.0),
    ("2 times as slow", 0.1, 0.1, 2.0, 0.0),
    ("3 times as slow", 0.1, 0.1, 3.0, 0.0),
    ("4 times as slow", 0.1, 0.1, 4.0, 0.0),
    ("5 % fail", 0.1, 0.1, 1.0, 0.05),
    ("15 % fail", 0.1, 0.1, 1.0, 0.15),
    ("30 % fail", 0.1, 0.1, 1.0, 0.3),
)
"""Name, noise calm, noise under the fault, effect on latency, effect on errors."""


def run() -> Report:
    """Simulate every case; the seed is fixed, so the figures repeat exactly."""
    rows = []
    for number, (name, calm, fault, slower, failing) in enumerate(CASES):
        draw = random.Random(number)
        risks = [assess_one(_experiment(draw, (calm, fault), slower, failing)) for _ in range(EXPERIMENTS)]
        covered = sum(risk.latency_log_ratio.low <= 0 <= risk.latency_log_ratio.high for risk in risks)
        verdicts = [judge(risk.score, SEVERITY) for risk in risks]
        rows.append(
            [
                name,
                f"{calm:.0%} / {fault:.0%}",
                f"{covered / EXPERIMENTS:.3f}" if slower == 1.0 else "",
                f"{sum(risk.score.value for risk in risks) / EXPERIMENTS:.1f}",
                f"{sum(risk.score.value >= SEVERITY for risk in risks) / EXPERIMENTS:.1%}",
                *(f"{verdicts.count(verdict) / EXPERIMENTS:.1%}" for verdict in ("pass", "inconclusive", "fail")),
            ]
        )
    return Report(
        title="Risk score",
        method=METHOD,
        columns=["effect", "noise calm / fault", "covers 0", "mean risk", "exit 1", "pass", "inconclusive", "fail"],
        rows=rows,
    )


def _experiment(draw: random.Random, noise: tuple[float, float], slower: float, failing: float) -> list[Observation]:
    return [
        _cell(draw, Cell(index, revision, condition), noise, (slower, failing))
        for index in range(ROUNDS)
        for revision, condition in ARMS
    ]


def _cell(draw: random.Random, cell: Cell, noise: tuple[float, float], effect: tuple[float, float]) -> Observation:
    is_hit = (cell.revision, cell.condition) == ("head", "fault")
    typical_ms = CALM_MS if cell.condition == "calm" else FAULT_MS * (effect[0] if is_hit else 1.0)
    factor = draw.lognormvariate(0, noise[0] if cell.condition == "calm" else noise[1])
    latencies = tuple(typical_ms * factor * draw.lognormvariate(0, REQUEST_NOISE) for _ in range(REQUESTS))
    errors = sum(draw.random() < effect[1] for _ in range(REQUESTS)) if is_hit else 0
    return Observation(cell, latencies, errors)
