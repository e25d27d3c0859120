"""Every setting of arc-runtime: the ``ARC_*`` variables, each declared once, and the frozen parts they become.

Order: argument, variable, default. A wrong argument raises ConfigError; a wrong variable is a warning and the default,
because a typing error in a deployment must not stop the program that we are a guest in.
"""

import ipaddress
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from arc_runtime.errors import ConfigError

DEFAULT_PACKS = ("hello_world", "hygiene", "openai_chat", "openai_responses", "anthropic_messages")
PLAIN_PORT = 50051
"""Port of an endpoint that names none, without TLS (the habit of gRPC examples)."""
TLS_PORT = 443
"""Port of an endpoint that names none, with TLS."""
OTHER_PREFIXES = ("ARC_COLLECTOR_", "ARC_DB_PATH", "ARC_HOME", "ARC_MEMORY_", "ARC_RUN_PID", "ARC_SIM_")
"""Names that other parts of Arc read."""


def _switch(text: str) -> bool:
    """Read ``1 true yes on`` and ``0 false no off``, in any case."""
    word = text.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("expected 1 or 0")


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, (bool, float)) or not low <= int(value) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(value)

    return read


def _number(low: float, high: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not low <= float(value) <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return float(value)

    return read


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else _switch(str(value))


def _text(value: Any) -> str:
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _key(value: Any) -> str:
    """Read a key, without the line end that a file or a secret store leaves behind it."""
    text = str(value).strip()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("expected printable ASCII")
    return text


def _level(value: Any) -> str:
    name = str(value).strip().upper()
    if name not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError("expected DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return name


def _packs(value: Any) -> Tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else [_text(name) for name in value]
    cleaned = tuple(name.strip() for name in names if name.strip())
    return () if cleaned == ("none",) else cleaned


RISK_CLASSES = ("none", "lossy", "behaviour", "synthetic_content", "needs_response_mapping", "model_change")
DEFAULT_RISKS = ("none", "lossy", "behaviour")


def _policy(value: Any) -> Tuple[str, ...]:
    names = [name.strip() for name in (value.split(",") if isinstance(value, str) else map(_text, value))]
    chosen = RISK_CLASSES if names == ["all"] else tuple(name for name in names if name)
    unknown = [name for name in chosen if name not in RISK_CLASSES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no risk class: " + ", ".join(RISK_CLASSES))
    return chosen


class Variable(NamedTuple):
    """One setting: its variable, what it is without one, and what it does. ``doctor`` prints this table."""

    name: str
    default: Any
    unit: str
    effect: str
    read: Callable[[Any], Any]
    """Turns text or an argument into the value; raises ValueError or TypeError."""
    secret: bool = False

    @property
    def argument(self) -> str:
        """The keyword of ``Arc`` that overrides the variable."""
        return self.name[len("ARC_") :].lower()


VARIABLES: Tuple[Variable, ...] = (
    Variable("ARC_DISABLE", False, "", "1 switches everything off: nothing is patched, methods do nothing", _flag),
    Variable("ARC_ENDPOINT", None, "URL", "send events to grpcs://host:port, or grpc://localhost:port", _text),
    Variable("ARC_API_KEY", None, "", "sent to the endpoint as call metadata", _key, secret=True),
    Variable("ARC_SERVICE", "", "", "your name for this program, told to the endpoint", _text),
    Variable("ARC_INSECURE", False, "", "1 lets grpc:// send plain text to other machines", _flag),
    Variable("ARC_TLS_ROOTS", None, "path", "PEM file of the authorities trusted for the endpoint", _text),
    Variable("ARC_CACHE_DIR", None, "path", "for fetched packs and adapters; nothing is fetched yet", _text),
    Variable("ARC_LOG_LEVEL", None, "", "level of the arc_runtime logger", _level),
    Variable("ARC_INTERCEPT", True, "", "0 patches no SDK until arc.wrap(client)", _flag),
    Variable(
        "ARC_PACKS", DEFAULT_PACKS, "names, paths", "pattern packs to load, comma-separated; none: no pack", _packs
    ),
    Variable(
        "ARC_POLICY",
        DEFAULT_RISKS,
        "names",
        "risk classes of fixes that are applied, comma-separated; or all",
        _policy,
    ),
    Variable("ARC_HOSTS", (), "names", "hosts with the provider's own rules: a gateway, comma-separated", _packs),
    Variable("ARC_RETRY_WITH_FIX", False, "", "1 sends a refused request once more, where a pattern fixes it", _flag),
    Variable("ARC_PACK_KEYS", (), "paths", "public keys; packs from files must then be signed by one of them", _packs),
    Variable("ARC_MIN_CONFIDENCE", 0.5, "ratio", "patterns less sure than this change nothing", _number(0, 1)),
    Variable(
        "ARC_METRICS_PORT", None, "port", "serve /metrics here; 0: a free port; unset: no server", _whole(0, 65535)
    ),
    Variable("ARC_METRICS_HOST", "127.0.0.1", "address", "address on which /metrics listens", _text),
    Variable("ARC_QUEUE_MAX_EVENTS", 10_000, "events", "events that may wait for delivery", _whole(1, 10_000_000)),
    Variable("ARC_BATCH_MAX_EVENTS", 200, "events", "events sent in one message", _whole(1, 1_000)),
    Variable("ARC_BATCH_MAX_AGE_S", 0.5, "s", "longest wait for a batch to fill", _number(0.001, 3600)),
    Variable("ARC_FLUSH_TIMEOUT_S", 2.0, "s", "longest wait for delivery in close() and at exit", _number(0, 3600)),
)

_BY_ARGUMENT: Dict[str, Variable] = {variable.argument: variable for variable in VARIABLES}


@dataclass(frozen=True)
class TelemetryConfig:
    """Where events go, and how many may wait. Made by `load`; ``endpoint`` is never empty."""

    endpoint: str
    """As given: ``grpc://host:port`` or ``grpcs://host:port``."""
    api_key: Optional[str] = field(default=None, repr=False)
    service: str = ""
    queue_max_events: int = 10_000
    batch_max_events: int = 200
    batch_max_age_s: float = 0.5
    flush_timeout_s: float = 2.0
    insecure: bool = False
    """Whether plain text may leave this machine."""
    tls_roots: Optional[str] = None
    """PEM file of trusted authorities; None: those that gRPC ships."""

    def __post_init__(self) -> None:
        _endpoint_parts(self.endpoint)

    @property
    def target(self) -> str:
        """The endpoint as ``host:port``, IPv6 addresses in brackets."""
        host, port, _ = _endpoint_parts(self.endpoint)
        return f"[{host}]:{port or self._default_port}" if ":" in host else f"{host}:{port or self._default_port}"

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted: always, unless the host is this machine or ``insecure`` is set."""
        host, _, encrypted = _endpoint_parts(self.endpoint)
        return encrypted or not (self.insecure or is_loopback(host))

    @property
    def _default_port(self) -> int:
        return TLS_PORT if self.tls else PLAIN_PORT


@dataclass(frozen=True)
class MetricsConfig:
    """Where ``/metrics`` is served."""

    port: Optional[int] = None
    """None: not served; 0: any free port."""
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Config:
    """All settings, resolved. Constructors receive their part, never the whole."""

    disable: bool = False
    intercept: bool = True
    packs: Tuple[str, ...] = DEFAULT_PACKS
    policy: Tuple[str, ...] = DEFAULT_RISKS
    hosts: Tuple[str, ...] = ()
    """Hosts at which the providers' rules hold, besides their own."""
    """Risk classes of fixes that are applied."""
    retry_with_fix: bool = False
    """Whether a refused request is sent once more, where a pattern explains the refusal and fixes it."""
    pack_keys: Tuple[str, ...] = ()
    """Paths of public keys; where there is one, a pack from a file must be signed by one of them."""
    min_confidence: float = 0.5
    """In [0, 1]; a pattern below it leaves the request as it was."""
    log_level: Optional[str] = None
    cache_dir: Optional[str] = None
    telemetry: Optional[TelemetryConfig] = None
    """None: events go nowhere, no queue, thread or socket exists."""
    metrics: MetricsConfig = MetricsConfig()
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """``{variable name: "argument" | "variable" | "default"}``."""
    problems: Tuple[str, ...] = field(default=(), compare=False)
    """What was wrong in the environment, one line each, for people; never holds a secret."""


def load(arguments: Mapping[str, Any], environ: Optional[Mapping[str, str]] = None) -> Config:
    """Resolve arguments of ``Arc`` (None means: not given) over ``ARC_*`` variables over defaults.

    Raises ConfigError for a wrong argument. What is wrong in the environment is listed in ``problems``.
    """
    environ = os.environ if environ is None else environ
    for name in arguments:
        if name not in _BY_ARGUMENT:
            raise ConfigError(f"Arc({name}=...): no such setting", hint="known: " + " ".join(sorted(_BY_ARGUMENT)))
    values: Dict[str, Any] = {}
    origins: Dict[str, str] = {}
    problems: List[str] = unknown_variables(environ)
    for variable in VARIABLES:
        value, origin, problem = _resolve(variable, arguments.get(variable.argument), environ.get(variable.name))
        values[variable.argument], origins[variable.name] = value, origin
        if problem:
            problems.append(problem)
    return Config(
        disable=values["disable"],
        intercept=values["intercept"],
        packs=values["packs"],
        policy=values["policy"],
        hosts=values["hosts"],
        retry_with_fix=values["retry_with_fix"],
        pack_keys=values["pack_keys"],
        min_confidence=values["min_confidence"],
        log_level=values["log_level"],
        cache_dir=values["cache_dir"],
        telemetry=_telemetry(values, origins, problems),
        metrics=MetricsConfig(values["metrics_port"], values["metrics_host"]),
        origins=origins,
        problems=tuple(problems),
    )


def is_disabled(environ: Optional[Mapping[str, str]] = None) -> bool:
    """Return whether ``ARC_DISABLE`` is set, without reading anything else; an unreadable value counts as set."""
    text = (os.environ if environ is None else environ).get("ARC_DISABLE", "")
    try:
        return _switch(text)
    except ValueError:
        return True


def environment_of_run(startup: str, environ: Optional[Mapping[str, str]] = None) -> Dict[str, str]:
    """Return the environment of a program that ``arc runtime run`` starts: ``startup`` leads its ``PYTHONPATH``."""
    given = dict(os.environ if environ is None else environ)
    entries = [entry for entry in given.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != startup]
    return {**given, "PYTHONPATH": os.pathsep.join([startup, *entries]), "ARC_RUN_PID": str(os.getpid())}


def unknown_variables(environ: Mapping[str, str]) -> List[str]:
    """Return one line for each ``ARC_*`` name that nothing reads, sorted."""
    known = {variable.name for variable in VARIABLES}
    return [
        f"{name} is not a setting of arc-runtime"
        for name in sorted(environ)
        if name.startswith("ARC_") and name not in known and not name.startswith(OTHER_PREFIXES)
    ]


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine by its name or address; nothing is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _resolve(variable: Variable, argument: Any, text: Optional[str]) -> Tuple[Any, str, str]:
    """Return ``(value, origin, problem)``; an empty variable counts as not set."""
    if argument is not None:
        try:
            return variable.read(argument), "argument", ""
        except (ValueError, TypeError) as error:
            raise ConfigError(f"Arc({variable.argument}=...): {error}", hint=variable.effect) from None
    if not text:
        return variable.default, "default", ""
    try:
        return variable.read(text), "variable", ""
    except (ValueError, TypeError) as error:
        if variable.name == "ARC_DISABLE":
            return True, "variable", f"ARC_DISABLE: {error}; taken as 1"
        reason = "the value cannot be read" if variable.secret else str(error)
        return variable.default, "default", f"{variable.name}: {reason}; using the default"


def _telemetry(values: Mapping[str, Any], origins: Dict[str, str], problems: List[str]) -> Optional[TelemetryConfig]:
    if not values["endpoint"]:
        return None
    try:
        return TelemetryConfig(
            endpoint=values["endpoint"],
            api_key=values["api_key"],
            service=values["service"],
            queue_max_events=values["queue_max_events"],
            batch_max_events=values["batch_max_events"],
            batch_max_age_s=values["batch_max_age_s"],
            flush_timeout_s=values["flush_timeout_s"],
            insecure=values["insecure"],
            tls_roots=values["tls_roots"],
        )
    except ConfigError as error:
        if origins["ARC_ENDPOINT"] == "argument":
            raise
        problems.append(f"ARC_ENDPOINT: {error}; no events are sent")
        return None


def _endpoint_parts(endpoint: str) -> Tuple[str, Optional[int], bool]:
    """Return ``(host, port or None, encrypted)``. Raises ConfigError; the message never repeats user information."""
    hint = "write grpcs://host:port, or grpc://localhost:port for a collector on this machine"
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("the endpoint is not a URL", hint=hint) from None
    if parts.scheme not in ("grpc", "grpcs") or not host:
        raise ConfigError("the endpoint needs the scheme grpc or grpcs and a host", hint=hint)
    if port == 0 or parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError("the endpoint holds more than scheme, host and port", hint=hint)
    return host, port, parts.scheme == "grpcs"
