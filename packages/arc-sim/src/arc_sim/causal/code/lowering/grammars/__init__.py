"""One file for each language that is read. A new one: its file, a line here, its suffixes in paths.LANGUAGES."""

from functools import cache
from importlib import import_module
from typing import cast

from arc_sim.causal.code.lowering.grammars.base import Grammar

TABLES = {
    "python": "python",
    "go": "go",
    "java": "java",
    "kotlin": "kotlin",
    "javascript": "javascript",
    "typescript": "javascript",
    "tsx": "javascript",
    "c_sharp": "c_sharp",
    "ruby": "ruby",
    "php": "php",
    "rust": "rust",
    "cpp": "cpp",
    "elixir": "elixir",
}
"""Language -> file in this folder."""


@cache
def grammar_of(language: str) -> Grammar:
    """Return the table of a language; raises KeyError for an unknown one."""
    return cast(Grammar, import_module(f"arc_sim.causal.code.lowering.grammars.{TABLES[language]}").GRAMMAR)
