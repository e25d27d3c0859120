"""Words from which names are made."""

NOUNS = (
    "account", "address", "advert", "basket", "billing", "booking", "cargo", "catalog", "claim",
    "contract", "coupon", "credit", "customer", "delivery", "device", "document", "driver", "email",
    "event", "export", "fare", "feature", "fleet", "forecast", "fraud", "gift", "identity", "import",
    "invoice", "item", "ledger", "license", "listing", "loan", "loyalty", "media", "member", "menu",
    "message", "metering", "order", "parcel", "partner", "payment", "policy", "price", "profile",
    "quota", "quote", "rating", "refund", "report", "return", "review", "reward", "route", "schedule",
    "search", "session", "stock", "supplier", "tariff", "tax", "ticket", "transfer", "trip", "user",
    "vehicle", "voucher", "wallet", "warehouse", "wishlist"
)  # fmt: skip
ROLES = (
    "api", "archiver", "builder", "checker", "dispatcher", "editor", "finder", "gateway", "indexer",
    "keeper", "loader", "matcher", "notifier", "planner", "reader", "recorder", "resolver", "sorter",
    "tracker", "writer"
)  # fmt: skip
"""Noun and role together name a service: 1,440 names."""

THINGS = (
    "amount", "batch", "bucket", "channel", "code", "count", "entry", "field", "group", "index", "key",
    "label", "level", "limit", "mark", "note", "offset", "owner", "page", "part", "period", "rank",
    "range", "ratio", "record", "row", "rule", "score", "share", "slot", "source", "state", "status",
    "step", "tag", "target", "token", "total", "unit", "value", "weight", "window", "zone"
)  # fmt: skip
VERBS = (
    "apply", "build", "check", "collect", "compare", "count", "derive", "expand", "filter", "find",
    "group", "join", "limit", "list", "map", "mark", "match", "merge", "order", "pick", "reduce",
    "select", "sort", "split", "sum", "trim", "update", "validate"
)  # fmt: skip
