"""Sentry's OpenAI and Anthropic integrations beside Arc."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from together import calls

SEEN = []


def steps(url):
    import sentry_sdk
    from sentry_sdk.integrations.anthropic import AnthropicIntegration
    from sentry_sdk.integrations.openai import OpenAIIntegration
    from sentry_sdk.transport import Transport

    class Nowhere(Transport):
        def capture_envelope(self, envelope):
            for item in envelope.items:
                payload = item.payload.json or {}
                if payload.get("type") == "transaction":
                    SEEN.extend(span for span in payload["spans"] if span["op"].startswith("gen_ai"))

    sentry_sdk.init(
        dsn="http://local@127.0.0.1:9/1", traces_sample_rate=1.0, transport=Nowhere, default_integrations=False,
        auto_enabling_integrations=False, integrations=[OpenAIIntegration(), AnthropicIntegration()],
    )  # fmt: skip

    def spans():
        """Return the spans of the transaction that is under way, and begin another."""
        scope = sentry_sdk.get_current_scope()
        if scope.transaction is not None:
            scope.transaction.finish()
        sentry_sdk.start_transaction(name="t").__enter__()
        sentry_sdk.flush(2)
        count = len(SEEN)
        SEEN.clear()
        return count

    return calls(url, spans)
