"""LiteLLM: OpenAI goes through the SDK; Anthropic and most others through LiteLLM's own HTTP code, past any SDK."""

from harness import CLAMPED, HOT, LONG, Step, wait


def steps(url):
    import litellm

    litellm.telemetry = False
    user = [{"role": "user", "content": "Hello"}]
    gpt = {"model": "openai/gpt-4o", "temperature": HOT, "api_base": f"{url}/v1", "api_key": "local", "messages": user}
    claude = {
        "model": "anthropic/claude-haiku-4-5",
        "max_tokens": LONG,
        "api_base": url,
        "api_key": "local",
        "messages": user,
    }

    def text(answer):
        return answer.choices[0].message.content

    def joined(chunks):
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    async def streamed():
        return joined([chunk async for chunk in await litellm.acompletion(**gpt, stream=True)])

    protected = {}

    def protect(arc):
        """What a program does to have the requests seen that go past the SDKs."""
        import httpx
        from litellm.llms.custom_httpx.http_handler import HTTPHandler

        protected["client"] = HTTPHandler(client=httpx.Client(transport=arc.protect(httpx.HTTPTransport())))

    return [
        Step("openai completion", lambda: text(litellm.completion(**gpt))),
        Step("openai completion, stream", lambda: joined(litellm.completion(**gpt, stream=True))),
        Step("openai acompletion", lambda: text(wait(litellm.acompletion(**gpt)))),
        Step("openai acompletion, stream", lambda: wait(streamed())),
        Step("anthropic completion", lambda: text(litellm.completion(**claude)), CLAMPED, caught=False),
        Step("anthropic acompletion", lambda: text(wait(litellm.acompletion(**claude))), CLAMPED, caught=False),
        Step(
            "anthropic completion, stream",
            lambda: joined(litellm.completion(**claude, stream=True)), CLAMPED, caught=False,
        ),
        Step(
            "anthropic completion, with arc.protect",
            lambda: text(litellm.completion(**claude, **protected)), CLAMPED, prepare=protect,
        ),
        Step(
            "anthropic completion, stream, with arc.protect",
            lambda: joined(litellm.completion(**claude, **protected, stream=True)), CLAMPED, prepare=protect,
        ),
    ]  # fmt: skip
