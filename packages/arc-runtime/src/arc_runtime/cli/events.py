"""``arc runtime events``: show what a collector has stored."""

import json
import sys
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Dict, List, Optional

import typer
from typing_extensions import Annotated

from arc_runtime.errors import ConfigError, TelemetryError

_PIPE_WIDTH = 160
"""Columns where no terminal says how many there are."""


class Format(str, Enum):
    """How events are printed."""

    table = "table"
    jsonl = "jsonl"


def events(
    store: Annotated[Path, typer.Option(help="The collector's file.", show_default=False)],
    where: Annotated[
        Optional[List[str]], typer.Option(help="COLUMN=VALUE, for example provider=openai; several must all hold.")
    ] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Only requests that were changed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    output: Annotated[Format, typer.Option("--format", help="A table for people, or one JSON object per line.")] = (
        Format.table
    ),
) -> None:
    """Show stored events, the newest first."""
    import sqlite3

    from arc_runtime.collector.store import EventStore

    chosen = parse_where(where or [])
    opened = EventStore(store, read_only=True)
    try:
        found = opened.events(chosen, fixed, limit)
        if output is Format.jsonl:
            for event in found:
                sys.stdout.write(json.dumps(as_document(event), ensure_ascii=False) + "\n")
            return
        _print_table(list(found), opened.count(chosen, fixed), opened.drops())
    except sqlite3.Error as error:
        raise TelemetryError(f"cannot read {store}: {error}", "store.read") from error
    finally:
        opened.close()


def parse_where(conditions: List[str]) -> Dict[str, str]:
    """Return ``{column: value}``. Raises ConfigError for what is no ``COLUMN=VALUE``."""
    chosen = {}
    for condition in conditions:
        column, equals, value = condition.partition("=")
        if not equals or not column:
            raise ConfigError(f"--where {condition}: expected COLUMN=VALUE", "store.filter")
        chosen[column.strip()] = value
    return chosen


def as_document(event: Dict[str, Any]) -> Dict[str, Any]:
    """Return an event as plain JSON values, its bodies parsed."""
    message = event["message"]
    document = {name: value for name, value in event.items() if name not in ("message", "pattern_ids")}
    document["started_at"] = _moment(event["started_at_s"]).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document["streamed"] = message.streamed
    document["error_message"] = message.outcome.error_message
    document["error_class"] = message.outcome.error_class
    document["finish_reason"] = message.outcome.finish_reason
    document["request"] = _parsed(message.request_json)
    document["request_truncated"] = message.request_truncated
    document["response"] = _parsed(message.outcome.response_json)
    document["fixes"] = [
        {
            "pattern_id": fix.pattern_id,
            "confidence": fix.confidence,
            "changes": [_change(change) for change in fix.changes],
        }
        for fix in message.fixes
    ]
    return document


def _change(change: Any) -> Dict[str, Any]:
    document = {"path": change.path}
    for side in ("before", "after"):
        if change.HasField(f"{side}_json"):
            document[side] = _parsed(getattr(change, f"{side}_json"))
    return document


def _parsed(text: Any) -> Any:
    """Return the JSON value; another runtime may have cut its text, which is then shown as text."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _print_table(found: List[Dict[str, Any]], total: int, drops: Dict[str, int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{len(found)} of {total} events", title_justify="left")
    for name in ("started (UTC)", "service", "call", "model", "status", "fixes"):
        table.add_column(name, overflow="fold")
    for name in ("added ms", "total ms", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    for event in found:
        # Text, not markup: what a model or a user wrote must not become styling or a terminal sequence
        table.add_row(*(Text(_printable(cell)) for cell in _cells(event)))
    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(table)
    if drops:
        console.print("lost by runtimes: " + ", ".join(f"{count} {reason}" for reason, count in drops.items()))


def _cells(event: Dict[str, Any]) -> List[str]:
    tokens = [event["input_tokens"], event["output_tokens"]]
    status = event["status"] + (f" {event['http_status']}" if event["http_status"] else "")
    return [
        _moment(event["started_at_s"]).strftime("%Y-%m-%d %H:%M:%S"),
        event["service"],
        f"{event['provider']} {event['operation']}",
        event["model"],
        f"{status} {event['error_type']}".strip(),
        event["pattern_ids"].replace(" ", "\n"),
        f"{event['added_ms']:.3f}",
        f"{event['added_ms'] + event['provider_ms']:.1f}",
        "" if tokens == [None, None] else "/".join("?" if count is None else str(count) for count in tokens),
    ]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
