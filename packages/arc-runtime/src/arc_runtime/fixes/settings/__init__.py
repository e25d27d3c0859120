"""Fixes of settings that are objects: thinking, reasoning, the form of the answer, streams."""
