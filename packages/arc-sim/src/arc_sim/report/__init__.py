"""The result of a run: as JSON for machines, as a table for people."""
