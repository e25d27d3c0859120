"""The command line: reads the rows, repairs each body in-process, asks the judges, prints the tables."""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path
from typing import Any, NamedTuple

from arc_runtime.config import DEFAULT_PACKS
from arc_runtime.fixes import DEFAULT_POLICY, RISKS
from arc_runtime.model import Call, Decision
from arc_runtime.patterns.files import Pack, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline
from fixes.judges import StrictJudge, keeps_the_words, same_effect

Row = dict[str, Any]


class Verdict(NamedTuple):
    """What became of one row."""

    row: Row
    changed: bool
    exact: bool
    passes: bool
    why_not: str
    fixes: tuple[str, ...]


def main(argv: list[str] | None = None) -> int:
    """Print the score; 1 where a valid or an unfixable request is changed, or below nine in ten pass."""
    parser = argparse.ArgumentParser(prog="fix_score.py", description="Score the packs on a file of requests.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--all-risks", action="store_true", help="apply fixes of every risk class")
    parser.add_argument("--without-class", action="store_true", help="each class without the entries for its error")
    parser.add_argument("-v", "--verbose", action="store_true", help="every request that does not pass")
    options = parser.parse_args(argv)
    rows = [json.loads(line) for line in options.file.read_text("utf-8").splitlines() if line.strip()]
    packs = [load_pack(name) for name in DEFAULT_PACKS]
    policy = RISKS if options.all_risks else DEFAULT_POLICY
    judge = StrictJudge()
    try:
        if options.without_class:
            return _without_class(rows, packs, policy, judge)
        verdicts = [_judge(row, _pipeline(packs, policy), judge) for row in rows]
    finally:
        judge.close()
    return _report(verdicts, options.verbose)


def _pipeline(packs: list[Pack], policy: Any, without: frozenset[str] = frozenset()) -> Pipeline:
    patterns = [p for pack in packs for p in pack.patterns if p.pattern_id not in without]
    return Pipeline(PatternIndex().changed(patterns), 0.5, policy)


def _judge(row: Row, pipeline: Pipeline, judge: StrictJudge) -> Verdict:
    request = row["request"]
    call = Call("", row["provider"], row["endpoint"], json.loads(json.dumps(request)), False, "", 0.0)
    decision: Decision = pipeline.before(call)
    after = request if decision.body is None else decision.body
    refused = judge.refusal(row["endpoint"], after)
    if not refused and not keeps_the_words(request, after):
        refused = "the user's words are gone"
    fixes = tuple(fix.pattern_id for fix in decision.fixes)
    exact = row.get("corrected") is not None and same_effect(after, row["corrected"])
    changed = decision.body is not None
    return Verdict(row, changed, exact, changed and not refused, refused, fixes)


def _report(verdicts: list[Verdict], verbose: bool) -> int:
    failing = [v for v in verdicts if v.row["kind"] == "failing"]
    fixable = [v for v in failing if v.row["fixable"]]
    unfixable = [v for v in failing if not v.row["fixable"]]
    valid = [v for v in verdicts if v.row["kind"] == "valid"]
    _table("risk class", fixable, lambda v: str(v.row["fix_risk"]))
    _table("failure class", fixable, lambda v: v.row["failure_class"], only_misses=not verbose)
    passing = sum(v.passes for v in fixable)
    print(f"\nfixable that pass: {passing} of {len(fixable)} ({passing / max(1, len(fixable)):.1%})")
    print(f"  of these, the very repair of the file: {sum(v.exact for v in fixable)}")
    print(f"unfixable changed: {sum(v.changed for v in unfixable)} of {len(unfixable)}")
    print(f"valid changed: {sum(v.changed for v in valid)} of {len(valid)}")
    print(f"valid that the strict provider refuses: {sum(bool(v.why_not) for v in valid)}")
    for v in [*(v for v in unfixable if v.changed), *(v for v in valid if v.changed)]:
        print(f"  WRONGLY CHANGED {v.row['id']}: {', '.join(v.fixes)}")
    if verbose:
        for v in fixable:
            if not v.passes:
                print(f"  {v.row['id']}: {v.why_not or 'unchanged'} [{', '.join(v.fixes)}]")
    wrong = any(v.changed for v in [*unfixable, *valid])
    return 1 if wrong or passing < 0.9 * len(fixable) else 0


def _table(title: str, verdicts: list[Verdict], key: Any, only_misses: bool = False) -> None:
    groups: dict[str, list[Verdict]] = collections.defaultdict(list)
    for verdict in verdicts:
        groups[key(verdict)].append(verdict)
    print(f"\n{title:48} pass  exact  of")
    for name, group in sorted(groups.items()):
        passing = sum(v.passes for v in group)
        if not only_misses or passing < len(group):
            print(f"{name:48} {passing:4}  {sum(v.exact for v in group):5}  {len(group)}")


def _without_class(rows: list[Row], packs: list[Pack], policy: Any, judge: StrictJudge) -> int:
    """Judge each class with the entries disabled whose `explains` fits its errors and that fixed it."""
    classes: dict[str, list[Row]] = collections.defaultdict(list)
    for row in rows:
        if row["kind"] == "failing" and row["fixable"]:
            classes[row["failure_class"]].append(row)
    errors = [known for pack in packs for known in pack.errors]
    total = kept = 0
    print(f"{'failure class':48} pass  of   entries disabled")
    for name, group in sorted(classes.items()):
        messages = [row["error"]["message"] for row in group]
        out = frozenset(e.pattern_id for e in errors if any(e.explains(message) for message in messages))
        verdicts = [_judge(row, _pipeline(packs, policy, out), judge) for row in group]
        total, kept = total + len(group), kept + sum(v.passes for v in verdicts)
        print(f"{name:48} {sum(v.passes for v in verdicts):4}  {len(group):2}   {len(out)}")
    print(f"\nstill pass without any entry that explains their error: {kept} of {total} ({kept / max(1, total):.1%})")
    return 0
