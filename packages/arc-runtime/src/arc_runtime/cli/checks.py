"""What ``arc runtime doctor`` looks at: one function per check, each returns what it found."""

import importlib
import platform
import secrets
import sys
import time
from importlib import metadata
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from arc_common.errors import ArcError
from arc_runtime.config import VARIABLES, Config
from arc_runtime.interceptors import INTERCEPTORS, make_interceptor
from arc_runtime.model import PASS_THROUGH, Call, Decision, Outcome
from arc_runtime.patterns.files import load_pack

OK, NOTE, FINDING = "ok", "note", "finding"
_OWN_COMMANDS = "arc-common"
_HINT_SCRIPT = "use arc-runtime or python -m arc_runtime, or reinstall arc-common last"
_ENDPOINT_TIMEOUT_S = 5.0


class Found(NamedTuple):
    """One line of the report."""

    check: str
    level: str
    """``ok``, ``note`` (worth knowing) or ``finding`` (worth doing something about)."""
    text: str
    hint: str = ""


def versions(config: Config) -> Iterator[Found]:
    """Tell the versions that matter."""
    yield Found("versions", OK, f"Python {platform.python_version()} ({sys.executable})")
    for name in ("arc-runtime", "arc-common", "grpcio", "protobuf"):
        try:
            yield Found("versions", OK, f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Found("versions", FINDING, f"{name} is not installed as a distribution", "install it with pip")


def script(config: Config) -> Iterator[Found]:
    """Tell which distributions own the ``arc`` script: the one that was installed last has written the file."""
    owners = script_owners("arc")
    if owners == [_OWN_COMMANDS]:
        yield Found("script", OK, "arc belongs to arc-common")
    elif not owners:
        yield Found("script", FINDING, "no distribution owns a script named arc", _HINT_SCRIPT)
    else:
        yield Found("script", FINDING, f"the script arc is claimed by {', '.join(owners)}", _HINT_SCRIPT)


def script_owners(name: str) -> List[str]:
    """Return the distributions that have a console script of this name, sorted."""
    owners = set()
    for distribution in metadata.distributions():
        entries = distribution.entry_points
        if any(entry.group == "console_scripts" and entry.name == name for entry in entries):
            owners.add(str(distribution.metadata["Name"]).lower().replace("_", "-"))
    return sorted(owners)


class _Nobody:
    """Watches no call; a patch is put in and taken out again."""

    listening = False

    def decide(self, call: Call) -> Decision:
        return PASS_THROUGH

    def finish(self, call: Call, decision: Decision, outcome: Outcome) -> None:
        return

    def retry(self, call: Call, decision: Decision, error: object) -> None:
        return None

    def passed(self, kind: str) -> None:
        return


def sdks(config: Config) -> Iterator[Found]:
    """Patch every SDK that is here, for a moment."""
    for provider in sorted(INTERCEPTORS):
        try:
            version = metadata.version(provider)
        except metadata.PackageNotFoundError:
            yield Found("sdks", NOTE, f"{provider} is not installed")
            continue
        interceptor = make_interceptor(provider)
        try:
            importlib.import_module(interceptor.module)
            interceptor.install(_Nobody())()
        except Exception as error:  # noqa: BLE001 - a broken SDK is what we look for
            reason = str(error) if isinstance(error, ArcError) else f"{type(error).__name__}: {error}"
            yield Found(
                "sdks", FINDING, f"{provider} {version} cannot be intercepted: {reason}", "its calls pass as is"
            )
        else:
            yield Found("sdks", OK, f"{provider} {version} can be intercepted")


def settings(config: Config) -> Iterator[Found]:
    """Tell every setting that is not its default, and what is wrong in the environment."""
    if config.disable:
        yield Found("settings", NOTE, "ARC_DISABLE is set: arc-runtime does nothing in this environment")
    for name, value, origin in configuration(config):
        if origin != "default":
            yield Found("settings", OK, f"{name} = {value} (from the {origin})")
    for problem in config.problems:
        yield Found("settings", FINDING, problem, "correct or unset it")


def configuration(config: Config) -> Iterator[Tuple[str, Any, str]]:
    """Yield ``(variable, value, origin)``; a secret's value is replaced by its length."""
    values: Dict[str, Any] = {}
    for part in (config.telemetry, config.metrics, config):
        values.update({} if part is None else vars(part))
    values.update(metrics_port=config.metrics.port, metrics_host=config.metrics.host)
    for variable in VARIABLES:
        value = values.get(variable.argument, variable.default)
        if variable.secret and value:
            value = f"({len(str(value))} characters)"
        yield variable.name, value, config.origins.get(variable.name, "default")


def packs(config: Config) -> Iterator[Found]:
    """Load the packs that would be loaded."""
    for name in config.packs:
        try:
            pack = load_pack(name)
        except ArcError as error:
            yield Found("packs", FINDING, str(error), "correct ARC_PACKS")
        else:
            yield Found("packs", OK, f"{pack.name}: {len(pack.patterns)} patterns")


def endpoint(config: Config) -> Iterator[Found]:
    """Send an empty batch and wait for its answer: reaches, authenticates and stores, or says why not."""
    if config.telemetry is None:
        yield Found("endpoint", NOTE, "ARC_ENDPOINT is not set: events go nowhere")
        return
    from arc_common.wire.v1 import telemetry_pb2 as wire
    from arc_runtime.telemetry.transports.grpc_stream import GrpcStream

    transport = GrpcStream(config.telemetry, ack_timeout_s=_ENDPOINT_TIMEOUT_S)
    started_s = time.monotonic()
    try:
        transport.connect(wire.Hello(process_id=secrets.token_hex(16), service="arc runtime doctor"))
        transport.send(wire.Batch(sequence=1))
    except ArcError as error:
        hint = "is a collector running there? arc runtime collector --store FILE"
        yield Found("endpoint", FINDING, f"{config.telemetry.endpoint}: {error.message}", hint)
    else:
        answered_ms = (time.monotonic() - started_s) * 1e3
        protection = "TLS" if config.telemetry.tls else "plain text"
        yield Found("endpoint", OK, f"{config.telemetry.endpoint} answers in {answered_ms:.0f} ms ({protection})")
    finally:
        transport.close()


CHECKS: "Tuple[Callable[[Config], Iterator[Found]], ...]" = (versions, script, sdks, settings, packs, endpoint)
