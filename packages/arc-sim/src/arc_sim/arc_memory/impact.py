"""What a diff affects, wherever it came from: commits, a file, the working tree; with history if there is any."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import git

from arc_sim.arc_memory.derive import history_of
from arc_sim.arc_memory.evidence import Evidence, strengthen, weigh
from arc_sim.arc_memory.store import is_graph_file, load
from arc_sim.causal.build import Reading, derive, derive_tree
from arc_sim.causal.changes.upstream import callers, consumers
from arc_sim.causal.changes.worktree import WorkTree
from arc_sim.causal.impact import affected
from arc_sim.causal.merging.systems import limit
from arc_sim.causal.paths import has_no_effect
from arc_sim.causal.tree import GitTree, Tree
from arc_sim.diff import git as gitdiff
from arc_sim.diff.check import check_files
from arc_sim.errors import ConfigError, DiffError
from arc_sim.model import Diff, Graph, Impact


@dataclass(frozen=True)
class Question:
    """What is asked."""

    repo: Path
    diff: Diff
    database: Path | None = None
    """An Arc Memory database, or a graph that ``derive_causal`` wrote."""
    directory: str | None = None
    """Only what stands below it."""
    worktree: bool = False
    """The head is what is on disk."""
    reading: Reading | None = None


@dataclass(frozen=True)
class Answer:
    """What was found."""

    impact: Impact
    head: Graph
    notes: tuple[str, ...] = ()
    """What the reader should know about how it was found."""


def answer(question: Question) -> Answer:
    """Return what the diff affects.

    A diff that names no commits is taken as one of HEAD: each file that it names counts as changed.
    Raises DiffError for a diff that is not that of its commits, ConfigError for the database or the directory.
    """
    repository = gitdiff.open_repository(question.repo)
    try:
        root = _root(repository, question.repo)
        base_commit, head_commit, notes = _commits(repository, question, root)
    finally:
        repository.close()
    with ExitStack() as stack:
        trees: list[Tree] = [GitTree(root, base_commit)]
        trees.append(WorkTree(root) if question.worktree else GitTree(root, head_commit))
        for tree in trees:
            stack.callback(tree.close)
        how = question.reading or Reading()
        if how.cache is None:
            # Both sides share nearly all files: what was read for one is kept for the other.
            how = replace(how, cache=Path(stack.enter_context(TemporaryDirectory(prefix="arc-sim-graph-"))))
        base = derive(root, base_commit, how)
        head = derive_tree(trees[1]) if question.worktree else derive(root, head_commit, how)
        head, evidence = _with_history(question, root, head, base_commit if question.worktree else head_commit)
        impact = affected(question.diff, base, head, *trees)
    impact = _with_weak_owners(impact, question.diff, head, evidence)
    return Answer(_limited(impact, head, question.directory), head, notes)


def _root(repository: git.Repo, repo: Path) -> Path:
    if repository.working_tree_dir is None:
        raise DiffError(f"{repo} is a bare repository", hint="clone it, and give the clone")
    return Path(repository.working_tree_dir)


def _commits(repository: git.Repo, question: Question, root: Path) -> tuple[str, str, tuple[str, ...]]:
    """Return base and head, checked against the files of the diff."""
    diff = question.diff
    if not diff.files:
        raise DiffError("the diff changes no file", hint="give a diff with at least one change")
    if question.worktree:
        return diff.base_commit, "", ()
    if not diff.base_commit or not diff.head_commit:
        head = gitdiff.resolve(repository, diff.head_commit or "HEAD")
        return head, head, ("the diff names no commits: every file that it names counts as changed at HEAD",)
    base = _commit(repository, diff.base_commit)
    head = _commit(repository, diff.head_commit)
    if base == head:
        raise DiffError(f"both ends of the diff are {head[:12]}", hint="give the diff of two different commits")
    named = replace(diff, base_commit=base, head_commit=head)
    check_files(named, gitdiff.diff_between(root, base, head))
    return base, head, ()


def _commit(repository: git.Repo, name: str) -> str:
    return name if name in gitdiff.EMPTY_TREE.values() else gitdiff.resolve(repository, name)


def _with_history(question: Question, root: Path, head: Graph, commit: str) -> tuple[Graph, Evidence]:
    if question.database is None:
        return head, Evidence()
    if is_graph_file(question.database):
        graph, written = load(question.database)
        return (graph if written == commit and not question.worktree else head), Evidence()
    history = history_of(root, commit, question.database)
    evidence = weigh(head, history)
    return strengthen(head, history, evidence), evidence


def _with_weak_owners(impact: Impact, diff: Diff, head: Graph, evidence: Evidence) -> Impact:
    """Add the services with whose files an unowned file always changed."""
    told = {path for reasons in impact.reasons.values() for reason in reasons for path in (reason.split(": ")[0],)}
    added: dict[str, str] = {}
    for path, name, common, seen in evidence.owners:
        changed = any(path in (change.path, change.old_path) for change in diff.files)
        if changed and path not in told and has_no_effect(path) is None:
            added.setdefault(name, f"{path}: nobody is built from it, but it changed with {name} in {common} of {seen}")
    if not added:
        return impact
    reasons = {name: impact.reasons[name] for name in impact.direct}
    for name, reason in added.items():
        reasons[name] = (*reasons.get(name, ()), f"{reason} commits")
    direct = tuple(sorted(reasons))
    upstream, waiting = callers(head, direct), consumers(head, direct)
    reasons |= {name: (f"calls {reach.path[1]}",) for name, reach in upstream.items()}
    for name, reason in waiting.items():
        reasons[name] = (*reasons.get(name, ()), reason)
    ordered = {name: reasons[name] for name in sorted(reasons)}
    return Impact(direct, tuple(sorted(upstream)), ordered, tuple(sorted(waiting)), dict(sorted(upstream.items())))


def _limited(impact: Impact, head: Graph, directory: str | None) -> Impact:
    if directory is None:
        return impact
    kept = {service.name for service in limit(head, directory).services}
    if not kept:
        raise ConfigError(f"--path {directory}: no service stands there", hint="leave it out to see all")
    return Impact(
        tuple(name for name in impact.direct if name in kept),
        tuple(name for name in impact.upstream if name in kept),
        {name: why for name, why in impact.reasons.items() if name in kept},
        tuple(name for name in impact.async_consumers if name in kept),
        {name: reach for name, reach in impact.reach.items() if name in kept},
    )
