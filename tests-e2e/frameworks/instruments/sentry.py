"""Sentry's OpenAI and Anthropic integrations beside Arc."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from together import calls

SEEN = []


def operations(item):
    """Return the operations of an envelope's spans: inside their transaction, or sent on their own (as 2.75 does)."""
    payload = item.payload.json or {}
    inside = [span.get("op") or "" for span in payload.get("spans", [])]
    alone = payload.get("items", []) if item.headers.get("type") == "span" else []
    return [*inside, *(span["attributes"].get("sentry.op", {}).get("value", "") for span in alone)]


def steps(url):
    import sentry_sdk
    from sentry_sdk.integrations.anthropic import AnthropicIntegration
    from sentry_sdk.integrations.openai import OpenAIIntegration
    from sentry_sdk.transport import Transport

    class Nowhere(Transport):
        def capture_envelope(self, envelope):
            for item in envelope.items:
                SEEN.extend(operation for operation in operations(item) if operation.startswith("gen_ai"))

    sentry_sdk.init(
        dsn="http://local@127.0.0.1:9/1", traces_sample_rate=1.0, transport=Nowhere, default_integrations=False,
        auto_enabling_integrations=False, integrations=[OpenAIIntegration(), AnthropicIntegration()],
    )  # fmt: skip

    under_way = []

    def spans():
        """Return the spans of the transaction that is under way, and begin another."""
        while under_way:
            under_way.pop().__exit__(None, None, None)
        sentry_sdk.flush(2)
        count = len(SEEN)
        SEEN.clear()
        under_way.append(sentry_sdk.start_transaction(name="t"))
        under_way[0].__enter__()
        return count

    return calls(url, spans)
