"""The command line of the provider."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .record import Record
from .server import Provider


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; print the address when ready."""
    parser = argparse.ArgumentParser(
        prog="strict_provider.py",
        description="A local LLM provider (OpenAI and Anthropic) that rejects what the real APIs document they reject.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every received body to FILE as JSON lines")
    options = parser.parse_args(argv)
    try:
        record = Record(options.record)
        provider = Provider(options.port, record)
    except (OSError, OverflowError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=provider.shutdown, daemon=True).start())
    print(provider.url, flush=True)
    provider.serve_forever(poll_interval=0.05)
    provider.server_close()
    record.close()
    return 0
