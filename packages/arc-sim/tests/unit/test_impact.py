"""Which services a change touches, and what the change did to the edges."""

from typing import Any

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.changes.meaning import means_the_same
from arc_sim.causal.compare import compare
from arc_sim.causal.impact import affected
from arc_sim.causal.tree import MemoryTree
from arc_sim.diff.serialize import diff_hash
from arc_sim.model import Diff, FileChange, Impact, Location

COMPOSE = """services:
  web: {build: {context: ., dockerfile: web/Dockerfile}, environment: {ORDERS_URL: "http://orders", LEVEL: "${LEVEL}"}}
  orders: {build: {context: ., dockerfile: orders/Dockerfile}, environment: {DB: "postgres://db/x"}, networks: [back]}
  mailer: {build: mailer}
  db: {image: postgres, networks: [back]}
networks: {back: {driver: bridge}}
"""
BASE: dict[str, str] = {
    "compose.yaml": COMPOSE,
    ".env": "LEVEL=info\n",
    "README.md": "hello",
    "pom.xml": "<project/>",
    "shared/text.py": "def f(): pass\n",
    "web/Dockerfile": "FROM python\nCOPY web .\nCOPY shared .\n",
    "web/main.py": 'import os\nc = Client(os.environ["ORDERS_URL"], timeout=2)\n',
    "web/tests/test_main.py": "assert True\n",
    "orders/Dockerfile": "FROM python\nCOPY orders .\nCOPY shared .\n",
    "orders/main.py": 'import os\nd = connect(os.environ["DB"])\n',
    "mailer/pom.xml": "<project/>",
    "mailer/Dockerfile": "FROM java\n",
    "k8s/orders.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\n"
    "spec: {replicas: 1, template: {spec: {containers: [{image: orders}]}}}\n",
}  # fmt: skip


def status(path: str, text: "str | None") -> Any:
    return "deleted" if text is None else "modified" if path in BASE else "added"


def impact(changes: dict[str, "str | None"]) -> Impact:
    head = {path: text for path, text in {**BASE, **changes}.items() if text is not None}
    base_tree, head_tree = MemoryTree({**BASE}), MemoryTree({**head})
    files = tuple(
        FileChange(p, "deleted" if t is None else "modified" if p in BASE else "added") for p, t in changes.items()
    )
    diff = Diff("", "", files, diff_hash(files), "")
    return affected(diff, derive_tree(base_tree), derive_tree(head_tree), base_tree, head_tree)


@pytest.mark.parametrize(
    ("changes", "direct"),
    [
        ({"README.md": "bye"}, ()),
        ({"docs/guide.py": "x = 1"}, ()),
        ({".github/workflows/ci.yml": "on: push"}, ()),
        ({"web/tests/test_main.py": "assert False"}, ()),
        ({"web/main.py": '# with a comment\nimport os\n\nc = Client(os.environ["ORDERS_URL"],\n  timeout=2)\n'}, ()),
        ({"web/main.py": 'import os\nc = Client(os.environ["ORDERS_URL"], timeout=1)\n'}, ("web",)),
        ({"web/main.py": None}, ("web",)),
        ({"web/new.html": "<p>"}, ("web",)),
        ({"shared/text.py": "def f(): return 1\n"}, ("orders", "web")),
        ({"pom.xml": "<project><a/></project>"}, ("mailer",)),
        ({"pom.xml": "<project/>  <!-- why -->"}, ()),
        ({".env": "LEVEL=debug\n"}, ("web",)),
        ({"compose.yaml": COMPOSE.replace("build: mailer", "build: mailer, restart: always")}, ("mailer",)),
        ({"compose.yaml": "# a comment\n" + COMPOSE}, ()),
        ({"compose.yaml": COMPOSE.replace("bridge", "overlay")}, ("db", "orders")),
        ({"k8s/orders.yaml": BASE["k8s/orders.yaml"].replace("replicas: 1", "replicas: 3")}, ("orders",)),
        ({"k8s/orders.yaml": BASE["k8s/orders.yaml"] + "# note\n"}, ()),
        ({"web/Dockerfile": "# note\n" + BASE["web/Dockerfile"]}, ()),
        ({"web/Dockerfile": BASE["web/Dockerfile"] + "ENV A=1\n"}, ("web",)),
        ({"unowned/x.py": "1"}, ()),
    ],
)  # fmt: skip
def test_direct(changes: dict[str, "str | None"], direct: tuple[str, ...]) -> None:
    found = impact(changes)
    assert found.direct == direct
    assert set(found.reasons) == {*found.direct, *found.upstream}
    assert all(found.reasons.values())


def test_python_white_space_that_means_something_counts() -> None:
    inside, outside = b"if a:\n  b()\n  c()\n", b"if a:\n  b()\nc()\n"
    assert not means_the_same("x.py", inside, outside)
    assert means_the_same("x.py", inside, b"if a:\n    b()  # first\n\n    c()\n")


def test_callers_come_with_what_they_call() -> None:
    found = impact({"orders/main.py": 'import os\nd = connect(os.environ["DB"], 1)\n'})
    assert found.direct == ("orders",)
    assert found.upstream == ("web",)
    assert found.reasons["web"] == ("calls orders",)
    assert found.reasons["orders"] == ("orders/main.py: modified, it is built from orders",)


def test_who_depended_on_a_removed_service_is_touched() -> None:
    left = "".join(line for line in COMPOSE.splitlines(keepends=True) if not line.startswith("  orders:"))
    gone = dict.fromkeys(("orders/Dockerfile", "orders/main.py", "k8s/orders.yaml"))
    found = impact({"compose.yaml": left, **gone})
    assert found.direct == ("web",)
    assert found.reasons["web"] == ("depended on orders, which head no longer has",)


def test_a_diff_without_trees_counts_every_named_file() -> None:
    tree = MemoryTree({**BASE})
    graph = derive_tree(tree)
    files = (FileChange("web/main.py", "modified"), FileChange("README.md", "modified"))
    assert affected(Diff("", "", files, "", ""), graph, graph, tree, tree).direct == ("web",)


def test_compare_says_what_happened_to_the_edges() -> None:
    head = {**BASE, "web/main.py": BASE["web/main.py"].replace("2)", "0.5)"), "orders/main.py": "pass\n"}
    changes = compare(derive_tree(MemoryTree({**BASE})), derive_tree(MemoryTree({**head})))
    assert [(c.source, c.target, c.what, c.before, c.after) for c in changes] == [
        ("orders", "db", "removed", None, None), ("web", "orders", "timeout_ms", 2000.0, 500.0),
    ]  # fmt: skip
    assert changes[1].location == Location("web/main.py", 2)
