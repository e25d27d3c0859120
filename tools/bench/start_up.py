"""How long a person waits for the first line of ``arc``."""

import subprocess
import sys
import time
from pathlib import Path

from bench.report import Report, median

REPEATS = 15
BIN = Path(sys.executable).parent

CASES = {
    "python -c pass (the floor)": [sys.executable, "-c", "pass"],
    "python -c 'import typer'": [sys.executable, "-c", "import typer"],
    "arc --help": [str(BIN / "arc"), "--help"],
    "arc sim --help": [str(BIN / "arc"), "sim", "--help"],
    "arc runtime --help": [str(BIN / "arc"), "runtime", "--help"],
    "python -c 'import arc_runtime'": [sys.executable, "-c", "import arc_runtime"],
}


def run() -> Report:
    """Time each command from start to exit, interleaved, and give medians."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(REPEATS):
        for name, command in CASES.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append((time.perf_counter() - started) * 1000)
    floor = median(times["python -c pass (the floor)"])
    rows = [
        [name, f"{median(values):.0f}", f"{max(values):.0f}", f"{median(values) / floor:.1f}"]
        for name, values in times.items()
    ]
    return Report(
        title="Start-up",
        method=f"Wall time of a whole process, {REPEATS} interleaved repeats of each, warm file cache.",
        columns=["command", "median ms", "max ms", "times the floor"],
        rows=rows,
    )
