"""``arc runtime patterns``: what is in force, whether it is sound, and what it would do to requests."""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional

import typer
from typing_extensions import Annotated

from arc_runtime.cli import EXIT_FINDING
from arc_runtime.cli.golden import run_golden
from arc_runtime.config import load
from arc_runtime.errors import ConfigError
from arc_runtime.model import Call
from arc_runtime.packs.signing import SUFFIX, sign_pack, verifier
from arc_runtime.patterns.files import Pack, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import Pattern
from arc_runtime.patterns.regexes import SafeRegex
from arc_runtime.patterns.store import PatternStore
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
    packs = load_packs(pack, golden=False)
    if as_json:
        documents = [_document(found.name, pattern) for found in packs for pattern in found.patterns]
        sys.stdout.write(json.dumps(documents, indent=2, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{sum(len(found.patterns) for found in packs)} patterns", title_justify="left")
    for name in ("pack", "pattern", "risk", "confidence", "source"):
        table.add_column(name, overflow="fold")
    for found in packs:
        for pattern in found.patterns:
            cells = (found.name, pattern.pattern_id, pattern.risk, f"{pattern.confidence:g}", pattern.source)
            table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@patterns_app.command("lint")
def lint(
    files: Annotated[List[str], typer.Argument(help="Packs: names or files.")],
) -> None:
    """Read packs as a program would, and run their golden requests; exit 3 for a wrong pack, 1 for a failed request."""
    failed = 0
    for name in files:
        found = load_pack(name)
        for known in found.errors:
            SafeRegex(known.text, f"{name}: {known.pattern_id}: explains")
        results = run_golden(found)
        bad = [result for result in results if not result.passed]
        failed += len(bad)
        for result in bad:
            sys.stdout.write(f"{name}: {result.case.pattern_id}: {result.case.name}: not what was expected\n")
        sys.stdout.write(f"{name}: {len(found.patterns)} patterns, {len(results)} golden requests, {len(bad)} failed\n")
    if failed:
        raise typer.Exit(EXIT_FINDING)


@patterns_app.command("test")
def try_requests(
    file: Annotated[str, typer.Argument(help="Request bodies, one JSON object a line, or one object.")],
    provider: Annotated[str, typer.Option(help="openai or anthropic.")] = "openai",
    operation: Annotated[str, typer.Option(help="chat.completions, responses, messages, ...")] = "",
    pack: Annotated[Optional[List[str]], _PACK] = None,
) -> None:
    """Say for each request which patterns would change it; exit 1 where one is changed."""
    index = PatternIndex().changed(pattern for found in load_packs(pack, golden=False) for pattern in found.patterns)
    config = load({})
    pipeline = Pipeline(index, config.min_confidence, config.policy)
    usual = operation or ("messages" if provider == "anthropic" else "chat.completions")
    changed = 0
    for number, body in enumerate(_read_bodies(file), 1):
        decision = pipeline.before(Call("", provider, usual, body, False, "", 0.0))
        changed += decision.changed
        names = ", ".join(fix.pattern_id for fix in decision.fixes)
        sys.stdout.write(f"{number}: {decision.reason}{': ' + names if names else ''}\n")
    if changed:
        raise typer.Exit(EXIT_FINDING)


@patterns_app.command("build")
def build(
    output: Annotated[str, typer.Argument(help="The segment file to write.")],
    pack: Annotated[Optional[List[str]], _PACK] = None,
) -> None:
    """Write the patterns of packs into one segment file, which programs map and share."""
    store = PatternStore(lambda index: None)
    try:
        store.change(pattern for found in load_packs(pack, golden=False) for pattern in found.patterns)
        sys.stdout.write(f"{output}: {store.build(output)} patterns\n")
    finally:
        store.close()


@patterns_app.command("sign")
def sign(
    file: Annotated[str, typer.Argument(help="The pack.")],
    key: Annotated[str, typer.Option(help="Private key: a PEM file that only you may read.")],
) -> None:
    """Sign a pack: writes FILE.intoto.json beside it, which ARC_PACK_KEYS demands of packs from files."""
    from arc_common.signers.ed25519 import Ed25519Signer

    found, path = load_pack(file), Path(file)
    envelope = sign_pack(path.read_bytes(), found.name, Ed25519Signer.load(Path(key)), datetime.now(timezone.utc))
    target = path.with_name(path.name + SUFFIX)
    target.write_bytes(envelope)
    sys.stdout.write(f"{target}\n")


def _read_bodies(file: str) -> List[Dict[str, Any]]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}", "patterns.file") from error
    try:
        bodies = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            bodies = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{file} is no JSON: {error}", "patterns.file") from error
    if not all(isinstance(body, dict) for body in bodies):
        raise ConfigError(f"{file}: a request body is a JSON object", "patterns.file")
    return bodies


def load_packs(names: Optional[List[str]], golden: bool = True) -> List[Pack]:
    """Return the packs of these names, or those of the configuration; files are checked as a program would."""
    config = load({})
    verify = verifier(config.pack_keys) if config.pack_keys else None
    return [load_pack(name, verify, golden) for name in (names or config.packs)]


def _document(pack: str, pattern: Pattern) -> Dict[str, Any]:
    return {
        "pack": pack,
        "id": pattern.pattern_id,
        "confidence": pattern.confidence,
        "priority": pattern.priority,
        "risk": pattern.risk,
        "source": pattern.source,
    }
