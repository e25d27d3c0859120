"""Edges between services: addresses, and the fault proxies that they lead to."""
