"""The history of lotus-demo: one telling change per commit, in the words its team would use.

What each commit does to a checkout when 250 ms are added to every round trip on one edge:

    docs-only, refactor, shared-library, manifest-change, service-renamed    nothing
    fallback-added     gateway->inventory costs 100 ms instead of 250 ms
    new-dependency     payments->inventory is a new edge: the checkout waits for it
    timeout-lowered    orders->payments gives up after 200 ms: checkouts fail (timeout-restored mends it)
    retry-storm        orders->payments gives up six times: checkouts fail late, payments gets six times the load
    fallback-removed   gateway->inventory gives up after 100 ms and nothing stands in: checkouts fail
"""

from __future__ import annotations

from dataclasses import dataclass

from lotus.edits import Edit, RenameWord, Replace, Write


@dataclass(frozen=True)
class Commit:
    """One commit; `slug` is the end of its tag."""

    slug: str
    message: str
    edits: tuple[Edit, ...] = ()


GATEWAY = "services/gateway/main.py"
ORDERS = "services/orders/main.py"
PAYMENTS = "services/payments/main.py"
INVENTORY = "services/inventory/main.py"
CLIENT = "libs/lotus/client.py"
SERVER = "libs/lotus/server.py"

PAYMENTS_CLIENT = 'payments = Client(os.environ["PAYMENTS_URL"], timeout_s=2.0, retries=1)\n'
PAYMENTS_CLIENT_FAST = 'payments = Client(os.environ["PAYMENTS_URL"], timeout_s=0.2, retries=1)\n'
PAYMENTS_CLIENT_EAGER = 'payments = Client(os.environ["PAYMENTS_URL"], timeout_s=0.2, retries=5, backoff_s=0.0)\n'

RECOMMEND = '    return recommendations.get(f"/recommendations?item={item}")["items"]\n'
RECOMMEND_OR_NOTHING = (
    "    try:\n"
    '        return recommendations.get(f"/recommendations?item={item}")["items"]\n'
    "    except Unavailable:\n"
    "        return []\n"
)

RESERVE_CHECKS = """\
    item, quantity = request.body.get("item"), request.body.get("quantity")
    if item not in GOODS:
        raise Rejected(404, "no such item")
    if not isinstance(quantity, int) or quantity < 1:
        raise Rejected(400, "quantity: above 0")
"""

DOCS_ONLY = Commit(
    "docs-only",
    "Runbook: what to do when orders pile up",
    (
        Replace(
            "docs/runbook.md",
            "- Orders fail with 503: the message names the call that failed.\n",
            "- Orders fail with 503: the message names the call that failed.\n"
            "- Mails are late: compare `redis-cli -h store llen notifications` with `GET /sent` of notifier;\n"
            "  a restart of notifier loses nothing that is still in the queue.\n"
            "- The ledger and the orders disagree: `GET /ledger` of payments is the truth.\n",
        ),
    ),
)

REFACTOR = Commit(
    "refactor",
    "inventory: read a reservation in one place\n\nreserve and release checked the same two fields twice.",
    (
        Replace(
            INVENTORY,
            'def reserve(request: Request) -> tuple[int, Any]:\n    """Set goods aside for an order."""\n'
            + RESERVE_CHECKS,
            "def read_reservation(request: Request) -> tuple[str, int]:\n"
            '    """Return item and quantity of a request, or refuse it."""\n'
            + RESERVE_CHECKS
            + "    return item, quantity\n\n\n"
            'def reserve(request: Request) -> tuple[int, Any]:\n    """Set goods aside for an order."""\n'
            "    item, quantity = read_reservation(request)\n",
        ),
        Replace(
            INVENTORY,
            '    """Put goods back that nobody paid for."""\n' + RESERVE_CHECKS,
            '    """Put goods back that nobody paid for."""\n    item, quantity = read_reservation(request)\n',
        ),
    ),
)

