"""``arc runtime collector``: receive events and store them."""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Optional, Tuple

import typer
from typing_extensions import Annotated

from arc_runtime.config import is_loopback
from arc_runtime.errors import ConfigError


def collector(  # noqa: PLR0913 - one parameter per option
    store: Annotated[Path, typer.Option(help="SQLite file; made when it is not there.", show_default=False)],
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")] = "127.0.0.1:50051",
    api_key: Annotated[
        Optional[str], typer.Option(envvar="ARC_COLLECTOR_API_KEY", help="Ask runtimes for this key.", show_envvar=True)
    ] = None,
    tls_cert: Annotated[Optional[Path], typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Optional[Path], typer.Option(help="Its private key, PEM.")] = None,
    insecure: Annotated[bool, typer.Option(help="Allow plain text beyond this machine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say on stdout, as JSON, where it listens.")] = False,
) -> None:
    """Receive events over gRPC and store them; ends on Ctrl-C or SIGTERM."""
    from arc_runtime.collector.run import serve
    from arc_runtime.collector.server import Collector, Tls
    from arc_runtime.collector.store import EventStore

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    host, port = parse_address(listen)
    tls = _pair(tls_cert, tls_key)
    if tls is None and not insecure and not is_loopback(host):
        raise ConfigError(
            f"{host} is not this machine, and without TLS anybody could read along",
            "collector.plain",
            "give --tls-cert and --tls-key, or --insecure",
        )
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    receiver = Collector(EventStore(store), address, api_key or None, Tls(*tls) if tls else None)

    def ready(bound: int) -> None:
        scheme = "grpcs" if tls else "grpc"
        endpoint = f"{scheme}://[{host}]:{bound}" if ":" in host else f"{scheme}://{host}:{bound}"
        if as_json:
            sys.stdout.write(json.dumps({"endpoint": endpoint, "port": bound, "store": str(store)}) + "\n")
            sys.stdout.flush()
        sys.stderr.write(f"collecting on {endpoint} into {store}\n")
        sys.stderr.flush()

    asyncio.run(serve(receiver, ready))


def parse_address(text: str) -> Tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[IPV6]:PORT``. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    well_formed = bool(colon and host) and (":" not in host or text.startswith("["))
    if not well_formed or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"--listen {text}: expected HOST:PORT", "collector.listen", "for example 127.0.0.1:50051")
    return host, int(port)


def _pair(certificate: Optional[Path], key: Optional[Path]) -> Optional[Tuple[bytes, bytes]]:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("--tls-cert and --tls-key belong together", "collector.tls")
    try:
        return certificate.read_bytes(), key.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {error.filename}: {error.strerror}", "collector.tls") from error
