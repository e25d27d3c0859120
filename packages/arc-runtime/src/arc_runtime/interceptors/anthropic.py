"""Intercepts the Anthropic SDK, the Bedrock and Vertex clients included."""

from arc_runtime.interceptors.stainless.interceptor import StainlessInterceptor


class AnthropicInterceptor(StainlessInterceptor):
    """anthropic 0.40 to 2.x."""

    def __init__(self) -> None:
        super().__init__(name="anthropic", package="anthropic")
