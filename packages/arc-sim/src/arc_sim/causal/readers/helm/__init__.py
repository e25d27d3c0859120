"""Helm charts as the objects that they would install, as far as their values say. Nothing is executed."""
