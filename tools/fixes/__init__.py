"""Scores the pattern packs on a file of refused and accepted requests."""
