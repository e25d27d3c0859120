"""Version 1 of the wire messages. Everything here but this file is generated."""
