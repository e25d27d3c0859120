"""The time that one match may take."""

from time import perf_counter_ns, thread_time_ns

DEADLINE_NS = 1_000_000
"""1 ms: hundreds of times what a match usually takes, and nothing beside an LLM call."""
SIMILAR_NS = 5_000_000
"""Where prompts are compared, which is asked only when nothing else matches: one of 1,000 words takes 1 ms to read."""


class OutOfTime(Exception):
    """The request goes through unchanged. ``stage`` says where the time went."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


class Deadline:
    """Runs out after so much work of this thread; waiting for other threads is not our work.

    The wall clock is cheap, the thread's clock is a system call: the second is asked once the first ran out.
    """

    __slots__ = ("_limit_ns", "_started_ns", "_thread_ns")

    def __init__(self, limit_ns: int = DEADLINE_NS) -> None:
        self._limit_ns = limit_ns
        self._started_ns = perf_counter_ns()
        self._thread_ns = 0

    def check(self, stage: str) -> None:
        """Raise OutOfTime when the time is up."""
        if perf_counter_ns() - self._started_ns < self._limit_ns:
            return
        now_ns = thread_time_ns()
        if not self._thread_ns:
            self._thread_ns = now_ns
        elif now_ns - self._thread_ns >= self._limit_ns:
            raise OutOfTime(stage)
