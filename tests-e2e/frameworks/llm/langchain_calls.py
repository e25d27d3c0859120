"""LangChain on OpenAI and Anthropic."""

from harness import CLAMPED, HOT, LONG, Step, wait
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: str


def find(city: str) -> str:
    """Find a city."""
    return city


def _joined(chunks):
    return "".join(chunk.text if isinstance(chunk.text, str) else chunk.text() for chunk in chunks)


async def _streamed(model):
    return _joined([chunk async for chunk in model.astream("Hello")])


def _uses(name, model, fixed):
    structured = model.with_structured_output(Place)
    forced = model.bind_tools([find], tool_choice="any")
    return [
        Step(f"{name} invoke", lambda: model.invoke("Hello").content, fixed),
        Step(f"{name} stream", lambda: _joined(model.stream("Hello")), fixed),
        Step(f"{name} batch", lambda: [m.content for m in model.batch(["One", "Two", "Three"])], fixed),
        Step(f"{name} structured output", lambda: structured.invoke("Where?"), fixed),
        Step(f"{name} tools", lambda: [call["name"] for call in forced.invoke("Where?").tool_calls], fixed),
        Step(f"{name} ainvoke", lambda: wait(model.ainvoke("Hello")).content, fixed),
        Step(f"{name} astream", lambda: wait(_streamed(model)), fixed),
    ]


def steps(url):
    from langchain_anthropic import ChatAnthropic
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings

    gpt = {"model": "gpt-4o", "temperature": HOT, "base_url": f"{url}/v1", "api_key": "local", "max_retries": 0}
    chat = ChatOpenAI(**gpt)
    responses = ChatOpenAI(**gpt, use_responses_api=True)
    claude = ChatAnthropic(model="claude-haiku-4-5", max_tokens=LONG, base_url=url, api_key="local", max_retries=0)
    embed = OpenAIEmbeddings(
        model="text-embedding-3-small", base_url=f"{url}/v1", api_key="local", check_embedding_ctx_length=False
    )
    return [
        *_uses("ChatOpenAI", chat, {"temperature": 0.7}),
        *_uses("ChatOpenAI, responses", responses, {"temperature": 0.7}),
        *_uses("ChatAnthropic", claude, CLAMPED),
        Step("OpenAIEmbeddings (watched)", lambda: len(embed.embed_query("Hello")), {}),
    ]
