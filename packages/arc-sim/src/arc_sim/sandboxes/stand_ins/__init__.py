"""Services that cannot be started, played by the service graph."""
