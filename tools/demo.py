"""Show both products doing their job for real, on a small system made for it. Takes about a minute.

Everything runs on this machine: services as processes, faults in proxies, an LLM provider that behaves like the real
ones, a collector with its SQLite store. Each step is checked; exit 1 when one does not do what it should.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from sample_repo import SampleError, make_sample_repo  # beside this file

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
console = Console(highlight=False, soft_wrap=True)


class DemoFailed(Exception):
    """A step did not do what it should."""


def expect(condition: bool, what: str) -> None:
    """Print the check, or stop the demo."""
    if not condition:
        raise DemoFailed(what)
    console.print(f"  [green]✓[/] {what}")


def surroundings(**extra: str) -> dict[str, str]:
    """Return the environment without settings of Arc, the SDKs and proxies: the demo shows what a newcomer gets."""
    foreign = ("ARC_", "OPENAI_", "ANTHROPIC_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    return {**kept, **extra}


def arc(*words: str, cwd: Path, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the arc command as a user would: progress on this terminal, the result captured."""
    console.print(f"  [dim]$ arc {' '.join(words)}[/]")
    command = [str(BIN / "arc"), *words]
    return subprocess.run(
        command, cwd=cwd, check=False, stdout=subprocess.PIPE, text=True, env=surroundings(**(env or {}))
    )


def show_sim(repo: Path, keys: dict[str, str]) -> None:
    """Run a risky commit and a harmless one, and verify the signature of the first."""
    console.rule("[bold]arc sim: what would this diff break?", align="left")
    console.print("\n[bold]A commit that lowers a timeout[/], with 250 ms of network latency injected")
    started = time.monotonic()
    run = arc("sim", "--range", "lotus/timeout-lowered~1..lotus/timeout-lowered", "--seed", "7", cwd=repo, env=keys)
    took_s = time.monotonic() - started
    expect(run.returncode == 1, f"exit code 1: the risk is at or above the severity (exit {run.returncode})")
    result = json.loads(run.stdout)
    text = result["explanation"]
    expect(all(word in text for word in ("orders", "payments", "200 ms")), "the explanation names the edge and timeout")
    expect("services/orders/main.py:" in text, "and the place in the diff that did it")
    expect(result["evidence"] == "process", f"measured on real processes, in {took_s:.0f} s")

    console.print("\n[bold]Its attestation[/]")
    verified = arc("sim", "verify", result["sim_id"], cwd=repo, env=keys)
    expect(verified.returncode == 0, "the signature verifies, and covers the result")

    console.print("\n[bold]A commit that changes documentation only[/]")
    started = time.monotonic()
    run = arc("sim", "--range", "lotus/docs-only~1..lotus/docs-only", cwd=repo, env=keys)
    took_s = time.monotonic() - started
    expect(run.returncode == 0, "exit code 0")
    expect(json.loads(run.stdout)["evidence"] == "none", f"nothing had to be started ({took_s:.1f} s)")


@contextmanager
def process(command: list[str]) -> Iterator[str]:
    """Start a server and give the first line that it prints once it is up."""
    running = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, env=surroundings())
    try:
        assert running.stdout is not None
        line = running.stdout.readline().strip()
        if not line:
            raise DemoFailed(f"{' '.join(command)} did not start")
        yield line
    finally:
        running.terminate()
        running.communicate(timeout=10)


def show_runtime(folder: Path) -> None:
    """Send an OpenAI call with temperature 0.95, without and with Arc; then ask the collector."""
    console.rule("[bold]arc runtime: the request that leaves is the fixed one", align="left")
    store = folder / "events.db"
    provider = [sys.executable, str(ROOT / "tools" / "strict_provider.py"), "--port", "0"]
    collector = [str(BIN / "arc"), "runtime", "collector", "--store", str(store), "--listen", "127.0.0.1:0", "--json"]
    with ExitStack() as stack:
        url = stack.enter_context(process(provider))
        endpoint = json.loads(stack.enter_context(process(collector)))["endpoint"]
        console.print(f"\n  a strict provider at {url}, a collector at {endpoint}")
        for label, extra in (("ARC_DISABLE=1", {"ARC_DISABLE": "1"}), ("", {})):
            env = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "sk-demo", "ARC_ENDPOINT": endpoint, **extra}
            console.print(f"  [dim]$ {label} python docs/examples/hello_openai.py[/]".replace("$  ", "$ "))
            example = [sys.executable, str(ROOT / "docs" / "examples" / "hello_openai.py")]
            run = subprocess.run(example, check=False, env=surroundings(**env), stdout=subprocess.DEVNULL)
            expect(run.returncode == 0, f"it ran (exit {run.returncode})")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{url}/_received", timeout=5) as answer:
            sent = [request["body"]["temperature"] for request in json.load(answer)]
        expect(
            sent == [0.95, 0.7], f"the program says 0.95; the provider received {sent[0]} without Arc, {sent[1]} with"
        )
    events = arc("runtime", "events", "--store", str(store), "--format", "jsonl", cwd=folder)
    stored = [json.loads(line) for line in events.stdout.splitlines()]
    expect(
        len(stored) == 1 and bool(stored[0]["fixes"]), "the collector stored the event, with the change that was made"
    )
    console.print_json(json.dumps(stored[0]["fixes"]))
    arc_table = [str(BIN / "arc"), "runtime", "events", "--store", str(store)]
    subprocess.run(arc_table, check=True, cwd=folder, env=surroundings())


def main() -> int:
    """Run the demo in a temporary folder, or in --keep FOLDER."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work in this new folder and leave it there")
    keep = parser.parse_args().keep
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arc-demo-")))
        keys = {"ARC_HOME": str(folder / "home")}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            make_sample_repo(folder / "lotus-demo")
            show_sim(folder / "lotus-demo", keys)
            show_runtime(folder)
        except DemoFailed as failed:
            console.print(f"  [red]✗ {failed}[/]")
            return 1
        except (SampleError, OSError) as error:
            console.print(f"  [red]✗ {error}[/]")
            return 3
    console.print("\n[bold green]Both products did what they say.[/]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
