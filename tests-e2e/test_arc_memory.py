"""Our plug-in inside the real Arc Memory, in an environment of its own; and its database read back."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import arc_sim

ROOT = Path(__file__).parent.parent
STEPS = (("arc-memory==0.7.4",), ("click<8.2", str(ROOT / "packages/arc-common"), str(ROOT / "packages/arc-sim")))
"""Its pin of Typer excludes ours, though it works with it: so one after the other. Later Clicks break its commands."""
FILES = {
    "compose.yaml": "services:\n  web: {build: web, environment: {ORDERS_URL: 'http://orders:8080'}}\n"
    "  orders: {build: orders, depends_on: [db]}\n  db: {image: postgres}\n",
    "web/Dockerfile": "FROM python\n",
    "web/main.py": 'import os, requests\nrequests.get(os.environ["ORDERS_URL"], timeout=2)\n',
    "orders/Dockerfile": "FROM python\n",
}
GIT = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arc-memory")
    venv.create(folder, with_pip=True)
    for packages in STEPS:
        command = [folder / "bin/python", "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"Arc Memory cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "bin/python"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Arc Memory's pins have no wheels for this Python")
def test_arc_build_takes_our_services_in_and_we_read_them_back(python: Path, tmp_path: Path) -> None:
    repo, home = tmp_path / "repo", tmp_path / "home"
    home.mkdir()
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, "-C", repo, *arguments], check=True, capture_output=True)
    command = [
        python,
        "-c",
        "from arc_memory.cli import app; app()",
        "build",
        "--repo",
        repo,
        "--output",
        home / "g.db",
    ]
    done = subprocess.run(
        command, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, check=False, cwd=repo
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arc_sim_topology: 3 nodes, 2 edges" in done.stdout

    alone, merged = arc_sim.derive_causal(None, repo), arc_sim.derive_causal(home / "g.db", repo)
    assert [service["name"] for service in merged["services"]] == ["db", "orders", "web"]
    assert merged["edges"] == alone["edges"]
