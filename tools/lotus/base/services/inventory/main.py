"""Knows what is for sale and how much of it is left."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from lotus.errors import Rejected
from lotus.resp import Store
from lotus.server import Request, serve

GOODS = {
    "lotus": {"price_cents": 1200, "stock": 1_000_000, "goes_with": ["vase", "ribbon"]},
    "vase": {"price_cents": 3400, "stock": 500_000, "goes_with": ["lotus"]},
    "ribbon": {"price_cents": 150, "stock": 2_000_000, "goes_with": ["lotus", "vase"]},
}

store = Store(os.environ["STORE_ADDR"], timeout_s=1.0)


def show_catalog(_: Request) -> tuple[int, Any]:
    """Show every item with its price and what is left of it."""
    sold = store.mget(*[f"sold:{name}" for name in GOODS])
    items = []
    for name, count in zip(GOODS, sold):
        left = GOODS[name]["stock"] - int(count or 0)
        items.append({"item": name, "price_cents": GOODS[name]["price_cents"], "left": left})
    return 200, {"items": items}


def reserve(request: Request) -> tuple[int, Any]:
    """Set goods aside for an order."""
    item, quantity = request.body.get("item"), request.body.get("quantity")
    if item not in GOODS:
        raise Rejected(404, "no such item")
    if not isinstance(quantity, int) or quantity < 1:
        raise Rejected(400, "quantity: above 0")
    if store.incrby(f"sold:{item}", quantity) > GOODS[item]["stock"]:
        store.incrby(f"sold:{item}", -quantity)
        raise Rejected(409, "sold out")
    return 200, {"item": item, "quantity": quantity, "price_cents": GOODS[item]["price_cents"]}


def release(request: Request) -> tuple[int, Any]:
    """Put goods back that nobody paid for."""
    item, quantity = request.body.get("item"), request.body.get("quantity")
    if item not in GOODS:
        raise Rejected(404, "no such item")
    if not isinstance(quantity, int) or quantity < 1:
        raise Rejected(400, "quantity: above 0")
    store.incrby(f"sold:{item}", -quantity)
    return 200, {"item": item, "quantity": quantity}


def recommend(request: Request) -> tuple[int, Any]:
    """Name what goes well with an item."""
    item = request.query.get("item")
    return 200, {"items": GOODS[item]["goes_with"] if item in GOODS else []}


if __name__ == "__main__":
    serve(
        "inventory",
        {
            ("GET", "/catalog"): show_catalog,
            ("GET", "/recommendations"): recommend,
            ("POST", "/reservations"): reserve,
            ("POST", "/releases"): release,
        },
    )
