"""What every reader of the service graph promises, whatever the files hold. The fake takes the same test."""

import pytest

from arc_sim.causal.build import create
from arc_sim.causal.readers import LINKING, NAMING
from arc_sim.causal.readers.base import Known, Reader
from arc_sim.causal.readers.memory import MemoryReader
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Service

POD = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: "
HOSTILE = [
    b"",
    b"\x00" * 100,
    b"\xff\xfe",
    b"[" * 5000,
    b"a: &a [*a]",
    b"{{ if }}",
    b"services: 3",
    b"services: {a: [b]}",
    b"services: {a: {build: 3, environment: 4, depends_on: 5, ports: [[]]}}",
    b"services: {a: {image: [x], command: {}, extends: {service: a}}}",
    b"apiVersion: v1\nkind: Deployment\nmetadata: 3\n",
    b"apiVersion: v1\nkind: [Deployment]\nmetadata: {name: [a]}",
    POD + b"{containers: [3, {env: [4, {name: [x]}]}]}}}",
    b"x" * 2_000_000,
]
NAMES = ["compose.yaml", "k8s/a.yaml", "arc-sim.yaml", "Procfile", ".env", "skaffold.yaml", "svc/Dockerfile"]
NAMES += ["svc/main.py", "svc/Main.java", "svc/main.go", "svc/app.js", "svc/app.ts", "svc/P.cs"]
NAMES += ["svc/src/main/resources/application.yml"]


@pytest.fixture(params=["memory", *NAMING, *LINKING])
def reader(request: pytest.FixtureRequest) -> Reader:
    return MemoryReader() if request.param == "memory" else create(request.param)


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_no_content_makes_it_fail(reader: Reader, content: bytes) -> None:
    tree = MemoryTree(dict.fromkeys(NAMES, content))
    found = reader.read(tree, Known((Service("svc", paths=("svc",)),)))
    assert len(set(found.warnings)) == len(found.warnings)
    for warning in found.warnings:
        assert "\n" not in warning
        assert any(warning.startswith(name.rpartition("/")[0] or name) for name in NAMES)


def test_it_has_a_name_and_finds_nothing_in_nothing(reader: Reader) -> None:
    found = reader.read(MemoryTree({}), Known())
    assert reader.name
    assert (found.services, found.edges, found.variables, found.warnings) == ((), (), (), ())


def test_it_does_not_change_its_mind(reader: Reader) -> None:
    tree = MemoryTree({"compose.yaml": "services: {a: {image: x, environment: {B: 'http://b'}}, b: {image: y}}"})
    assert reader.read(tree, Known()) == reader.read(tree, Known())
