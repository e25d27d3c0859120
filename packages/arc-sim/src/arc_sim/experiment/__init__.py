"""Runs the cells of a plan against both revisions, and writes down what it does. Start with runner.py."""
