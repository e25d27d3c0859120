"""The making of lotus-demo: `base/` is its first commit, `history.py` what every later commit changes."""
