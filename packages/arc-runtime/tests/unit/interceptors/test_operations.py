import pytest

from arc_runtime.interceptors.operations import operation_of


@pytest.mark.parametrize(
    ("url", "operation"),
    [
        ("/chat/completions", "chat.completions"),
        ("/completions", "completions"),
        ("/responses", "responses"),
        ("/embeddings", "embeddings"),
        ("/v1/messages", "messages"),
        ("/v1/messages?beta=true", "messages"),
        ("/v1/messages/count_tokens?beta=true", "messages.count_tokens"),
        ("/v1/messages/batches", "batches"),
        ("/v1/complete", "completions"),
        ("https://gateway.example/openai/v1/chat/completions", "chat.completions"),
        ("https://x.example/openai/deployments/gpt-4/chat/completions?api-version=1", "chat.completions"),
        ("/openai/deployments/gpt-4/embeddings", "embeddings"),
        ("/chat/completions/chatcmpl-123", "chat"),
        ("/responses/resp_1/cancel", "responses.other"),
        ("/threads/thread_1/messages", "threads"),
        ("/images/generations", "images"),
        ("/v1/models", "models"),
        ("", "unknown"),
        ("/", "unknown"),
        ("https://x.example", "unknown"),
    ],
)
def test_a_url_belongs_to_an_operation(url: str, operation: str) -> None:
    assert operation_of(url) == operation
