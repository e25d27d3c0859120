"""``arc sim graph``: services and dependencies of a revision, as text, data or picture."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from arc_sim.causal.build import Reading, derive
from arc_sim.causal.merging.systems import limit
from arc_sim.cli.folder import folder_in
from arc_sim.cli.progress import reading
from arc_sim.diff.git import open_repository, resolve
from arc_sim.errors import ConfigError, DiffError
from arc_sim.model import Edge, Graph, Impact, Setting
from arc_sim.report.graph import FORMATS
from arc_sim.report.graph.view import View
from arc_sim.report.json import check_writable, write_atomically
from arc_sim.report.text import printable


@dataclass(frozen=True)
class Asked:
    """The command line, parsed."""

    repo: Path
    rev: str | None
    rev_range: str | None
    diff: Path | None
    path: str | None
    format_name: str
    """``text`` or a name of ``FORMATS``."""
    output: Path | None
    no_cache: bool


def show_graph(asked: Asked) -> None:
    """Print the graph, or write it to a file; what could not be read goes to stderr."""
    if asked.output is not None:
        check_writable(asked.output)
    view = view_of(asked)
    text = render_text(view) if asked.format_name == "text" else _renderer(asked.format_name)(view)
    if asked.output is not None:
        write_atomically(asked.output, text)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    for warning in view.graph.warnings:
        print(printable(f"warning: {warning}"), file=sys.stderr)


def view_of(asked: Asked) -> View:
    """Return what is to be shown."""
    repository = open_repository(asked.repo)
    if repository.working_tree_dir is None:
        raise DiffError(f"{asked.repo} is a bare repository", hint="clone it, and give the clone")
    root = Path(repository.working_tree_dir)
    with reading(asked.no_cache) as how:
        if asked.rev_range is None and asked.diff is None:
            commit = resolve(repository, asked.rev or "HEAD")
            graph, impact = derive(root, commit, how), None
        else:
            graph, impact, commit = _affected(asked, how)
    directory = folder_in(asked.path, root)
    if directory is not None:
        graph = limit(graph, directory)
        if not graph.services:
            raise ConfigError(f"--path {asked.path}: no service stands there", hint="leave it out to see all")
    title = f"{root.name}{f'/{directory}' if directory else ''} at {commit[:12]}"
    return View(graph, title, impact)


def render_text(view: View) -> str:
    """Return the graph for a terminal, the systems apart."""
    if not view.graph.services:
        return "no services found; describe them in arc-sim.yaml\n"
    several = sum(len(names) > 1 for names in view.systems) > 1
    lines = []
    for number, names in enumerate(view.systems):
        if several:
            lines.append(f"system {number + 1}" if len(names) > 1 else "on its own")
        for name in names:
            service = view.graph.service(name)
            mark = view.marks.get(name)
            lines.append(f"{name}  ({service.kind if service else ''}){f'  {mark}' if mark else ''}")
            lines += [f"  -> {edge.target}  {_edge(edge)}" for edge in view.graph.outgoing(name)]
    for channel in view.graph.channels:
        who = f"{', '.join(channel.producers) or '?'} -> {', '.join(channel.consumers) or '?'}"
        lines.append(f"{channel.kind} {channel.name}: {who}")
    return "".join(printable(line) + "\n" for line in lines)


def _affected(asked: Asked, how: Reading) -> tuple[Graph, Impact, str]:
    from arc_sim.arc_memory.impact import Question, answer
    from arc_sim.diff.file import load_diff
    from arc_sim.diff.git import read_diff

    if asked.rev is not None:
        raise ConfigError("--rev and --range or --diff exclude each other", hint="the head of the range is shown")
    if asked.rev_range is not None and asked.diff is not None:
        raise ConfigError("--range and --diff exclude each other", hint="give one of them")
    diff = load_diff(asked.diff) if asked.diff else read_diff(asked.rev_range or "HEAD", asked.repo)
    found = answer(Question(asked.repo, diff, reading=how))
    return found.head, found.impact, diff.head_commit or resolve(open_repository(asked.repo), "HEAD")


def _renderer(name: str) -> Callable[[View], str]:
    module, _, attribute = FORMATS[name].partition(":")
    found: Callable[[View], str] = getattr(import_module(module), attribute)
    return found


def _edge(edge: Edge) -> str:
    facts = [edge.protocol, "" if edge.sync else "async", _setting("timeout", edge.timeout_ms, " ms")]
    facts += [_setting("retries", edge.retries, ""), f"fallback {edge.fallback}" if edge.fallback else ""]
    facts += [f"confidence {edge.confidence:.2f}", str(edge.evidence[0]) if edge.evidence else ""]
    return "  ".join(fact for fact in facts if fact)


def _setting(name: str, setting: Setting | None, unit: str) -> str:
    return f"{name} {setting.value:g}{unit} at {setting.location}" if setting else ""
