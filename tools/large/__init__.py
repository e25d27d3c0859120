"""The parts of a large synthetic repository: what is in it, and how it is written down."""
