"""What the programs of other instrumentations share: calls, their spans, and what `close()` leaves."""

import sys

from harness import CLAMPED, HOT, LONG, Step

USER = [{"role": "user", "content": "Hello"}]


def request_methods(*modules):
    """Return the methods that Arc patches, as they are now."""
    return {
        (module, kind): sys.modules[f"{module}._base_client"].__dict__[kind].__dict__["request"]
        for module in modules
        for kind in ("SyncAPIClient", "AsyncAPIClient")
    }


class Kept:
    """Remembers the Arc, so that a step can close it."""

    arc = None

    @classmethod
    def prepare(cls, arc):
        """Remember it."""
        cls.arc = arc


def calls(url, spans, own=True):
    """Return the steps; `spans()` gives how many spans of the other instrumentation there are since the last time.

    own: whether it has an integration for Anthropic as well.
    """
    chat, stream, responses = openai_calls(url)
    made = [
        Step("chat completions, with its span", lambda: counted(chat, spans)),
        Step("stream, with its span", lambda: counted(stream, spans)),
        Step("responses", lambda: counted(responses, spans, least=0)),
    ]
    if own:
        made.append(Step("messages, with its span", lambda: counted(anthropic_call(url), spans), CLAMPED))
    closing = lambda: (close(), counted(chat, spans))[1]  # noqa: E731
    made.append(Step("after close(): its spans go on", closing, caught=False, prepare=Kept.prepare))
    return made


def counted(use, spans, least=1):
    """Return what was said and the number of spans it gave."""
    spans()
    said, count = use(), spans()
    if count < least:
        raise RuntimeError(f"{count} spans")
    return said, f"{count} spans"


def openai_calls(url):
    """Return three ways to ask OpenAI."""
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)

    def chat():
        answer = client.chat.completions.create(model="gpt-4o", temperature=HOT, messages=USER)
        return answer.choices[0].message.content

    def stream():
        chunks = client.chat.completions.create(model="gpt-4o", temperature=HOT, messages=USER, stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

    def responses():
        return client.responses.create(model="gpt-4o", temperature=HOT, input="Hello").output_text

    return chat, stream, responses


def anthropic_call(url):
    """Return a way to ask Anthropic."""
    import anthropic

    reader = anthropic.Anthropic(base_url=url, api_key="local", max_retries=0)
    question = {"model": "claude-haiku-4-5", "max_tokens": LONG, "messages": USER}
    return lambda: reader.messages.create(**question).content[0].text


def close():
    """Close Arc, if there is one; nothing of it may be left on the SDK's classes."""
    if Kept.arc:
        Kept.arc.close()
        left = {type(method).__module__ for method in request_methods("openai").values()}
        if any(name.startswith(("arc_runtime", "wrapt")) for name in left):
            raise RuntimeError(f"close() left a patch of {left}")
