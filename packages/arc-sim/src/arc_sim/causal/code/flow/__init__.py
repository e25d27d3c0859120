"""Follows values through the code of one service: addresses, texts put together, numbers of settings."""
