"""``arc runtime golden``: runs the packs' golden requests here, with the fixes that are installed here."""

import json
import sys
from typing import Any, Dict, List, NamedTuple, Optional

import typer
from typing_extensions import Annotated

from arc_runtime.cli import EXIT_FINDING
from arc_runtime.config import load
from arc_runtime.fixes import DEFAULT_POLICY
from arc_runtime.fixes.values import same
from arc_runtime.model import Call
from arc_runtime.packs.signing import verifier
from arc_runtime.patterns.files import Golden, Pack, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline


class GoldenResult(NamedTuple):
    """What became of one golden request."""

    case: Golden
    passed: bool
    got: Optional[Dict[str, Any]]
    """The body that would leave; None: the original."""


def run_golden(pack: Pack) -> List[GoldenResult]:
    """Run each golden request of a pack against the whole pack, the risk class of its pattern allowed."""
    index = PatternIndex().changed(pack.patterns)
    risks = {pattern.pattern_id: pattern.risk for pattern in pack.patterns}
    results = []
    for case in pack.golden:
        policy = {*DEFAULT_POLICY, risks[case.pattern_id]}
        call = Call("", case.provider, case.operation, dict(case.request), False, "", 0.0)
        got = Pipeline(index, 0.0, policy).before(call).body
        results.append(GoldenResult(case, same(case.expected, got), got))
    return results


def golden(
    pack: Annotated[
        Optional[List[str]], typer.Option("--pack", help="Name or file of a pack; several are allowed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the golden requests of the packs; exit 1 where one does not become what its pack says."""
    config = load({})
    verify = verifier(config.pack_keys) if config.pack_keys else None
    results = [result for name in (pack or config.packs) for result in run_golden(load_pack(name, verify))]
    failed = [result for result in results if not result.passed]
    if as_json:
        document = {"run": len(results), "failed": [_document(result) for result in failed]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        for result in failed:
            sys.stdout.write(f"{result.case.pattern_id}: {result.case.name}: became {json.dumps(result.got)}\n")
        sys.stdout.write(f"{len(results)} golden requests, {len(failed)} failed\n")
    if failed:
        raise typer.Exit(EXIT_FINDING)


def _document(result: GoldenResult) -> Dict[str, Any]:
    return {
        "pattern_id": result.case.pattern_id,
        "name": result.case.name,
        "expected": result.case.expected,
        "got": result.got,
    }
