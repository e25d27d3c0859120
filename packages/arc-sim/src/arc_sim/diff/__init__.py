"""What changed between two commits: from git, from a file, to JSON and its hash."""
