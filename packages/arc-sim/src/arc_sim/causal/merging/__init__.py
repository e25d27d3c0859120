"""What the readers found, brought together: settings of edges, message channels."""
