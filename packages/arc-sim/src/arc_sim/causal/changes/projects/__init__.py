"""The projects of a repository and which of them use which: what a build tool would say of a change.

One file per family of build tools; each has ``read(listing) -> list[Project]`` and reads build files only, never runs
anything.
"""

ECOSYSTEMS = {
    "dotnet": "arc_sim.causal.changes.projects.dotnet:read",
    "maven": "arc_sim.causal.changes.projects.maven:read",
    "gradle": "arc_sim.causal.changes.projects.gradle:read",
    "node": "arc_sim.causal.changes.projects.node:read",
    "go": "arc_sim.causal.changes.projects.go:read",
    "rust": "arc_sim.causal.changes.projects.rust:read",
    "python": "arc_sim.causal.changes.projects.python:read",
    "elixir": "arc_sim.causal.changes.projects.paths:read_elixir",
    "ruby": "arc_sim.causal.changes.projects.paths:read_ruby",
    "php": "arc_sim.causal.changes.projects.paths:read_php",
}
"""Family -> where its reader is, imported on use."""
