"""Intercepts LLM requests, fixes those that match a known failure, and reports what happened."""

__version__ = "0.1.0"
