"""How deployments are put together from several files: compose files, overlays, meshes, operators."""
