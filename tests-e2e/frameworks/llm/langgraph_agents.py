"""Agents on LangGraph: one that calls a tool and answers, synchronously, streamed and asynchronously."""

from harness import CLAMPED, HOT, LONG, Step, wait


def find(city: str) -> str:
    """Find a city."""
    return f"found {city}"


def _said(state):
    return [type(message).__name__ for message in state["messages"]]


def steps(url):
    from langchain.agents import create_agent
    from langchain_anthropic import ChatAnthropic
    from langchain_openai import ChatOpenAI
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode, tools_condition

    gpt = ChatOpenAI(model="gpt-4o", temperature=HOT, base_url=f"{url}/v1", api_key="local", max_retries=0)
    claude = ChatAnthropic(model="claude-haiku-4-5", max_tokens=LONG, base_url=url, api_key="local", max_retries=0)
    asked = {"messages": [("user", "Where is the lotus?")]}

    def tooled(model):
        bound = model.bind_tools([find], tool_choice="any")
        graph = StateGraph(MessagesState)
        graph.add_node("model", lambda state: {"messages": [bound.invoke(state["messages"])]})

        graph.add_node("tools", ToolNode([find]))
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", tools_condition)
        graph.add_edge("tools", "model")
        return graph.compile()

    agent = create_agent(gpt, [find])
    graph, claude_graph = tooled(gpt), tooled(claude)
    return [
        Step("create_agent invoke", lambda: _said(agent.invoke(asked))),
        Step("create_agent ainvoke", lambda: _said(wait(agent.ainvoke(asked)))),
        Step("graph with a tool (two calls)", lambda: _said(graph.invoke(asked))),
        Step("graph, streamed", lambda: [list(part) for part in graph.stream(asked)]),
        Step("graph on Anthropic with a tool", lambda: _said(claude_graph.invoke(asked)), CLAMPED),
    ]