SHARED_LIBRARY = Commit(
    "shared-library",
    "lotus: pass X-Request-Id on\n\nEvery call a service makes while it answers a request carries that request's id.",
    (
        Write(
            "libs/lotus/request_id.py",
            '"""The id of the request which this thread answers."""\n\n'
            "from __future__ import annotations\n\n"
            "import uuid\n"
            "from contextvars import ContextVar\n\n"
            'HEADER = "X-Request-Id"\n\n'
            '_current: ContextVar[str] = ContextVar("request_id", default="")\n\n\n'
            "def begin(given: str | None) -> None:\n"
            '    """Take over the id that came with a request, or make one."""\n'
            "    _current.set(given if given and len(given) <= 64 else uuid.uuid4().hex)\n\n\n"
            "def current() -> str:\n"
            '    """Return the id of the request being answered; empty outside of one."""\n'
            "    return _current.get()\n",
        ),
        Replace(CLIENT, "from lotus.errors import", "from lotus import request_id\nfrom lotus.errors import"),
        Replace(
            CLIENT,
            '        return {"Content-Type": "application/json", "Connection": "close"}\n',
            '        headers = {"Content-Type": "application/json", "Connection": "close"}\n'
            "        if request_id.current():\n"
            "            headers[request_id.HEADER] = request_id.current()\n"
            "        return headers\n",
        ),
        Replace(SERVER, "from lotus.errors import", "from lotus import request_id\nfrom lotus.errors import"),
        Replace(
            SERVER,
            "        parts = urlsplit(self.path)\n",
            "        parts = urlsplit(self.path)\n        request_id.begin(self.headers.get(request_id.HEADER))\n",
        ),
    ),
)

FALLBACK_ADDED = Commit(
    "fallback-added",
    "gateway: a checkout does not wait for recommendations\n\n"
    "They are nice to have: 100 ms, then the order is confirmed without them.",
    (
        Replace(GATEWAY, "from lotus.errors import Rejected\n", "from lotus.errors import Rejected, Unavailable\n"),
        Replace(
            GATEWAY,
            'recommendations = Client(os.environ["INVENTORY_URL"], timeout_s=2.0)\n',
            'recommendations = Client(os.environ["INVENTORY_URL"], timeout_s=0.1)\n',
        ),
        Replace(
            GATEWAY,
            '"""Return what customers bought with an item."""\n',
            '"""Return what customers bought with an item, or nothing."""\n',
        ),
        Replace(GATEWAY, RECOMMEND, RECOMMEND_OR_NOTHING),
    ),
)

NEW_DEPENDENCY = Commit(
    "new-dependency",
    "payments: check the amount against the price\n\n"
    "A charge that is not price x quantity is refused; the price comes from inventory.",
    (
        Replace(PAYMENTS, "from lotus.errors import", "from lotus.client import Client\nfrom lotus.errors import"),
        Replace(
            PAYMENTS,
            'store = Store(os.environ["STORE_ADDR"], timeout_s=1.0)\n',
            'inventory = Client(os.environ["INVENTORY_URL"], timeout_s=1.0)\n'
            'store = Store(os.environ["STORE_ADDR"], timeout_s=1.0)\n',
        ),
        Replace(
            PAYMENTS,
            '    if store.add(f"charge:',
            '    check_amount(request.body.get("item"), request.body.get("quantity"), amount_cents)\n'
            '    if store.add(f"charge:',
        ),
        Replace(
            PAYMENTS,
            "def ledger(",
            "def check_amount(item: Any, quantity: Any, amount_cents: int) -> None:\n"
            '    """Refuse an amount that is not price x quantity."""\n'
            "    if not isinstance(item, str) or not item.isalnum() or not isinstance(quantity, int):\n"
            '        raise Rejected(400, "item: a name, quantity: a number")\n'
            '    price = inventory.get(f"/prices?item={item}")\n'
            '    if price["price_cents"] * quantity != amount_cents:\n'
            '        raise Rejected(409, "the amount is not price x quantity")\n\n\n'
            "def ledger(",
        ),
        Replace(
            INVENTORY,
            "def recommend(",
            "def show_price(request: Request) -> tuple[int, Any]:\n"
            '    """Show what one piece costs."""\n'
            '    item = request.query.get("item")\n'
            "    if item not in GOODS:\n"
            '        raise Rejected(404, "no such item")\n'
            '    return 200, {"item": item, "price_cents": GOODS[item]["price_cents"]}\n\n\n'
            "def recommend(",
        ),
        Replace(
            INVENTORY,
            '            ("GET", "/recommendations"): recommend,\n',
            '            ("GET", "/prices"): show_price,\n            ("GET", "/recommendations"): recommend,\n',
        ),
        Replace(
            "compose.yaml",
            "      dockerfile: services/payments/Dockerfile\n    environment:\n"
            '      PORT: "8080"\n      STORE_ADDR: store:6379\n    depends_on: [store]\n',
            "      dockerfile: services/payments/Dockerfile\n    environment:\n"
            '      PORT: "8080"\n      INVENTORY_URL: http://inventory:8080\n      STORE_ADDR: store:6379\n'
            "    depends_on: [inventory, store]\n",
        ),
        Replace(
            "k8s/payments.yaml",
            "            - name: STORE_ADDR\n",
            "            - name: INVENTORY_URL\n              value: http://inventory:8080\n"
            "            - name: STORE_ADDR\n",
        ),
        Replace(
            "README.md",
            "       │           ├─────> payments ───> store\n",
            "       │           ├─────> payments ───> store, inventory\n",
        ),
    ),
)

