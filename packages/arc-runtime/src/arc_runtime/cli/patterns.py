"""``arc runtime patterns`` and ``arc runtime explain``: what would become of a request, and why."""

import json
import sys
from pathlib import Path
from time import time
from typing import Any, Dict, List, Mapping, Optional

import typer
from typing_extensions import Annotated

from arc_runtime.config import load
from arc_runtime.errors import ConfigError
from arc_runtime.model import MISSING, Call, Change, Decision
from arc_runtime.patterns.files import Pack, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import Pattern
from arc_runtime.pipeline import Pipeline

patterns_app = typer.Typer(help="Patterns that are in force here.", no_args_is_help=True)
_PACK = typer.Option("--pack", help="Name or file of a pack; several are allowed. Default: ARC_PACKS.")
_JSON = typer.Option("--json", help="Print JSON.")


@patterns_app.callback()
def _patterns() -> None:
    """Patterns that are in force here."""


@patterns_app.command("list")
def list_patterns(
    pack: Annotated[Optional[List[str]], _PACK] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """List the patterns of the packs that would be loaded."""
    packs = _packs(pack)
    if as_json:
        documents = [_document(found.name, pattern) for found in packs for pattern in found.patterns]
        sys.stdout.write(json.dumps(documents, indent=2, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{sum(len(found.patterns) for found in packs)} patterns", title_justify="left")
    for name in ("pack", "pattern", "confidence", "source"):
        table.add_column(name, overflow="fold")
    for found in packs:
        for pattern in found.patterns:
            cells = (found.name, pattern.pattern_id, f"{pattern.confidence:g}", pattern.source)
            table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def explain(
    file: Annotated[str, typer.Argument(help="The request's JSON body; - reads stdin.", show_default=False)],
    provider: Annotated[str, typer.Option(help="openai or anthropic.")] = "openai",
    operation: Annotated[str, typer.Option(help="chat.completions, responses, messages, ...")] = "",
    pack: Annotated[Optional[List[str]], _PACK] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Say which patterns match a request, and what would leave instead. Nothing is sent."""
    body = _read_body(file)
    usual = "messages" if provider == "anthropic" else "chat.completions"
    call = Call("", provider, operation or usual, body, False, "", time())
    index = PatternIndex().changed(pattern for found in _packs(pack) for pattern in found.patterns)
    decision = Pipeline(index, load({}).min_confidence).before(call)
    if as_json:
        sys.stdout.write(json.dumps(_explained(decision), indent=2, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("\n".join(_lines(decision)) + "\n")


def _packs(names: Optional[List[str]]) -> List[Pack]:
    return [load_pack(name) for name in (names or load({}).packs)]


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


def _document(pack: str, pattern: Pattern) -> Dict[str, Any]:
    return {
        "pack": pack,
        "id": pattern.pattern_id,
        "confidence": pattern.confidence,
        "priority": pattern.priority,
        "source": pattern.source,
    }


def _explained(decision: Decision) -> Dict[str, Any]:
    return {
        "reason": decision.reason,
        "changed": decision.changed,
        "fixes": [
            {
                "pattern_id": fix.pattern_id,
                "confidence": fix.confidence,
                "changes": [_change(change) for change in fix.changes],
            }
            for fix in decision.fixes
        ],
        "body": decision.body,
    }


def _change(change: Change) -> Dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    return {"path": change.path, **{side: value for side, value in sides.items() if value is not MISSING}}


def _lines(decision: Decision) -> List[str]:
    lines = [f"{decision.reason}: the request would leave {'changed' if decision.changed else 'as it is'}"]
    for fix in decision.fixes:
        lines.append(f"  {fix.pattern_id} (confidence {fix.confidence:g})")
        for change in fix.changes:
            lines.append(f"    {change.path}: {_shown(change.before)} -> {_shown(change.after)}")
    return lines


def _shown(value: Any) -> str:
    return "(nothing)" if value is MISSING else json.dumps(value, ensure_ascii=False)
