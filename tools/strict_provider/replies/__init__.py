"""What an accepted request gets: deterministic answers in the shapes which the real SDKs parse, whole or as events.

An event is a pair (name or None, data); `server.py` writes it as one server-sent event.
"""
