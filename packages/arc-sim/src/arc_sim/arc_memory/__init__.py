"""Arc Memory's graph of a repository's history: read for weak evidence, and given our services in return.

Its databases are read as SQLite, never through its package; only ``ingestor`` meets that package, from its own process.
"""
