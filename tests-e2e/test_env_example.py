"""`.env.example` names what the code reads, and nothing else."""

import re
from pathlib import Path

from arc_runtime.config import VARIABLES

TEXT = (Path(__file__).resolve().parent.parent / ".env.example").read_text(encoding="utf-8")
PACKAGES = Path(__file__).resolve().parent.parent / "packages"
NO_SETTINGS = {
    "ARC_DB_PATH",  # Arc Memory's
    "ARC_RUN_PID",  # tells a program started by `arc runtime run` from its children
    "ARC_SIM_SANDBOX",  # marks the processes of one run, for ourselves
}


def test_every_variable_is_there_once() -> None:
    names = re.findall(r"^#(ARC_\w+)=", TEXT, re.MULTILINE)
    assert len(names) == len(set(names))
    assert set(names) >= {variable.name for variable in VARIABLES}
    sources = [path.read_text(encoding="utf-8") for path in PACKAGES.glob("*/src/**/*.py")]
    read = {name for text in sources for name in re.findall(r"""["'](ARC_[A-Z0-9_]*[A-Z0-9])["']""", text)}
    assert set(names) == read - NO_SETTINGS


def test_each_has_its_effect_and_nothing_is_switched_on() -> None:
    for variable in VARIABLES:
        assert variable.effect in TEXT
    assert all(line.startswith("#") or not line for line in TEXT.splitlines())
