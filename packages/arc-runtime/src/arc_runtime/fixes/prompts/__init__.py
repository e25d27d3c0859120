"""Fixes that add words to a prompt."""
