"""Bundles of patterns that ship with arc-runtime. This file knows them all by name."""

from typing import Dict

PACKS: Dict[str, str] = {
    "anthropic_messages": "anthropic_messages.yaml",
    "hello_world": "hello_world.yaml",
    "hygiene": "hygiene.yaml",
    "openai_chat": "openai_chat.yaml",
    "openai_responses": "openai_responses.yaml",
}
"""``{name: file in this folder}``"""
DEFAULT_PACKS = ("hello_world", "hygiene", "openai_chat", "openai_responses", "anthropic_messages")
"""What is loaded unless ARC_PACKS says otherwise. They change requests alone that the provider's documents refuse."""
