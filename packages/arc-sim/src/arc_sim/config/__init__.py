"""What users set: the repository's arc-sim.yaml and what is taken from the environment."""
