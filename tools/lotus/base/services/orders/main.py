"""Takes orders: reserves the goods, charges the customer, keeps the order, tells the queue."""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from lotus.client import Client
from lotus.errors import Rejected, Unavailable
from lotus.resp import Store
from lotus.server import Request, serve

QUEUE = "notifications"

inventory = Client(os.environ["INVENTORY_URL"], timeout_s=1.0, retries=1)
payments = Client(os.environ["PAYMENTS_URL"], timeout_s=2.0, retries=1)
store = Store(os.environ["STORE_ADDR"], timeout_s=1.0)


def place_order(request: Request) -> tuple[int, Any]:
    """Place one order; the reservation is given back when the charge fails."""
    item, quantity = request.body.get("item"), request.body.get("quantity")
    if not isinstance(item, str) or not isinstance(quantity, int) or not 1 <= quantity <= 10:
        raise Rejected(400, "item: a name, quantity: 1 to 10")
    order_id = uuid.uuid4().hex
    reserved = inventory.post("/reservations", {"item": item, "quantity": quantity})
    amount_cents = reserved["price_cents"] * quantity
    charge = {"order_id": order_id, "item": item, "quantity": quantity, "amount_cents": amount_cents}
    try:
        payments.post("/charges", charge)
    except (Rejected, Unavailable):
        inventory.post("/releases", {"item": item, "quantity": quantity})
        raise
    order = {"id": order_id, "item": item, "quantity": quantity, "amount_cents": amount_cents}
    store.set(f"order:{order_id}", json.dumps(order))
    store.push(QUEUE, json.dumps({"order_id": order_id, "kind": "order_placed"}))
    return 201, order


if __name__ == "__main__":
    serve("orders", {("POST", "/orders"): place_order})
