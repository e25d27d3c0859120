"""Make a large synthetic repository of services in six languages, with the graph that should be found in it.

`python tools/large_repo.py PATH [--services 1000] [--files 50000] [--seed 1] [--truth FILE]`; equal arguments give an
equal commit on every machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from large.files import write_system
from large.system import draw_system

WHEN = "Large Repo <large@example.com> 1767603600 +0000"
BRANCH = "refs/heads/main"


class LargeRepoError(Exception):
    """The repository cannot be made; the message says why in one line."""


def make_large_repo(path: Path, services: int, files: int, seed: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Make a bare repository at ``path`` (missing or empty) and return ``{"services": [...], "edges": [...]}``.

    It has two commits: the second one (HEAD) changes one line in one service.
    """
    if path.exists() and any(path.iterdir()):
        raise LargeRepoError(f"{path} is not empty")
    draw = random.Random(seed)
    system = draw_system(services, draw)
    path.mkdir(parents=True, exist_ok=True)
    _git(path, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", ".")
    _git(path, "symbolic-ref", "HEAD", BRANCH)
    _git(path, "fast-import", "--quiet", content=b"".join(_stream(write_system(system, files, draw))))
    return system.truth()


def _stream(files: Iterator[tuple[str, str]]) -> Iterator[bytes]:
    """Yield what git fast-import reads."""
    yield f"commit {BRANCH}\ncommitter {WHEN}\n".encode() + _data("Begin\n")
    last = ("", "")
    for path, text in files:
        yield f"M 100644 inline {path}\n".encode() + _data(text)
        last = (path, text) if path.endswith(".py") else last
    yield f"commit {BRANCH}\ncommitter {WHEN}\n".encode() + _data("Change one service\n")
    yield f"M 100644 inline {last[0]}\n".encode() + _data(last[1] + "\nCHANGED = 1\n")


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n" % len(content) + content + b"\n"


def _git(folder: Path, *arguments: str, content: bytes = b"") -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, input=content, capture_output=True, check=False)
    if done.returncode != 0:
        raise LargeRepoError(f"git {arguments[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")


def main(argv: list[str] | None = None) -> int:
    """Make the repository and say what is in it."""
    parser = argparse.ArgumentParser(prog="large_repo.py", description="Make a large synthetic repository.")
    parser.add_argument("path", type=Path, metavar="PATH", help="where to make it; missing or empty")
    parser.add_argument("--services", type=int, default=1000, metavar="N")
    parser.add_argument("--files", type=int, default=50_000, metavar="N", help="about so many")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write the expected graph here, as JSON")
    options = parser.parse_args(argv)
    try:
        truth = make_large_repo(options.path, options.services, options.files, options.seed)
    except (LargeRepoError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    if options.truth:
        options.truth.write_text(json.dumps(truth, indent=1), encoding="utf-8")
    print(f"{len(truth['services'])} services, {len(truth['edges'])} edges")
    return 0


if __name__ == "__main__":
    sys.exit(main())