MANIFEST_CHANGE = Commit(
    "manifest-change",
    "k8s: two replicas of inventory, with more memory",
    (
        Replace("k8s/inventory.yaml", "  replicas: 1\n", "  replicas: 2\n"),
        Replace(
            "k8s/inventory.yaml",
            "            limits:\n              memory: 96Mi\n",
            "            limits:\n              memory: 160Mi\n",
        ),
    ),
)

SERVICE_RENAMED = Commit(
    "service-renamed",
    "Rename notifier to mailer\n\nIt sends mail and nothing else; the queue keeps its name.",
    (RenameWord("notifier", "mailer"),),
)

TIMEOUT_LOWERED = Commit(
    "timeout-lowered",
    "orders: fail fast when payments is slow\n\nCustomers left while we waited two seconds for a charge.",
    (Replace(ORDERS, PAYMENTS_CLIENT, PAYMENTS_CLIENT_FAST),),
)

TIMEOUT_RESTORED = Commit(
    "timeout-restored",
    'orders: give payments two seconds again\n\nThis reverts "orders: fail fast when payments is slow".',
    (Replace(ORDERS, PAYMENTS_CLIENT_FAST, PAYMENTS_CLIENT),),
)

RETRY_STORM = Commit(
    "retry-storm",
    "orders: retry charges quickly\n\nA charge is idempotent, so a short timeout and a few more tries cost nothing.",
    (Replace(ORDERS, PAYMENTS_CLIENT, PAYMENTS_CLIENT_EAGER),),
)

RETRY_RESTORED = Commit(
    "retry-restored",
    "orders: back to one retry of a charge",
    (Replace(ORDERS, PAYMENTS_CLIENT_EAGER, PAYMENTS_CLIENT),),
)

FALLBACK_REMOVED = Commit(
    "fallback-removed",
    "gateway: do not hide errors of recommendations\n\nAn empty list looked like a customer without a taste.",
    (
        Replace(GATEWAY, "from lotus.errors import Rejected, Unavailable\n", "from lotus.errors import Rejected\n"),
        Replace(
            GATEWAY,
            '"""Return what customers bought with an item, or nothing."""\n',
            '"""Return what customers bought with an item."""\n',
        ),
        Replace(GATEWAY, RECOMMEND_OR_NOTHING, RECOMMEND),
    ),
)

COMMITS: tuple[Commit, ...] = (
    Commit("initial", "A flower shop in six services"),
    DOCS_ONLY,
    REFACTOR,
    SHARED_LIBRARY,
    FALLBACK_ADDED,
    NEW_DEPENDENCY,
    MANIFEST_CHANGE,
    SERVICE_RENAMED,
    TIMEOUT_LOWERED,
    TIMEOUT_RESTORED,
    RETRY_STORM,
    RETRY_RESTORED,
    FALLBACK_REMOVED,
)
"""Oldest first; the first one adds `base/`."""
