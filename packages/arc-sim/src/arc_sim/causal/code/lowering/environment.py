"""How code reads its environment, in every language: calls, items, and the defaults beside them."""

import re
from functools import lru_cache

from arc_sim.causal.code.program import Expression

CALL = re.compile(
    r"(?:^|\.)(?:getenv|Getenv|LookupEnv|GetEnvironmentVariable|GetConnectionString|env_or_default|getEnv|get_env|"
    r"fetch_env!?|getProperty|RequireEnv|env!|option_env!)$"
    r"|(?:^|\.)(?:os\.)?environ\.(?:get|pop|setdefault)$|(?:^|\.)(?:process\.|Deno\.|Bun\.)?env\.(?:get|var|var_os)$"
    r"|(?:^|\.)viper\.Get\w*$|(?:^|\.)ENV\.(?:fetch|dig)$|^(?:dotenv|dotenvy|std\.env|env)\.var$"
    r"|(?:^|\.)env\.(?:str|url|int|string|required)$|^env$|^config$|[Mm]ustMapEnv$"
    r"|(?:^|\.)[cC]onfigService\.get(?:OrThrow)?(?:<.*>)?$|(?:^|\.)config\.(?:property|propertyOrNull)$"
    r"|^@(?:Value|ConfigProperty|Property)$|(?:^|\.)_?[cC]onfiguration\.Get(?:Value|Section)\w*(?:<.*>)?$"
)
"""Calls whose first string names an environment variable (or a setting that one overrides)."""

ITEM = re.compile(
    r"^(?:(?:os\.)?environ\[\"(\w+)\"\]|(?:process\.|import\.meta\.|Bun\.)env\.(\w+)|process\.env\[\"(\w+)\"\]|__ENV\.(\w+)"
    r"|ENV\[\"(\w+)\"\]|\$?_(?:ENV|SERVER)\[\"(\w+)\"\])$"
)
CONFIGURATION_ITEM = re.compile(r"(?i)^(?:\w*\.)*?_?config(?:uration)?\[\"([\w:]+)\"\]$")
""".NET: an environment variable overrides the setting of the same name."""

FILLS = re.compile(
    r"\.(?:unwrap_or(?:_else)?|or_else|orElse(?:Get)?|getOrElse|getOrDefault|GetValueOrDefault|ifBlank|ifEmpty|getOrNull)$"
)
"""Methods whose argument stands in for a missing value."""


@lru_cache(maxsize=10_000)
def is_environment_call(name: str) -> bool:
    """Tell whether a call reads the variable that its argument names."""
    return CALL.search(name) is not None


def item_variable(name: str, language: str) -> str | None:
    """Return the variable that ``process.env.X``, ``ENV["X"]`` and their kin read."""
    match = ITEM.match(name) or (CONFIGURATION_ITEM.match(name) if language == "c_sharp" else None)
    return next(filter(None, match.groups()), None) if match else None


def default_of(value: Expression, replace: bool = False) -> Expression | None:
    """Return the literal that a value gives.

    replace: return the variable of ``env.unwrap_or("x")`` with its default instead, None when it is no such call.
    """
    if replace:
        if not FILLS.search(value.text) or not value.items or value.items[0][0] != ".":
            return None
        found = next((d for key, item in value.items if key != "." and (d := default_of(item))), None)
        return with_default(value.items[0][1], found)
    if value.kind in ("string", "number"):
        return value
    found = next((d for _, item in value.items if (d := default_of(item))), None)
    # Of a text only the literal counts; a number comes with its unit and arithmetic.
    return value if found is not None and found.kind != "string" and value.kind in ("call", "op") else found


def with_default(value: Expression, default: Expression | None, depth: int = 0) -> Expression | None:
    """Return the variable at the root of a value with this default; None when there is none without one."""
    if default is None or depth > 8:
        return None
    if value.kind == "env":
        return None if value.items else Expression("env", value.text, value.line, ((None, default),))
    if value.kind == "call":
        receiver = [item for key, item in value.items if key == "."] or [item for _, item in value.items]
        return with_default(receiver[0], default, depth + 1) if len(receiver) == 1 else None
    if value.kind == "group" and len(value.items) == 1:
        return with_default(value.items[0][1], default, depth + 1)
    return None
