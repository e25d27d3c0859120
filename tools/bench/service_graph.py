"""How long it takes to derive the service graph of large repositories, cold, cached, and after a small change."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large_repo import make_large_repo
from sample_repo import make_sample_repo

from arc_sim.causal.build import Reading, derive
from bench.report import Report, median

SIZES = ((20, 1_000), (200, 10_000), (1_000, 50_000))
"""Services and files."""
SMALL_REPEATS, LARGE_REPEATS = 3, 1

METHOD = """Each row is a synthetic repository of `tools/large_repo.py` (six languages, compose and Kubernetes, files
of 30
to 320 lines), the last one lotus-demo. Every reading is a process of its own, started before the clock. *cold*:
nothing kept. *cached*: the same commit again. *one file changed*: the next commit, with what was kept of the
one before. *floor*: `git cat-file --batch` alone, reading the same contents. Memory: the largest resident set
of the reading process, and of one of its workers. Edges: missing and surplus against the graph that the
generator drew. Medians of 3, one reading from 10,000 files on."""


def run() -> Report:
    """Measure all sizes."""
    report = Report(
        title="Service graph",
        method=METHOD,
        columns=["services", "files", "cold", "of that, per file", "cached", "one file changed", "floor", "memory",
                 "edges missing / surplus"],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for services, files in SIZES:
            repo = folder / f"r{files}"
            truth = make_large_repo(repo, services, files)
            report.rows.append(_row(repo, services, SMALL_REPEATS if files < 10_000 else LARGE_REPEATS, truth))
        make_sample_repo(folder / "lotus")
        report.rows.append(_row(folder / "lotus", 6, SMALL_REPEATS, None))
    return report


def _row(repo: Path, services: int, repeats: int, truth: "dict[str, list[dict[str, object]]] | None") -> list[str]:
    colds, cacheds, afters = [], [], []
    for number in range(repeats):
        cache = repo.parent / f"{repo.name}-cache-{number}"
        colds.append(_read(repo, "HEAD~1", cache))
        cacheds.append(_read(repo, "HEAD~1", cache))
        afters.append(_read(repo, "HEAD", cache))
    files = _git(repo, "ls-tree", "-r", "--name-only", "HEAD~1").count(b"\n")
    cold = median([float(found["seconds"]) for found in colds])
    last = colds[-1]
    return [
        f"{services:,}",
        f"{files:,}",
        f"{cold:.1f} s",
        f"{1000 * cold / files:.2f} ms",
        f"{median([float(found['seconds']) for found in cacheds]):.2f} s",
        f"{median([float(found['seconds']) for found in afters]):.2f} s",
        f"{median([_floor(repo) for _ in range(repeats)]):.2f} s",
        f"{last['self_mb']} + {last['worker_mb']} MB",
        _differences(last["edges"], truth),
    ]


def _differences(edges: object, truth: "dict[str, list[dict[str, object]]] | None") -> str:
    if truth is None:
        return ""
    found = {tuple(pair) for pair in edges} if isinstance(edges, list) else set()
    wanted = {(edge["source"], edge["target"]) for edge in truth["edges"]}
    return f"{len(wanted - found)} / {len(found - wanted)} of {len(wanted)}"


def _read(repo: Path, revision: str, cache: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.service_graph", str(repo), revision, str(cache)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _floor(repo: Path) -> float:
    """Return how long git needs to give all contents."""
    names = b"\n".join(line.split()[2] for line in _git(repo, "ls-tree", "-r", "HEAD~1").splitlines())
    started_s = time.perf_counter()
    subprocess.run(["git", "-C", str(repo), "cat-file", "--batch"], input=names, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started_s


def _git(repo: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repo), *arguments], capture_output=True, check=True).stdout


def main() -> None:
    """Derive one graph and print what it took: the process that ``_read`` starts."""
    repo, revision, cache = sys.argv[1:]
    started_s = time.perf_counter()
    graph = derive(Path(repo), revision, Reading(Path(cache)))
    seconds = time.perf_counter() - started_s
    sizes = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    edges = [list(edge.key) for edge in graph.edges]
    print(json.dumps({"seconds": seconds, "self_mb": sizes[0], "worker_mb": sizes[1], "edges": edges}))


if __name__ == "__main__":
    main()
