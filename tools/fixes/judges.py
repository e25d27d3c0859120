"""Two judgements of a repaired request: the effect of an acceptable repair, and what the strict provider says."""

from __future__ import annotations

import json
import threading
from typing import Any

import anthropic
import openai
from strict_provider.record import Record
from strict_provider.server import Provider

from arc_runtime.interceptors.provenance import SUPPRESSED

PATHS = {"chat.completions": "/chat/completions", "responses": "/responses", "messages": "/v1/messages"}


class StrictJudge:
    """The strict provider on loopback, with the real SDKs in front."""

    def __init__(self) -> None:
        self._provider = Provider(0, Record())
        threading.Thread(target=self._provider.serve_forever, args=(0.01,), daemon=True).start()
        url = self._provider.url
        self._openai = openai.OpenAI(api_key="none", base_url=url + "/v1", max_retries=0)
        self._anthropic = anthropic.Anthropic(api_key="none", base_url=url, max_retries=0)

    def refusal(self, endpoint: str, body: dict[str, Any]) -> str:
        """Return why the body is refused, nothing where it is accepted."""
        client: Any = self._anthropic if endpoint == "messages" else self._openai
        token = SUPPRESSED.set(True)
        try:
            client.post(PATHS[endpoint], body=body, cast_to=object, stream=False)
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            return str(error.message)
        except (json.JSONDecodeError, openai.APIError, anthropic.APIError):
            return ""  # a stream, which is an acceptance
        finally:
            SUPPRESSED.reset(token)
        return ""

    def close(self) -> None:
        """Stop the server."""
        self._provider.shutdown()
        self._provider.server_close()


def said_by_user(body: dict[str, Any]) -> list[str]:
    """Return every text of the user in a body, in order."""
    items = body.get("messages", body.get("input", body.get("prompt")))
    if isinstance(items, str):
        return [items]
    texts: list[str] = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and item.get("role", "user") in ("user", "human"):
            texts += _texts(item.get("content"))
    return [text.strip() for text in texts if text.strip()]


def _texts(content: Any) -> list[str]:
    if isinstance(content, list):
        return [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return [content] if isinstance(content, str) else [] if content is None else [str(content)]


def keeps_the_words(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether all that the user said is still in the body, anywhere."""
    text = json.dumps(after, ensure_ascii=False)
    return all(json.dumps(said, ensure_ascii=False)[1:-1] in text for said in said_by_user(before))


def same_effect(after: Any, corrected: Any) -> bool:
    """Return whether two bodies are the same JSON: 1 and 1.0 are, true and 1 are not."""
    if isinstance(after, bool) or isinstance(corrected, bool):
        return after is corrected
    if isinstance(after, dict) and isinstance(corrected, dict):
        return after.keys() == corrected.keys() and all(same_effect(after[key], corrected[key]) for key in after)
    if isinstance(after, list) and isinstance(corrected, list):
        return len(after) == len(corrected) and all(map(same_effect, after, corrected))
    return bool(after == corrected)
