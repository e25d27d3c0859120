"""Check that the documents are true: links lead somewhere, help texts equal what the commands print.

A help text is kept true by a marker line before a code block::

    <!-- output of: arc sim --help -->

`python tools/check_docs.py --write` replaces such blocks by what the command prints now.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"<!-- output of: (?P<command>[^\n]+?) -->\n```text\n(?P<text>.*?)```", re.DOTALL)
MARKER = re.compile(r"^<!-- output of:", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """Return every Markdown file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    titles = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path: Path, text: str) -> list[str]:
    """Return one line per relative link that leads nowhere."""
    found = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.exists():
            found.append(f"{path.relative_to(ROOT)}: {target} does not exist")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(ROOT)}: no heading for #{anchor} in {name or path.name}")
    return found


class CommandFailed(Exception):
    """A command whose output a document shows does not run."""


def printed(command: str) -> str:
    """Return what a command prints, at 100 columns and without colours; raises CommandFailed when it fails."""
    words = shlex.split(command)
    words[0] = str(ROOT / ".venv" / "bin" / words[0])
    env = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    try:
        run = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True, env=env)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CommandFailed(f"`{command}` fails: {error}") from error
    return "\n".join(line.rstrip() for line in run.stdout.strip("\n").splitlines()) + "\n"


def stale_outputs(path: Path, text: str, write: bool) -> list[str]:
    """Return one line per reason why the shown outputs are not what the commands print; or write what they print."""
    name = path.relative_to(ROOT)
    if len(MARKER.findall(text)) != len(BLOCK.findall(text)):
        return [f"{name}: an 'output of' marker is not followed by a ```text block"]
    try:
        fresh = BLOCK.sub(
            lambda match: f"<!-- output of: {match['command']} -->\n```text\n{printed(match['command'])}```", text
        )
    except CommandFailed as error:
        return [f"{name}: {error}"]
    if fresh == text:
        return []
    if not write:
        return [f"{name}: a command prints something else now; run with --write"]
    path.write_text(fresh, encoding="utf-8")
    print(f"{name}: rewritten")
    return []


def main() -> int:
    """Check or rewrite all documents."""
    findings = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        findings += broken_links(path, text) + stale_outputs(path, text, "--write" in sys.argv[1:])
    print("\n".join(findings) if findings else f"docs: {len(documents())} documents are fine")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
