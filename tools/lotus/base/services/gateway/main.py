"""The entry of the shop: checkout and catalogue."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from lotus.client import Client, LastGood
from lotus.errors import Rejected
from lotus.server import Request, serve

orders = Client(os.environ["ORDERS_URL"], timeout_s=5.0)
inventory = Client(os.environ["INVENTORY_URL"], timeout_s=float(os.environ.get("INVENTORY_TIMEOUT_S", "1.0")))
recommendations = Client(os.environ["INVENTORY_URL"], timeout_s=2.0)

catalog = LastGood(lambda: inventory.get("/catalog"))


def checkout(request: Request) -> tuple[int, Any]:
    """Order one item and say what goes well with it."""
    item = request.body.get("item")
    if not isinstance(item, str) or not item.isalnum():
        raise Rejected(400, "item: a name is required")
    order = orders.post("/orders", {"item": item, "quantity": request.body.get("quantity", 1)})
    return 201, {"order": order, "recommended": recommend(item)}


def recommend(item: str) -> list[str]:
    """Return what customers bought with an item."""
    return recommendations.get(f"/recommendations?item={item}")["items"]


def show_catalog(_: Request) -> tuple[int, Any]:
    """Show what is for sale; the last known catalogue while inventory is away."""
    return 200, catalog.get()


if __name__ == "__main__":
    serve("gateway", {("POST", "/checkout"): checkout, ("GET", "/catalog"): show_catalog})
