"""Charges customers; the ledger is in the store."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from lotus.errors import Rejected
from lotus.resp import Store
from lotus.server import Request, serve

store = Store(os.environ["STORE_ADDR"], timeout_s=1.0)


def charge(request: Request) -> tuple[int, Any]:
    """Charge one order once, however often it is asked for."""
    order_id, amount_cents = request.body.get("order_id"), request.body.get("amount_cents")
    if not isinstance(order_id, str) or not isinstance(amount_cents, int) or amount_cents <= 0:
        raise Rejected(400, "order_id: a name, amount_cents: above 0")
    if store.add(f"charge:{order_id}", str(amount_cents)):
        store.incrby("ledger:total_cents", amount_cents)
    return 200, {"order_id": order_id, "amount_cents": amount_cents}


def ledger(_: Request) -> tuple[int, Any]:
    """Show the sum of all charges."""
    return 200, {"total_cents": int(store.get("ledger:total_cents") or 0)}


if __name__ == "__main__":
    serve("payments", {("POST", "/charges"): charge, ("GET", "/ledger"): ledger})
