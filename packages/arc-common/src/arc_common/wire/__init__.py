"""Wire messages: generated from ``protos/`` when the package is built, plus conversions."""
