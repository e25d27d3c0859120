"""What has to run for each side: configuration, entry, load, scope."""

from dataclasses import replace
from pathlib import Path

from arc_sim.causal.tree import GitTree
from arc_sim.config.repo import FILE_NAME, RepoConfig, parse_repo_config, start_specs
from arc_sim.errors import ConfigError
from arc_sim.model import Graph, Impact, LoadSpec, Revision, StartSpec
from arc_sim.plan.targets import choose_scope, guess_entry
from arc_sim.sandboxes.base import Deployment


def read_config(repo: Path, commit: str) -> RepoConfig | None:
    """Return arc-sim.yaml as it is at a commit; None when there is none. Raises ConfigError."""
    tree = GitTree(repo, commit)
    try:
        return parse_repo_config(tree.read(FILE_NAME).decode("utf-8"))
    except KeyError:
        return None
    except ValueError as error:  # too large, or not UTF-8
        raise ConfigError(f"{FILE_NAME} cannot be read: {error}") from error
    finally:
        tree.close()


def choose_load(config: RepoConfig | None, head: Graph) -> tuple[str, LoadSpec]:
    """Return the entry and the load: from the configuration at head, else guessed and GET /.

    Raises ConfigError when the configuration names a service that is not there.
    """
    if config is not None:
        start_specs(config, head)  # refuses names that nobody knows, with a suggestion
    named = config.entry if config else None
    if named is None and config is not None and config.load is not None:
        named = config.load.service
    entry = guess_entry(head) if named is None else _at(head, named)
    load = config.load.spec(entry) if config is not None and config.load is not None else LoadSpec(entry)
    return entry, replace(load, service=_at(head, load.service))


def deployment(
    revision: Revision, graph: Graph, commit: str, worktree: Path, asked: tuple[RepoConfig | None, Impact, str]
) -> Deployment:
    """Return what has to run for one revision. asked: its configuration, what is affected, the entry by its names."""
    config, impact, entry = asked
    starts: tuple[StartSpec, ...] = start_specs(config, graph) if config is not None else ()
    scope = choose_scope(graph, [*impact.direct, *impact.upstream], entry)
    return Deployment(revision, commit, worktree, graph, starts, scope, entry)


def by_base_names(impact: Impact, names: dict[str, str]) -> Impact:
    """Return the impact by base's names."""
    direct = tuple(sorted(names.get(name, name) for name in impact.direct))
    return Impact(direct, tuple(sorted(names.get(name, name) for name in impact.upstream)), impact.reasons)


def _at(graph: Graph, name: str) -> str:
    found = graph.service(name)
    return found.name if found else name
