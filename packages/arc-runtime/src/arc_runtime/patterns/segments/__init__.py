"""Patterns in columns of files: built once, mapped, never changed."""
