"""Uses the public interface the way an application does; checked by mypy, never run."""

from typing import List

from arc_runtime import Arc, Decision
from arc_runtime.errors import PatternError
from arc_runtime.testing import MemorySink


class Client:
    """Stands for an SDK's client."""

    def ask(self) -> str:
        """Return an answer."""
        return ""


def use() -> str:
    """Call everything once."""
    with Arc(endpoint="grpc://localhost:50051", api_key="k", cache_dir="~/.arc", log_level="INFO") as arc:
        name: str = arc.register_pattern(
            pattern={"model": "gpt-4", "temperature": {">": 0.9}}, fix={"temperature": 0.7}
        )
        names: List[str] = list(arc.register_patterns([{"pattern": {"model": "m"}, "fix": {"t": 1}, "priority": 1}]))
        decision: Decision = arc.explain({"model": "gpt-4"}, provider="openai", operation="chat.completions")
        if decision.changed and decision.body is not None:
            names.append(str(decision.body["temperature"]))
        with arc.tags(request_id="r1", user=None):
            answer: str = arc.wrap(Client()).ask()
        same: Client = arc.protect(Client())
        call = arc.current_call()
        names.append(call.call_id if call is not None else same.ask())
        delivered: bool = arc.flush(timeout_s=1.0)
        removed: bool = arc.remove_pattern(name)
        health = arc.health()
        return f"{answer} {delivered} {removed} {health['patterns']} {names}"


def more() -> None:
    """The other arguments."""
    try:
        Arc(packs=(), sink=MemorySink(), metrics_port=0, intercept=False).close()
    except PatternError as error:
        print(error.code, error.hint)
