"""Fixes of a conversation."""
