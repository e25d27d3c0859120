"""Where the user's key is."""

from pathlib import Path

import pytest

from arc_sim.config.env import key_path, user_home


@pytest.fixture(name="home")
def fixture_home(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def test_arc_home_wins(home):
    (home / ".arc").mkdir()
    assert user_home({"ARC_HOME": "/x", "XDG_DATA_HOME": "/y"}) == Path("/x")
    assert key_path({"ARC_HOME": "/x"}) == Path("/x/keys/arc-sim.pem")


def test_the_platforms_place_is_used_only_where_nothing_is_yet(home):
    assert user_home({"XDG_DATA_HOME": "/y"}) == Path("/y/arc")
    (home / ".arc").mkdir()
    assert user_home({"XDG_DATA_HOME": "/y"}) == home / ".arc"


def test_else_it_is_below_home_and_empty_means_unset(home):
    assert user_home({}) == home / ".arc"
    assert user_home({"ARC_HOME": "", "XDG_DATA_HOME": ""}) == home / ".arc"
