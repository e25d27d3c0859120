"""LlamaIndex on OpenAI and Anthropic."""

from harness import CLAMPED, COOLED, HOT, LONG, Step, wait
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: str


def find(city: str) -> str:
    """Find a city."""
    return city


async def _streamed(model):
    return [part.delta async for part in await model.astream_complete("Hello")]


def _uses(name, model, fixed, structured):
    from llama_index.core.llms import ChatMessage
    from llama_index.core.tools import FunctionTool

    asked = [ChatMessage(role="user", content="Hello")]
    tool = FunctionTool.from_defaults(find)
    return [
        Step(f"{name} complete", lambda: model.complete("Hello").text, fixed),
        Step(f"{name} chat", lambda: model.chat(asked).message.content, fixed),
        Step(f"{name} stream", lambda: [part.delta for part in model.stream_chat(asked)], fixed),
        Step(f"{name} structured output", lambda: model.as_structured_llm(Place).complete("Where?").raw, structured),
        Step(
            f"{name} tools",
            lambda: [
                call.tool_name
                for call in model.get_tool_calls_from_response(
                    model.chat_with_tools([tool], "Where?", tool_required=True), error_on_no_tool_call=False
                )
            ],
            fixed,
        ),
        Step(f"{name} acomplete", lambda: wait(model.acomplete("Hello")).text, fixed),
        Step(f"{name} astream", lambda: wait(_streamed(model)), fixed),
    ]


def steps(url):
    from llama_index.embeddings.openai import OpenAIEmbedding
    from llama_index.llms.anthropic import Anthropic
    from llama_index.llms.openai import OpenAI, OpenAIResponses

    gpt = {"model": "gpt-4o", "temperature": HOT, "api_base": f"{url}/v1", "api_key": "local", "max_retries": 0}
    claude = Anthropic(model="claude-haiku-4-5", max_tokens=LONG, base_url=url, api_key="local", max_retries=0)
    embed = OpenAIEmbedding(model="text-embedding-3-small", api_base=f"{url}/v1", api_key="local")
    responses = OpenAIResponses(**gpt)
    return [
        *_uses("OpenAI", OpenAI(**gpt, reuse_client=False), COOLED, COOLED),
        Step("OpenAIResponses complete", lambda: responses.complete("Hello").text),
        Step("OpenAIResponses stream", lambda: [part.delta for part in responses.stream_complete("Hello")]),
        *_uses("Anthropic", claude, CLAMPED, {}),  # its structured output sends another max_tokens: watched
        Step("OpenAIEmbedding (watched)", lambda: len(embed.get_text_embedding("Hello")), {}),
    ]
