"""The instrumentations that are compared: how each is installed, and how many calls it has recorded."""

from __future__ import annotations

from typing import Any, ClassVar

from openai import _base_client
from openai.resources.chat.completions import AsyncCompletions, Completions

REQUEST = ((_base_client.SyncAPIClient, "request"), (_base_client.AsyncAPIClient, "request"))
CREATE = ((Completions, "create"), (AsyncCompletions, "create"))


class Case:
    """Nothing at all: blocks with and without are the same, and the difference is noise."""

    points = REQUEST
    """Where it sits on the SDK's classes."""

    def install(self) -> None:
        """Import and patch."""

    def register(self, patterns: list[dict[str, Any]]) -> None:
        """Take patterns, where that can be done."""

    def turn(self) -> None:
        """Do what belongs between some calls, outside of the measured time."""

    def recorded(self, hit: bool) -> int | None:
        """Return how many calls it has recorded (or fixed, where each is a hit); None where it keeps no count."""
        return None


class Wrapt(Case):
    """A bare wrapt wrapper that passes everything through."""

    def install(self) -> None:
        """Patch."""
        import wrapt

        def around(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
            return wrapped(*args, **kwargs)

        for owner, name in self.points:
            setattr(owner, name, wrapt.FunctionWrapper(owner.__dict__[name], around))


def some_patterns(count: int, match: bool) -> list[dict[str, Any]]:
    """Return patterns of which the last one matches, or none."""
    names = [f"other-model-{number}" for number in range(count - match)] + ["gpt-4"] * match
    return [{"pattern": {"model": name, "temperature": {">": 0.4}}, "fix": {"temperature": 0.3}} for name in names]


class Ours(Case):
    """arc-runtime of this tree."""

    events = False
    options: ClassVar[dict[str, Any]] = {"packs": ()}
    emitted = 0

    def install(self) -> None:
        """Import and patch."""
        from arc_runtime import Arc

        self.arc = Arc(sink=self if self.events else None, **self.options)

    def register(self, patterns: list[dict[str, Any]]) -> None:
        """Take patterns."""
        self.arc.register_patterns(patterns)

    def emit(self, event: Any) -> None:
        """Count an event and forget it: what is left is the cost of making it."""
        self.emitted += 1

    def recorded(self, hit: bool) -> int:
        """Return the number of calls that were seen, fixed and reported, as far as they should be."""
        counters = self.arc.health()["counters"]
        counts = [counters["requests_intercepted"], *([counters["fixes_applied"]] if hit else [])]
        return int(min([*counts, *([self.emitted] if self.events else [])]))


class OursWithPacks(Ours):
    """As installed: with the packs that are on by default."""

    options: ClassVar[dict[str, Any]] = {}


class OursWithEvents(Ours):
    """The same, making an event per call."""

    events = True


class Peer(Case):
    """The published arc-runtime 0.1.5 (import name: runtime); it patches clients when they are made."""

    points = ()

    def install(self) -> None:
        """Import; the object that owns the patched clients comes with it."""
        import runtime

        self.arc = runtime.Arc()

    def register(self, patterns: list[dict[str, Any]]) -> None:
        """Take patterns."""
        for entry in patterns:
            self.arc.register_pattern(**entry)


class Sentry(Case):
    """Sentry's OpenAI integration, its transport replaced by nothing; a transaction every 400 calls."""

    points = CREATE

    def __init__(self) -> None:
        self.counts = [0]

    def install(self) -> None:
        """Initialise."""
        import sentry_sdk
        from sentry_sdk.integrations.openai import OpenAIIntegration
        from sentry_sdk.transport import Transport

        counts = self.counts

        class Nowhere(Transport):
            def capture_envelope(self, envelope: Any) -> None:
                """Count its spans and forget them; called between the measured calls, by `turn`."""
                for item in envelope.items:
                    counts[0] += spans_in(item)

        sentry_sdk.init(
            dsn="http://local@127.0.0.1:9/1", traces_sample_rate=1.0, transport=Nowhere, default_integrations=False,
            auto_enabling_integrations=False, integrations=[OpenAIIntegration()],
        )  # fmt: skip
        self.sdk = sentry_sdk
        self.open: Any = None

    def turn(self) -> None:
        """End the transaction and begin another."""
        if self.open is not None:
            self.open.__exit__(None, None, None)
        self.open = self.sdk.start_transaction(name="t")
        self.open.__enter__()

    def recorded(self, hit: bool) -> int:
        """Return the number of spans that were sent."""
        self.turn()
        self.sdk.flush(5)
        return self.counts[0]


def spans_in(item: Any) -> int:
    """Return how many spans of LLM calls a part of Sentry's envelope holds, inside a transaction or on their own."""
    payload = item.payload.json or {}
    operations = [span.get("op") or "" for span in payload.get("spans", [])]
    if item.headers.get("type") == "span":
        operations += [span["attributes"].get("sentry.op", {}).get("value", "") for span in payload["items"]]
    return sum(operation.startswith("gen_ai") for operation in operations)


class OpenTelemetry(Case):
    """OpenTelemetry's openai-v2 instrumentation, with a provider of spans and an exporter that forgets them."""

    points = CREATE

    def __init__(self) -> None:
        self.counts = [0]

    def recorded(self, hit: bool) -> int:
        """Return the number of spans that were exported."""
        return self.counts[0]

    def install(self) -> None:
        """Instrument."""
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

        counts = self.counts

        class Nowhere(SpanExporter):
            def export(self, spans: Any) -> Any:
                """Count and forget them."""
                counts[0] += len(spans)

        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(Nowhere()))
        OpenAIInstrumentor().instrument(tracer_provider=provider)


CASES: dict[str, type[Case]] = {
    "bare": Case, "wrapt": Wrapt, "arc": Ours, "arc-packs": OursWithPacks, "arc-events": OursWithEvents, "peer": Peer,
    "sentry": Sentry, "otel": OpenTelemetry,
}  # fmt: skip
