"""Gives the JSON Schemas that ship in this package."""

import json
import sys
from typing import Any, Dict

if sys.version_info >= (3, 9):
    from importlib.resources import files

    def _text(name: str) -> str:
        return (files("arc_common.schemas") / name).read_text(encoding="utf-8")

else:
    from importlib.resources import read_text

    def _text(name: str) -> str:
        return read_text("arc_common.schemas", name, encoding="utf-8")


SCHEMAS = {
    "pattern_pack": "pattern_pack.v1.schema.json",
    "service_graph": "service_graph.v1.schema.json",
    "simulation_result": "simulation_result.v1.schema.json",
}
"""Short name to file name."""


def load(name: str) -> Dict[str, Any]:
    """Return the schema of that short name (see ``SCHEMAS``) as a fresh dict.

    Raises KeyError for a name that is not there.
    """
    schema: Dict[str, Any] = json.loads(_text(SCHEMAS[name]))
    return schema
