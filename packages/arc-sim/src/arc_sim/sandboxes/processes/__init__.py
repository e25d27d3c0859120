"""Processes of a sandbox: starting, watching, ending, and what they leave behind."""
