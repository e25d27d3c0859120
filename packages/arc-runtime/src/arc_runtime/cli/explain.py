"""``arc runtime explain``: what would become of a request, and why."""

import json
import sys
from pathlib import Path
from time import time
from typing import Any, Dict, List, Mapping, Optional

import typer
from typing_extensions import Annotated

from arc_runtime.cli.patterns import load_packs
from arc_runtime.config import load
from arc_runtime.errors import ConfigError
from arc_runtime.model import MISSING, Call, Change
from arc_runtime.patterns.explanation import Explanation
from arc_runtime.patterns.explanation import explain as explain_call
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline


def explain(
    file: Annotated[str, typer.Argument(help="The request's JSON body; - reads stdin.", show_default=False)],
    provider: Annotated[str, typer.Option(help="openai or anthropic.")] = "openai",
    operation: Annotated[str, typer.Option(help="chat.completions, responses, messages, ...")] = "",
    pack: Annotated[
        Optional[List[str]],
        typer.Option("--pack", help="Name or file of a pack; several are allowed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which patterns match a request, what was close, and what would leave instead. Nothing is sent."""
    body = _read_body(file)
    usual = "messages" if provider == "anthropic" else "chat.completions"
    call = Call("", provider, operation or usual, body, False, "", time())
    config = load({})
    index = PatternIndex().changed(pattern for found in load_packs(pack, golden=False) for pattern in found.patterns)
    pipeline = Pipeline(index, config.min_confidence, config.policy)
    told = explain_call(call, pipeline.before, index.match, index.near(call), config.policy, index.stages_us)
    if as_json:
        sys.stdout.write(json.dumps(_explained(told), indent=2, ensure_ascii=False, default=str) + "\n")
        return
    sys.stdout.write("\n".join(_lines(told)) + "\n")


def _read_body(file: str) -> Mapping[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        body = json.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}", "explain.file") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file} is no JSON: {error}", "explain.file") from error
    if not isinstance(body, dict):
        raise ConfigError(f"{file}: a request body is a JSON object", "explain.file")
    return body


def _explained(told: Explanation) -> Dict[str, Any]:
    return {
        "reason": told.reason,
        "changed": told.changed,
        "fixes": [
            {
                "pattern_id": fix.pattern_id,
                "confidence": fix.confidence,
                "changes": [_change(change) for change in fix.changes],
            }
            for fix in told.fixes
        ],
        "matched": list(told.matched),
        "withheld": [{"pattern_id": name, "risk": risk} for name, risk in told.withheld],
        "close": [{"pattern_id": near.pattern_id, "condition": near.condition} for near in told.close],
        "facts": dict(told.facts),
        "stages_us": dict(told.stages_us),
        "body": told.body,
    }


def _change(change: Change) -> Dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    return {"path": change.path, **{side: value for side, value in sides.items() if value is not MISSING}}


def _lines(told: Explanation) -> List[str]:
    lines = [f"{told.reason}: the request would leave {'changed' if told.changed else 'as it is'}"]
    for fix in told.fixes:
        lines.append(f"  {fix.pattern_id} (confidence {fix.confidence:g})")
        for change in fix.changes:
            lines.append(f"    {change.path}: {_shown(change.before)} -> {_shown(change.after)}")
    lines += [f"  withheld by the policy: {name} ({risk})" for name, risk in told.withheld]
    lines += [f"  close: {near.pattern_id}, but for {near.condition}" for near in told.close]
    stages = ", ".join(f"{name} {spent:.0f}" for name, spent in told.stages_us.items())
    return [*lines, f"  microseconds, cold: {stages}"]


def _shown(value: Any) -> str:
    return "(nothing)" if value is MISSING else json.dumps(value, ensure_ascii=False, default=str)
