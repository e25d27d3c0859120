"""Write the packs that ship as JSON without their golden requests: `python tools/build_packs.py [--check]`.

A program that starts reads the JSON, which takes a tenth of the time; people read and change the YAML.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

PACKS = Path(__file__).parent.parent / "packages/arc-runtime/src/arc_runtime/packs"


def compiled(text: str) -> str:
    """Return the JSON of a pack, one pattern a line."""
    document = yaml.safe_load(text)
    patterns = [{key: value for key, value in entry.items() if key != "golden"} for entry in document["patterns"]]
    head = json.dumps({"version": document["version"], "name": document["name"]}, ensure_ascii=False)[:-1]
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in patterns)
    return f'{head}, "patterns": [\n{lines}\n]}}\n'


def main(arguments: list[str]) -> int:
    """Write what differs, or with --check name it and return 1."""
    stale = []
    for source in sorted(PACKS.glob("*.yaml")):
        target, text = source.with_suffix(".json"), compiled(source.read_text("utf-8"))
        if not target.is_file() or target.read_text("utf-8") != text:
            stale.append(target.name)
            if "--check" not in arguments:
                target.write_text(text, "utf-8")
    print(f"packs: {', '.join(stale) or 'nothing'} {'stale' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
