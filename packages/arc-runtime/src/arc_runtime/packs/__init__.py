"""Bundles of patterns that ship with arc-runtime. This file knows them all by name."""

from typing import Dict

PACKS: Dict[str, str] = {
    "hello_world": "hello_world.yaml",
}
"""``{name: file in this folder}``"""
