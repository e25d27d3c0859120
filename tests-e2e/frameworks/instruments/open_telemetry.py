"""OpenTelemetry's openai-v2 instrumentation beside Arc."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from together import calls


def steps(url):
    from opentelemetry import trace
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider)

    def spans():
        count = len(exporter.get_finished_spans())
        exporter.clear()
        return count

    return calls(url, spans, own=False)
