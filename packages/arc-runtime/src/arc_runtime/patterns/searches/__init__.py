"""Patterns that no key leads to: found by a text that they ask for, or by likeness."""
