"""Each test starts with a clean environment and no Arc; failures that production would swallow come out."""

import os
from typing import Iterator

import pytest
from hypothesis import HealthCheck, settings

from arc_runtime import arc as facade
from arc_runtime import guard

# a loaded machine is no bug of ours: no example fails for being slow
settings.register_profile("arc", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arc")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARC_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def loud_failures() -> Iterator[None]:
    before = guard.reraise(True)
    yield
    guard.reraise(before)


@pytest.fixture
def production() -> Iterator[None]:
    """Failures are contained, as they are outside of tests."""
    before = guard.reraise(False)
    yield
    guard.reraise(before)


@pytest.fixture(autouse=True)
def no_arc_left() -> Iterator[None]:
    yield
    for arc in list(facade._current):
        arc.close()
