"""Which frameworks are tried, with what they are installed from. Versions are the newest that the index has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Framework:
    """One program in one environment."""

    name: str
    program: str
    """Path below this folder."""
    requirements: tuple[str, ...]
    """The first one gives the version that the table shows."""


LLM = (
    Framework("LangChain", "llm/langchain_calls.py", ("langchain", "langchain-openai", "langchain-anthropic")),
    Framework(
        "LangGraph", "llm/langgraph_agents.py", ("langgraph", "langchain", "langchain-openai", "langchain-anthropic")
    ),
    Framework(
        "LlamaIndex",
        "llm/llama_index_calls.py",
        (
            "llama-index-core",
            "llama-index-llms-openai",
            "llama-index-llms-anthropic",
            "llama-index-embeddings-openai",
            "anthropic<1",
        ),
    ),
    Framework("LiteLLM", "llm/litellm_calls.py", ("litellm",)),
    Framework("Instructor", "llm/instructor_calls.py", ("instructor", "anthropic")),
    Framework("OpenAI Agents SDK", "llm/openai_agents_calls.py", ("openai-agents",)),
    Framework("Pydantic AI", "llm/pydantic_ai_calls.py", ("pydantic-ai-slim[openai,anthropic]",)),
)

WEB = (
    Framework("FastAPI", "web/fastapi_app.py", ("fastapi", "uvicorn", "openai")),
    Framework("Flask", "web/flask_app.py", ("flask[async]", "openai")),
    Framework("Django", "web/django_app.py", ("django", "uvicorn", "openai")),
)

PROCESSES = (
    Framework("gunicorn and uvicorn", "processes/servers.py", ("gunicorn", "uvicorn", "openai")),
    Framework("Celery", "processes/celery_worker.py", ("celery", "openai")),
    Framework("multiprocessing and os.fork", "processes/forks.py", ("openai",)),
)

INSTRUMENTS = (
    Framework("Sentry", "instruments/sentry.py", ("sentry-sdk", "openai", "anthropic")),
    Framework(
        "OpenTelemetry openai-v2",
        "instruments/open_telemetry.py",
        (
            "opentelemetry-instrumentation-openai-v2==2.4b0",
            "opentelemetry-util-genai<=1.1b0",
            "opentelemetry-sdk",
            "httpx",
            "openai",
        ),
    ),
    Framework("ddtrace", "instruments/datadog.py", ("ddtrace", "openai", "anthropic")),
)

ALL = (*LLM, *WEB, *PROCESSES, *INSTRUMENTS)
