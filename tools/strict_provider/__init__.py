"""A local LLM provider that rejects what the real APIs document they reject.

`rules/` decides (one rule = one small function in a list), `replies/` answers, `server.py` speaks HTTP.
Runs on Python 3.8 and later with the standard library alone.
"""
