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


def printed(command: str) -> str:
    """Return what a command prints, at 100 columns and without colours."""
    words = shlex.split(command)
    words[0] = str(ROOT / ".venv" / "bin" / words[0])
    env = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    run = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, env=env)
    return "\n".join(line.rstrip() for line in run.stdout.strip("\n").splitlines()) + "\n"


def main() -> int:
    """Check or rewrite all documents."""
    write = "--write" in sys.argv[1:]
    findings = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        findings += broken_links(path, text)
        fresh = BLOCK.sub(
            lambda match: f"<!-- output of: {match['command']} -->\n```text\n{printed(match['command'])}```", text
        )
        if fresh != text and write:
            path.write_text(fresh, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: rewritten")
        elif fresh != text:
            findings.append(f"{path.relative_to(ROOT)}: a command prints something else now; run with --write")
    print("\n".join(findings) if findings else f"docs: {len(documents())} documents are fine")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
