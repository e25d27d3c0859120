"""What arc-sim and arc-runtime share: wire messages, result schemas, signed attestations, the ``arc`` command."""

__version__ = "0.1.0"
