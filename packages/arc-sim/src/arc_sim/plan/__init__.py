"""What is decided before anything starts: targets, scope, order, load and manifest. Pure; start with draw.py."""
