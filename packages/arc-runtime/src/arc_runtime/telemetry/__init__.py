"""Carries events to a collector: bounded memory, one thread, acknowledged batches, redaction before anything leaves.

``worker.TelemetrySink`` is the way in. Nothing here is imported, started or opened before it is needed.
"""
