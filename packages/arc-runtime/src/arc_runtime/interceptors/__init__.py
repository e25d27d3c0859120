"""Puts us between an application and its LLM SDKs. This file knows every SDK by name; each is imported on use."""

import importlib
from typing import Dict

from arc_runtime.interceptors.base import Interceptor

INTERCEPTORS: Dict[str, str] = {
    "anthropic": "arc_runtime.interceptors.anthropic:AnthropicInterceptor",
    "openai": "arc_runtime.interceptors.openai:OpenAIInterceptor",
}
"""``{provider: import path}``"""


def make_interceptor(provider: str) -> Interceptor:
    """Return the interceptor of a provider; its SDK is not imported."""
    module, _, name = INTERCEPTORS[provider].partition(":")
    interceptor: Interceptor = getattr(importlib.import_module(module), name)()
    return interceptor
