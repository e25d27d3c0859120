"""Writes a system down: code, Dockerfiles, manifests."""

import random
from collections.abc import Iterator

from large.clients import client, variable_of
from large.code import module
from large.system import System, Unit
from large.words import THINGS, VERBS

IMAGES = {"python": "python:3.12-slim", "go": "golang:1.23", "java": "eclipse-temurin:21", "javascript": "node:22",
          "typescript": "node:22", "c_sharp": "mcr.microsoft.com/dotnet/sdk:8.0"}  # fmt: skip
BUILD_FILES = {
    "python": ("requirements.txt", "httpx==0.27.0\nflask==3.0.3\n"),
    "go": ("go.mod", "module example.com/{name}\n\ngo 1.23\n"),
    "java": ("pom.xml", "<project><artifactId>{name}</artifactId></project>\n"),
    "javascript": ("package.json", '{{"name": "{name}", "dependencies": {{"axios": "1.7.0"}}}}\n'),
    "typescript": ("package.json", '{{"name": "{name}", "dependencies": {{}}}}\n'),
    "c_sharp": ("{name}.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>\n'),
}
SHARED = {
    "python": ("libs/python/tracingkit/spans.py", '"""Spans."""\n\n\ndef span(name):\n    return {"name": name}\n'),
    "javascript": ("libs/node/tracing.js", "module.exports = { span: (name) => ({ name }) };\n"),
}
USES_SHARED = {
    "python": ("core/tracing.py", "from tracingkit.spans import span\n\nroot = span(\"{name}\")\n"),
    "javascript": (
        "src/core/tracing.js",
        'const tracing = require("../../../../../libs/node/tracing");\n\ntracing.span("{name}");\n',
    ),
}  # fmt: skip
"""A library outside the services' directories, and a file of a service that imports it."""
MANIFESTS_PER_SERVICE = 2.2
"""Dockerfile, build file and a share of the manifests: what is left of a service's files is code."""


def write_system(system: System, files: int, draw: random.Random) -> Iterator[tuple[str, str]]:
    """Yield path and text of every file, about ``files`` in all."""
    yield "README.md", "# A synthetic repository\n\nMade by tools/large_repo.py to measure with.\n"
    yield from SHARED.values()
    fixed = sum(MANIFESTS_PER_SERVICE + len(unit.calls) for unit in system.units)
    each = max(0.0, (files - fixed) / len(system.units))
    owed = 0.0
    for unit in system.units:
        owed += each
        modules = int(owed)
        owed -= modules
        for path, text in _service(unit, modules, draw):
            yield f"{unit.directory}/{path}", text
    for domain in system.domains:
        units = [unit for unit in system.units if unit.domain == domain]
        yield from _compose(domain, units) if system.kind(domain) == "compose" else _kubernetes(domain, units)


def _service(unit: Unit, modules: int, draw: random.Random) -> Iterator[tuple[str, str]]:
    name, text = BUILD_FILES[unit.language]
    yield name.format(name=unit.name), text.format(name=unit.name)
    yield "Dockerfile", f'FROM {IMAGES[unit.language]}\nWORKDIR /app\nCOPY . .\nCMD ["./start"]\n'
    for call in unit.calls:
        yield client(unit, call)
    if unit.database:
        yield _settings(unit)
    if unit.language in USES_SHARED and modules:
        path, text = USES_SHARED[unit.language]
        yield path, text.format(name=unit.name)
        modules -= 1
    for number in range(modules):
        # Files of people: most have 30 to 150 lines, few more than 300.
        lines = min(320, max(30, int(draw.lognormvariate(4.4, 0.6))))
        yield module(unit.language, f"{draw.choice(THINGS)}_{draw.choice(VERBS)}_{number}", lines, draw)


def _settings(unit: Unit) -> tuple[str, str]:
    """Return the file that reads where the database is."""
    return {
        "python": ("core/settings.py", 'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n'),
        "go": ("internal/settings/settings.go",
               'package settings\n\nimport "os"\n\nvar DatabaseURL = os.Getenv("DATABASE_URL")\n'),
        "java": ("src/main/java/com/example/core/Settings.java",
                 'package com.example.core;\n\npublic class Settings {\n'
                 '    static final String DATABASE_URL = System.getenv("DATABASE_URL");\n}\n'),
        "javascript": ("src/core/settings.js", "module.exports = { databaseUrl: process.env.DATABASE_URL };\n"),
        "typescript": ("src/core/settings.ts", "export const databaseUrl = process.env.DATABASE_URL;\n"),
        "c_sharp": ("Core/Settings.cs",
                    "namespace Example.Core\n{\n    public static class Settings\n    {\n        public static readonly"
                    ' string Url = System.Environment.GetEnvironmentVariable("DATABASE_URL");\n    }\n}\n'),
    }[unit.language]  # fmt: skip


def _environment(unit: Unit) -> dict[str, str]:
    given = {variable_of(call.target): f"http://{call.target}:8080" for call in unit.calls}
    if unit.database:
        given["DATABASE_URL"] = f"postgresql://app@{unit.database}:5432/app"
    return {"LOG_LEVEL": "info", **given}


def _compose(domain: str, units: list[Unit]) -> Iterator[tuple[str, str]]:
    lines = ["services:"]
    for unit in units:
        lines += [
            f"  {unit.name}:",
            f"    build: ../../{unit.directory}",
            "    ports:",
            '      - "8080"',
            "    environment:",
        ]
        lines += [f"      {name}: {value}" for name, value in _environment(unit).items()]
        if unit.database:
            lines += [f"  {unit.database}:", "    image: postgres:16", "    environment:", "      POSTGRES_DB: app"]
    yield f"deploy/{domain}/compose.yaml", "\n".join(lines) + "\n"


def _kubernetes(domain: str, units: list[Unit]) -> Iterator[tuple[str, str]]:
    for unit in units:
        text = _workload(unit.name, f"registry.example.com/{unit.name}:1.0", 8080, _environment(unit))
        if unit.database:
            text += "---\n" + _workload(unit.database, "postgres:16", 5432, {"POSTGRES_DB": "app"})
        yield f"deploy/{domain}/{unit.name}.yaml", text


def _workload(name: str, image: str, port: int, environment: dict[str, str]) -> str:
    variables = "".join(
        f"            - name: {key}\n              value: {value}\n" for key, value in environment.items()
    )
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n  selector:\n"
        f"    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n"
        f"    spec:\n"
        f"      containers:\n        - name: main\n          image: {image}\n          ports:\n"
        f"            - containerPort: {port}\n          env:\n{variables}"
        f"---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n"
        f"  ports:\n    - port: {port}\n"
    )
