"""Instructor on OpenAI and Anthropic, in its modes, with partial answers and asynchronously."""

from harness import CLAMPED, HOT, LONG, Step, wait
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: str


def steps(url):
    import anthropic
    import instructor
    import openai

    user = [{"role": "user", "content": "Where is the lotus?"}]
    gpt = {"model": "gpt-4o", "temperature": HOT, "messages": user, "response_model": Place, "max_retries": 0}
    claude = {"model": "claude-haiku-4-5", "max_tokens": LONG, "messages": user, "response_model": Place}
    connect = {"base_url": f"{url}/v1", "api_key": "local", "max_retries": 0}
    tools = instructor.from_openai(openai.OpenAI(**connect), mode=instructor.Mode.TOOLS)
    schema = instructor.from_openai(openai.OpenAI(**connect), mode=instructor.Mode.JSON_SCHEMA)
    later = instructor.from_openai(openai.AsyncOpenAI(**connect))
    reader = instructor.from_anthropic(anthropic.Anthropic(base_url=url, api_key="local", max_retries=0))
    return [
        Step("openai, tools", lambda: tools.chat.completions.create(**gpt)),
        Step("openai, JSON schema", lambda: schema.chat.completions.create(**gpt)),
        Step("openai, partial answers", lambda: list(tools.chat.completions.create_partial(**gpt))[-1]),
        Step("openai, async", lambda: wait(later.chat.completions.create(**gpt))),
        Step("anthropic, tools", lambda: reader.messages.create(**claude), CLAMPED),
    ]
