"""Intercepts the OpenAI SDK, Azure's clients included."""

from arc_runtime.interceptors.stainless.interceptor import StainlessInterceptor


class OpenAIInterceptor(StainlessInterceptor):
    """openai 1.0 to 3.x."""

    def __init__(self) -> None:
        super().__init__(name="openai", package="openai")
