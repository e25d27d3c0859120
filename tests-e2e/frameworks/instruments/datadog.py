"""ddtrace's OpenAI and Anthropic integrations beside Arc."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from together import calls


def steps(url):
    os.environ.update(DD_TRACE_AGENT_URL="http://127.0.0.1:9", DD_INSTRUMENTATION_TELEMETRY_ENABLED="false")
    from ddtrace import patch
    from ddtrace.trace import TraceFilter, tracer

    seen = []

    class Counting(TraceFilter):
        def process_trace(self, trace):
            seen.extend(span for span in trace if span.name.startswith(("openai", "anthropic")))

    tracer.configure(trace_processors=[Counting()])
    patch(openai=True, anthropic=True)

    def spans():
        count = len(seen)
        seen.clear()
        return count

    return calls(url, spans)
