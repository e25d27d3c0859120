"""From observations to a verdict, and from numbers to words. Pure; start with score.py."""
