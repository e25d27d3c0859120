"""arc-sim.yaml: how the repository's services are started and which load is typical."""

import difflib
import re
import shlex
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from arc_sim.config.yaml_lines import YamlFile
from arc_sim.errors import ConfigError
from arc_sim.model import Graph, LoadSpec, StartSpec

FILE_NAME = "arc-sim.yaml"
MAX_BYTES = 1_000_000
"""A decision: a larger file is a mistake, not a configuration."""

_TEMPLATE = re.compile(r"\$\{([^}]*)\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110 section 5.6.2
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _split_command(value: object) -> object:
    if isinstance(value, str):
        return shlex.split(value)
    return value


def _text(value: object) -> object:
    """Accept what YAML makes of an unquoted number or flag where text is meant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value


Text = Annotated[str, BeforeValidator(_text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)


class ServiceConfig(_Part):
    """How one service is started."""

    command: Annotated[tuple[Text, ...], BeforeValidator(_split_command), Field(min_length=1)]
    cwd: str = "."
    port_env: str = "PORT"
    ready: str = "tcp"
    ready_timeout_s: float = Field(20.0, gt=0, le=600)
    env: dict[str, Text] = Field(default_factory=dict)

    @field_validator("cwd")
    @classmethod
    def _inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("must be a directory inside the repository, such as . or services/orders")
        return value

    @field_validator("ready")
    @classmethod
    def _readiness(cls, value: str) -> str:
        if value in ("tcp", "none") or (value.startswith("/") and value.isprintable() and " " not in value):
            return value
        raise ValueError("must be an HTTP path such as /healthz, tcp, or none for a service without a port")

    @field_validator("command")
    @classmethod
    def _no_null(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value[0] or any("\0" in part for part in value):
            raise ValueError("must be a program and its arguments")
        return value

    @field_validator("env")
    @classmethod
    def _variables(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _VARIABLE.fullmatch(name) or "\0" in text:
                raise ValueError(f"{name!r} is no name or value of an environment variable")
        return value


class LoadConfig(_Part):
    """The load that is sent to the entry; see model.LoadSpec."""

    service: str | None = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    path: str = Field("/", pattern=r"^/[^\s\x00-\x1f]*$")
    body: str | None = None
    headers: dict[str, Text] = Field(default_factory=dict)
    rate_per_s: float = Field(20.0, gt=0, le=1000)
    duration_s: float = Field(1.5, gt=0, le=300)
    warm_up_s: float = Field(0.3, ge=0, le=60)
    timeout_s: float = Field(5.0, gt=0, le=120)

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name) or any(c in text for c in "\r\n\0"):
                raise ValueError(f"{name!r} is no name or value of an HTTP header")
        return value

    def spec(self, entry: str) -> LoadSpec:
        """Return the load for the model; ``entry`` serves where no service is named."""
        values = self.model_dump(exclude={"service", "headers"})
        return LoadSpec(service=self.service or entry, headers=tuple(sorted(self.headers.items())), **values)


class RepoConfig(_Part):
    """The content of arc-sim.yaml."""

    version: Literal[1]
    entry: str | None = None
    services: dict[str, ServiceConfig] = Field(default_factory=dict)
    load: LoadConfig | None = None


def load_repo_config(worktree: Path) -> RepoConfig | None:
    """Read arc-sim.yaml in the root of the worktree; None when there is none.

    Raises ConfigError: one line with file, line, key path and how to mend it.
    """
    path = worktree / FILE_NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{FILE_NAME} is larger than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FILE_NAME} cannot be read: {error}") from error
    return parse_repo_config(text)


def parse_repo_config(text: str, name: str = FILE_NAME) -> RepoConfig:
    """Parse the text of an arc-sim.yaml; ``name`` is what errors call it. Raises ConfigError."""
    file = YamlFile(text, name)
    if not isinstance(file.data, dict):
        raise ConfigError(f"{name}: must be a mapping", hint="begin with the line `version: 1`")
    try:
        return RepoConfig.model_validate(file.data)
    except ValidationError as error:
        # an unknown key first: the one that is missing is often the same, spelled right
        details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        raise _explain(details[0], file) from None


def start_specs(config: RepoConfig, graph: Graph) -> tuple[StartSpec, ...]:
    """Return how each configured service is started, sorted, by the graph's names.

    The environment is what the graph knows from the manifests, overridden by the configuration's.
    Raises ConfigError when the entry, the load or a template names a service that neither knows.
    """
    _check_names(config, graph)
    specs = []
    for name, part in config.services.items():
        node = graph.service(name)
        own = _checked_env(name, part, config, graph)
        env = {**(dict(node.env) if node else {}), **own}
        with_port = part.ready != "none"
        specs.append(
            StartSpec(
                service=node.name if node else name,
                command=part.command,
                cwd=part.cwd,
                env=tuple(sorted(env.items())),
                port_env=part.port_env if with_port else None,
                ready_path=part.ready if part.ready.startswith("/") else None,
                ready_timeout_s=part.ready_timeout_s,
            )
        )
    return tuple(sorted(specs, key=lambda spec: spec.service))


def _checked_env(service: str, part: ServiceConfig, config: RepoConfig, graph: Graph) -> dict[str, str]:
    for name, value in part.env.items():
        for template in _TEMPLATE.findall(value):
            kind, _, target = template.partition(":")
            where = f"{FILE_NAME}: services.{service}.env.{name}: ${{{template}}}"
            if template != "PORT" and (kind not in ("ADDRESS", "URL") or not target):
                raise ConfigError(f"{where} is unknown", hint="use ${PORT}, ${ADDRESS:service} or ${URL:service}")
            if target and target not in config.services and graph.service(target) is None:
                known = [*config.services, *(node.name for node in graph.services)]
                raise ConfigError(f"{where} names no known service", hint=_suggest(target, known))
    return part.env


def _check_names(config: RepoConfig, graph: Graph) -> None:
    known = [*config.services, *(node.name for node in graph.services)]
    for key, name in (("entry", config.entry), ("load.service", config.load.service if config.load else None)):
        if name is not None and name not in config.services and graph.service(name) is None:
            raise ConfigError(f"{FILE_NAME}: {key}: {name!r} is no known service", hint=_suggest(name, known))


def _explain(detail: ErrorDetails, file: YamlFile) -> ConfigError:
    path = [part for part in detail["loc"] if part != "[key]"]
    where = f"{file.name}:{file.line(path)}: {'.'.join(str(part) for part in path)}"
    if detail["type"] == "extra_forbidden":
        known = list(_model_at(path[:-1]).model_fields)
        return ConfigError(f"{where}: unknown key", hint=_suggest(str(path[-1]), known))
    if detail["type"] == "missing":
        return ConfigError(f"{where}: is missing", hint=f"add `{path[-1]}:`")
    message = detail["msg"].removeprefix("Value error, ")
    return ConfigError(f"{where}: {message[:1].lower()}{message[1:]}")


def _model_at(path: list[Any]) -> type[BaseModel]:
    if path[:1] == ["services"]:
        return ServiceConfig
    return LoadConfig if path[:1] == ["load"] else RepoConfig


def _suggest(name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}"
