"""Files that a ``.dockerignore`` keeps out of the build."""

import re

from arc_sim.causal.changes.sides import Side
from arc_sim.causal.paths import DOCKERFILE, contains, name_of


def is_ignored(side: Side, root: str, path: str) -> bool:
    """Tell whether a file below a build context never reaches the builder."""
    if not root or not contains(root, path) or DOCKERFILE.match(name_of(path)) or path == root:
        return False
    rules: list[tuple[bool, re.Pattern[str]]] | None = side.memo.get("ignore:" + root)
    if rules is None:
        rules = side.memo["ignore:" + root] = _rules(side.listing.text(f"{root}/.dockerignore"))
    inner = path[len(root) + 1 :]
    ignored = False
    for negated, pattern in rules:
        if pattern.match(inner):
            ignored = not negated
    return ignored


def _rules(text: str) -> list[tuple[bool, "re.Pattern[str]"]]:
    found = []
    for line in text.splitlines()[:500]:
        rule = line.strip()
        if rule and not rule.startswith("#"):
            negated = rule.startswith("!")
            found.append((negated, _pattern(rule.lstrip("!").strip().strip("/"))))
    return found


def _pattern(rule: str) -> "re.Pattern[str]":
    """Return the expression of one rule; what it names is left out with all below."""
    translated = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", rule[:300].removeprefix("./")):
        translated += {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(rf"{translated}(?:/.*)?$")
