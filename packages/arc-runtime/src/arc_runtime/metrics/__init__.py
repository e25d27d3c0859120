"""What we count, and how a Prometheus server reads it."""
