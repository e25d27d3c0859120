"""Pydantic AI on OpenAI (chat and responses) and Anthropic: text, typed answers, streams."""

from harness import CLAMPED, HOT, LONG, Step, wait
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: str


async def _streamed(agent):
    async with agent.run_stream("Hello") as run:
        return [piece async for piece in run.stream_text(delta=True)]


def steps(url):
    from pydantic_ai import Agent
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.anthropic import AnthropicProvider
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=f"{url}/v1", api_key="local")
    chat = OpenAIChatModel("gpt-4o", provider=provider)
    responses = OpenAIResponsesModel("gpt-4o", provider=provider)
    claude = AnthropicModel("claude-haiku-4-5", provider=AnthropicProvider(base_url=url, api_key="local"))
    made = []
    for name, model, settings, fixed in (
        ("chat", chat, {"temperature": HOT}, {"temperature": 0.7}),
        ("responses", responses, {"temperature": HOT}, {"temperature": 0.7}),
        ("anthropic", claude, {"max_tokens": LONG}, CLAMPED),
    ):
        plain = Agent(model, model_settings=settings)
        typed = Agent(model, model_settings=settings, output_type=Place)
        made += [
            Step(f"{name}, run_sync", lambda agent=plain: agent.run_sync("Hello").output, fixed),
            Step(f"{name}, typed", lambda agent=typed: agent.run_sync("Where?").output, fixed),
            Step(f"{name}, run_stream", lambda agent=plain: wait(_streamed(agent)), fixed),
        ]
    return made
