"""What a change of one file means: for code, for manifests, for build files above several services."""
