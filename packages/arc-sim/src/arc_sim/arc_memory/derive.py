"""The service graph of a revision, with what Arc Memory knows of its history."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from arc_sim.arc_memory import store
from arc_sim.arc_memory.database import open_database
from arc_sim.arc_memory.evidence import Evidence, strengthen, weigh
from arc_sim.arc_memory.history import History, read_history
from arc_sim.causal.build import derive
from arc_sim.causal.tree import GitTree
from arc_sim.diff.git import open_repository, run
from arc_sim.errors import DiffError
from arc_sim.model import Graph

MAX_COMMITS = 200_000
"""Commits of the repository that are told from those of others."""


@dataclass(frozen=True)
class Derived:
    """A graph and what history added."""

    graph: Graph
    commit: str
    evidence: Evidence


def derive_with_history(repo: Path, commit: str, database: Path | None) -> Derived:
    """Return the graph of a commit; without a database it is the repository's own.

    database: an Arc Memory database, or a graph that ``derive_causal`` wrote: of the same commit it is taken as it is.
    Raises ConfigError for a database that cannot be read, DiffError for the repository.
    """
    if database is not None and store.is_graph_file(database):
        graph, written = store.load(database)
        return Derived(graph if written == commit else derive(repo, commit), commit, Evidence())
    history = history_of(repo, commit, database) if database is not None else History()
    graph = derive(repo, commit)
    evidence = weigh(graph, history)
    return Derived(strengthen(graph, history, evidence), commit, evidence)


def history_of(repo: Path, commit: str, database: Path) -> History:
    """Return what a database says about a repository."""
    with open_database(database) as opened, closing(GitTree(repo, commit)) as tree:
        return read_history(opened, repo, tree.paths(), _commits(repo))


def _commits(repo: Path) -> "frozenset[str] | None":
    try:
        with closing(open_repository(repo)) as repository:
            listed = run(repository, "rev-list", "--all", f"--max-count={MAX_COMMITS}")
    except DiffError:
        return None
    found = frozenset(listed.decode("ascii", "replace").split())
    return found if len(found) < MAX_COMMITS else None
