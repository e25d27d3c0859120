"""Fixes of one parameter, or of all parameters by what is documented."""
