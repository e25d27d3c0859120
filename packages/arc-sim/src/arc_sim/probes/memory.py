"""The fake probe: draws latencies from a seeded model instead of sending requests."""

import math
import random
from dataclasses import dataclass, field

from arc_common.clock import Clock, SystemClock
from arc_sim.errors import ProbeError
from arc_sim.model import Cell, LoadSpec, Observation
from arc_sim.sandboxes.base import Running
from arc_sim.sandboxes.memory import MemoryRunning


@dataclass(frozen=True)
class ModelArm:
    """How one revision behaves."""

    median_ms: float = 20.0
    error_rate: float = 0.0
    """Share of calm requests that fail with 503."""
    fault_gain: float = 1.0
    """How often the injected delay reaches the caller: 0 when it is hidden, 3 when it is waited for three times."""
    fault_error_rate: float = 0.0
    """Share of requests that fail with 503 while a fault is in."""


@dataclass(frozen=True)
class LatencyModel:
    """What both revisions do; the difference between the arms is the effect to be found."""

    base: ModelArm = field(default_factory=ModelArm)
    head: ModelArm = field(default_factory=ModelArm)
    sigma: float = 0.2
    """Spread of single requests, on the log scale."""
    cell_sigma: float = 0.05
    """Noise that all requests of one cell share, on the log scale: no two runs are alike."""


class MemoryProbe:
    """Observes a MemoryRunning. The same seed, cell and model give the same observation, in any order."""

    def __init__(self, model: LatencyModel | None = None, seed: int = 0, clock: Clock | None = None) -> None:
        self.model = model or LatencyModel()
        self.seed = seed
        self._clock = clock or SystemClock()
        self._born_s = self._clock.monotonic()

    def measure(self, running: Running, load: LoadSpec, cell: Cell) -> Observation:
        """Draw one observation. What is *injected* decides about the fault, not what the cell calls itself."""
        if not isinstance(running, MemoryRunning):
            raise ProbeError("the memory probe works on the memory sandbox only")
        if not running.is_up:
            raise ProbeError(f"{running.revision} is down: not one request could be sent")
        fault = max(running.faults.values(), key=lambda fault: fault.delay_ms, default=None)
        arm = self.model.base if running.revision == "base" else self.model.head
        draw = random.Random(f"{self.seed}:{cell.round_index}:{running.revision}:{fault}")
        median_ms = arm.median_ms * math.exp(draw.gauss(0.0, self.model.cell_sigma))
        error_rate = arm.fault_error_rate if fault else arm.error_rate
        delay_ms = fault.delay_ms * arm.fault_gain if fault else 0.0
        jitter_ms = fault.jitter_ms * arm.fault_gain if fault else 0.0
        latencies: list[float] = []
        kinds: dict[str, int] = {}
        for _ in range(max(1, round(load.rate_per_s * load.duration_s))):
            latency_ms = median_ms * math.exp(draw.gauss(0.0, self.model.sigma))
            latency_ms += max(0.0, delay_ms + draw.uniform(-jitter_ms, jitter_ms))
            if latency_ms >= load.timeout_s * 1000:
                latency_ms = load.timeout_s * 1000
                kinds["timeout"] = kinds.get("timeout", 0) + 1
            elif draw.random() < error_rate:
                kinds["http_503"] = kinds.get("http_503", 0) + 1
            latencies.append(latency_ms)
        started_s = self._clock.monotonic() - self._born_s
        return Observation(cell, tuple(latencies), sum(kinds.values()), kinds, started_s)
