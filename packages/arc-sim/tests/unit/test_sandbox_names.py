"""A sandbox that is registered can be asked for; the fake cannot, for it measures nothing."""

from pathlib import Path

import pytest

from arc_sim.errors import ConfigError, DiffError
from arc_sim.sandboxes import SANDBOXES
from arc_sim.workflow.request import read_request


@pytest.mark.parametrize("name", ["auto", *sorted(set(SANDBOXES) - {"memory"})])
def test_registered_sandboxes_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(DiffError):  # the name is fine, the folder is no repository
        read_request({"sandbox": name}, tmp_path)


@pytest.mark.parametrize("name", ["memory", "", "LOCAL", None])
def test_other_names_are_refused(name: object, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown sandbox"):
        read_request({"sandbox": name}, tmp_path)
