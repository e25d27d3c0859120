"""Benchmarks: each module measures one thing and returns a Report. Run them with ``make bench``."""
