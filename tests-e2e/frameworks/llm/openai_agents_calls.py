"""The OpenAI Agents SDK: on responses and on chat completions, with a tool, streamed, synchronously and not."""

from harness import HOT, Step, wait


def steps(url):
    import agents
    from openai import AsyncOpenAI

    agents.set_tracing_disabled(True)

    def connect():
        return AsyncOpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)

    @agents.function_tool
    def find(city: str) -> str:
        """Find a city."""
        return f"found {city}"

    def agent(model, **settings):
        return agents.Agent(
            name="guide", instructions="Be kind.", model=model,
            model_settings=agents.ModelSettings(temperature=HOT, **settings), tools=[find] if settings else [],
        )  # fmt: skip

    responses = agents.OpenAIResponsesModel("gpt-4o", connect())
    chat = agents.OpenAIChatCompletionsModel("gpt-4o", connect())

    async def streamed(model):
        run = agents.Runner.run_streamed(agent(model), "Hello")
        events = [event.type async for event in run.stream_events()]
        return len(events), run.final_output

    def run(made):
        return agents.Runner.run_sync(made, "Hello").final_output

    return [
        Step("responses, run_sync", lambda: run(agent(responses))),
        Step("responses, a tool (two calls)", lambda: run(agent(responses, tool_choice="required"))),
        Step("responses, streamed", lambda: wait(streamed(responses))),
        Step("chat completions, run_sync", lambda: run(agent(chat))),
        Step("chat completions, a tool (two calls)", lambda: run(agent(chat, tool_choice="required"))),
        Step("chat completions, streamed", lambda: wait(streamed(chat))),
    ]
