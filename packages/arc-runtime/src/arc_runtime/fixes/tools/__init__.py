"""Fixes of tools: definitions, schemas, names, choice, calls and results."""
