"""Which path is checked by which rules and answered by which reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .rejection import Body, Rule
from .replies import anthropic as messages_reply
from .replies import chat as chat_reply
from .replies import legacy
from .replies import responses as responses_reply
from .rules.anthropic import COUNT_RULES, MESSAGE_RULES
from .rules.chat import CHAT_RULES
from .rules.legacy import COMPLETION_RULES, EMBEDDING_RULES
from .rules.responses import RESPONSE_RULES

AZURE = re.compile(r"^/openai(?:/deployments/[^/]+|/v1)?(?=/)")


@dataclass(frozen=True)
class Endpoint:
    """One path of one provider; `events` is None where nothing streams."""

    provider: str
    rules: list[Rule]
    reply: Callable[[Body], Body]
    events: Callable[[Body], Iterator[tuple]] | None = None


ENDPOINTS: dict[str, Endpoint] = {
    "/v1/chat/completions": Endpoint("openai", CHAT_RULES, chat_reply.reply, chat_reply.events),
    "/v1/responses": Endpoint("openai", RESPONSE_RULES, responses_reply.reply, responses_reply.events),
    "/v1/completions": Endpoint("openai", COMPLETION_RULES, legacy.completion, legacy.completion_events),
    "/v1/embeddings": Endpoint("openai", EMBEDDING_RULES, legacy.embedding),
    "/v1/messages": Endpoint("anthropic", MESSAGE_RULES, messages_reply.reply, messages_reply.events),
    "/v1/messages/count_tokens": Endpoint("anthropic", COUNT_RULES, messages_reply.count),
}


def find_endpoint(path: str) -> Endpoint | None:
    """Return the endpoint of a path without its query; Azure's deployment paths lead to OpenAI's."""
    return ENDPOINTS.get(AZURE.sub("/v1", path))
