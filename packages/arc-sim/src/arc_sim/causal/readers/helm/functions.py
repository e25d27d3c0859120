"""The functions that charts call: Go's own and those of Sprig and Helm that decide about names, values and lists.

A function that is not here, or that refuses its arguments, gives ``UNKNOWN``. Clocks, random values, look-ups in a
cluster and files outside the chart are unknown on purpose.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from arc_sim.causal.documents import DocumentError, load_documents
from arc_sim.causal.readers.helm.values import UNKNOWN, UNKNOWN_TEXT, is_true, json_copy, plain, shown, typed

MAX_WIDTH = 200
MAX_RANGE = 1000

Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _to_yaml(value: Any) -> str:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    dumped = yaml.dump(
        plain(value), Dumper=Dumper, default_flow_style=False, width=100_000, allow_unicode=True, sort_keys=True
    )
    return str(dumped).removesuffix("...\n").rstrip("\n")


def _from_yaml(text: Any) -> Any:
    try:
        documents = load_documents(str(text).encode())
    except DocumentError:
        return UNKNOWN
    return typed(documents[0]) if documents else {}


def _default(*arguments: Any) -> Any:
    return arguments[-1] if is_true(arguments[-1]) else arguments[0]


def _indent(count: int, text: Any) -> str:
    pad = " " * min(int(count), MAX_WIDTH)
    return pad + shown(text).replace("\n", "\n" + pad)


def _printf(form: str, *arguments: Any) -> str:
    left = list(arguments)

    def put(match: "re.Match[str]") -> str:
        if match.group(2) == "%":
            return "%"
        value = left.pop(0) if left else None
        text = shown(value)
        width = min(int(re.sub(r"\D", "", match.group(1).split(".")[0]) or 0), MAX_WIDTH)
        if match.group(2) == "q":
            return json.dumps(text)
        return text.rjust(width, "0" if match.group(1).startswith("0") else " ")

    return re.sub(r"%([-+# 0-9.]*)([a-zA-Z%])", put, form)


def _merge(into: Any, *others: Any, overwrite: bool = False) -> Any:
    for other in others:
        for key, value in other.items() if isinstance(other, dict) else ():
            known = into.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                _merge(known, value, overwrite=overwrite)
            elif overwrite or not is_true(known):
                into[key] = json_copy(value)
    return into


def _set(into: Any, key: Any, value: Any) -> Any:
    into[str(key)] = value
    return into


def _dig(*arguments: Any) -> Any:
    value = arguments[-1]
    for key in arguments[:-2]:
        if not isinstance(value, dict) or key not in value:
            return arguments[-2]
        value = value[key]
    return value


def _equal(first: Any, *others: Any) -> Any:
    if first is UNKNOWN or all(other is UNKNOWN for other in others):
        return UNKNOWN
    return any(shown(first) == shown(other) and isinstance(first, bool) == isinstance(other, bool) for other in others)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else float(str(value).strip() or 0)


def _integer(value: Any) -> int:
    return int(_number(value))


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def compare(left: Any, right: Any) -> Any:
        both_text = isinstance(left, str) and isinstance(right, str)
        return test(left, right) if both_text else test(_number(left), _number(right))

    return compare


def _match(pattern: str, text: str) -> "re.Match[str] | None":
    """Match only what cannot take exponential time: repositories choose the pattern."""
    if (
        len(pattern) > MAX_WIDTH
        or len(text) > 2000
        or re.search(r"\)[*+{?]", pattern)
        or len(re.findall(r"[*+{]", pattern)) > 4
    ):
        raise ValueError("not matched")
    try:
        return re.search(pattern, text)
    except re.error as error:
        raise ValueError("not a pattern") from error


def _kind(value: Any) -> str:
    names = {
        bool: "bool",
        int: "int",
        float: "float64",
        str: "string",
        dict: "map",
        list: "slice",
        type(None): "invalid",
    }
    return names.get(type(value), "string")


def _contains(needle: Any, text: Any) -> bool:
    return shown(needle) in shown(text)


def _until(start: int, stop: int, step: int = 1) -> list[int]:
    return list(range(int(start), int(stop), int(step)))[:MAX_RANGE]


def _replace(old: str, new: str, text: Any) -> str:
    found = shown(text)
    return found.replace(old, new) if old and len(found) * (len(new) + 1) < 5_000_000 else found


def _words(text: Any, separator: str) -> str:
    return separator.join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", shown(text))).lower()


def _flat(items: Any) -> list[Any]:
    return [shown(item) for item in (items if isinstance(items, list) else [items])]


def _without(items: list[Any], *others: Any) -> list[Any]:
    return [item for item in items if item not in others]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    # values
    "default": _default,
    "coalesce": lambda *a: next((x for x in a if is_true(x)), None),
    "empty": lambda x: not is_true(x),
    "ternary": lambda yes, no, test: yes if is_true(test) else no,
    "required": lambda _, x=UNKNOWN: UNKNOWN if x in (None, "") else x,
    "fail": lambda *a: "",
    "lookup": lambda *a: {},
    "not": lambda x: not is_true(x),
    "eq": _equal,
    "ne": lambda a, b: UNKNOWN if _equal(a, b) is UNKNOWN else not _equal(a, b),
    "lt": _compared(lambda a, b: a < b),
    "le": _compared(lambda a, b: a <= b),
    "gt": _compared(lambda a, b: a > b),
    "ge": _compared(lambda a, b: a >= b),
    "kindIs": lambda kind, x: _kind(x) == kind,
    "kindOf": _kind,
    "typeOf": _kind,
    "typeIs": lambda kind, x: (
        _kind(x) == str(kind).replace("[]interface {}", "slice").replace("map[string]interface {}", "map")
    ),
    "toString": shown,
    "int": _integer,
    "int64": _integer,
    "atoi": _integer,
    "float64": _number,
    "toDecimal": lambda x: int(str(x), 8),
    "deepCopy": json_copy,
    "semverCompare": lambda *a: True,
    "hasField": lambda *a: UNKNOWN,
    # text
    "quote": lambda *a: " ".join(json.dumps(shown(x), ensure_ascii=False) for x in a if x is not None),
    "squote": lambda *a: " ".join("'" + shown(x).replace("'", "''") + "'" for x in a if x is not None),
    "print": lambda *a: "".join(map(shown, a)),
    "println": lambda *a: " ".join(map(shown, a)) + "\n",
    "printf": _printf,
    "indent": _indent,
    "nindent": lambda n, x: "\n" + _indent(n, x),
    "trim": lambda x: shown(x).strip(),
    "trimSuffix": lambda end, x: shown(x).removesuffix(end),
    "trimPrefix": lambda start, x: shown(x).removeprefix(start),
    "trimAll": lambda chars, x: shown(x).strip(chars),
    "trunc": lambda n, x: shown(x)[: int(n)] if int(n) >= 0 else shown(x)[int(n) :],
    "replace": _replace,
    "lower": lambda x: shown(x).lower(),
    "upper": lambda x: shown(x).upper(),
    "title": lambda x: shown(x).title(),
    "untitle": lambda x: shown(x)[:1].lower() + shown(x)[1:],
    "contains": _contains,
    "hasPrefix": lambda start, x: shown(x).startswith(start),
    "hasSuffix": lambda end, x: shown(x).endswith(end),
    "repeat": lambda n, x: shown(x) * min(int(n), MAX_WIDTH),
    "substr": lambda a, b, x: shown(x)[int(a) : int(b) if int(b) >= 0 else None],
    "nospace": lambda x: re.sub(r"\s", "", shown(x)),
    "cat": lambda *a: " ".join(map(shown, a)),
    "kebabcase": lambda x: _words(x, "-"),
    "snakecase": lambda x: _words(x, "_"),
    "camelcase": lambda x: "".join(part.title() for part in re.split(r"[-_\s]", shown(x))),
    "join": lambda separator, items: shown(separator).join(_flat(items)),
    "splitList": lambda s, x: shown(x).split(s) if s else [shown(x)],
    "split": lambda s, x: {f"_{i}": part for i, part in enumerate(shown(x).split(s))},
    "toStrings": _flat,
    "regexMatch": lambda p, x: _match(p, shown(x)) is not None,
    "regexFind": lambda p, x: found.group(0) if (found := _match(p, shown(x))) else "",
    "regexReplaceAll": lambda p, x, new: (
        re.sub(p, str(new).replace("${1}", r"\1"), shown(x)) if _match(p, shown(x)) else shown(x)
    ),
    "regexReplaceAllLiteral": lambda p, x, new: (
        re.sub(p, lambda _: str(new), shown(x)) if _match(p, shown(x)) else shown(x)
    ),
    "b64enc": lambda x: base64.b64encode(shown(x).encode()).decode(),
    "b64dec": lambda x: base64.b64decode(shown(x)).decode(),
    "sha256sum": lambda x: hashlib.sha256(shown(x).encode()).hexdigest(),
    "adler32sum": lambda x: UNKNOWN,
    "toYaml": _to_yaml,
    "fromYaml": _from_yaml,
    "fromYamlArray": _from_yaml,
    "toJson": lambda x: json.dumps(plain(x)),
    "toPrettyJson": lambda x: json.dumps(plain(x), indent=2),
    "toRawJson": lambda x: json.dumps(plain(x)),
    "fromJson": _from_yaml,
    "fromJsonArray": _from_yaml,
    # lists and dictionaries
    "list": lambda *a: list(a),
    "tuple": lambda *a: list(a),
    "dict": lambda *a: {str(a[i]): a[i + 1] if i + 1 < len(a) else "" for i in range(0, len(a), 2)},
    "get": lambda d, key: d.get(str(key), ""),
    "set": _set,
    "unset": lambda d, key: (d.pop(str(key), None), d)[1],
    "hasKey": lambda d, key: str(key) in d,
    "keys": lambda *a: sorted({key for d in a for key in d}),
    "values": lambda d: [d[key] for key in sorted(d)],
    "pick": lambda d, *keys: {key: d[key] for key in keys if key in d},
    "omit": lambda d, *keys: {key: d[key] for key in d if key not in keys},
    "pluck": lambda key, *a: [d[key] for d in a if key in d],
    "merge": _merge,
    "mergeOverwrite": lambda into, *a: _merge(into, *a, overwrite=True),
    "dig": _dig,
    "first": lambda x: x[0] if x else None,
    "last": lambda x: x[-1] if x else None,
    "rest": lambda x: x[1:],
    "initial": lambda x: x[:-1],
    "append": lambda x, item: [*(x or []), item],
    "push": lambda x, item: [*(x or []), item],
    "prepend": lambda x, item: [item, *(x or [])],
    "concat": lambda *a: [item for x in a for item in (x or [])],
    "without": _without,
    "has": lambda item, x: item in (x or []),
    "uniq": lambda x: [item for i, item in enumerate(x) if item not in x[:i]] if len(x) <= MAX_RANGE else x,
    "compact": lambda x: [item for item in x if is_true(item)],
    "reverse": lambda x: x[::-1],
    "sortAlpha": lambda x: sorted(_flat(x)),
    "slice": lambda x, start=0, end=None: x[int(start) : None if end is None else int(end)],
    "len": len,
    "until": lambda n: _until(0, n),
    "untilStep": _until,
    "seq": lambda *a: " ".join(map(str, _until(1, int(a[-1]) + 1))),
    "index": lambda x, *keys: _dig(*keys, None, x) if isinstance(x, dict) else x[int(keys[0])],
    # numbers
    "add": lambda *a: sum(map(_integer, a)),
    "add1": lambda x: _integer(x) + 1,
    "sub": lambda a, b: _integer(a) - _integer(b),
    "mul": lambda a, *b: _integer(a) * _integer(b[0] if b else 1),
    "div": lambda a, b: _integer(a) // _integer(b),
    "mod": lambda a, b: _integer(a) % _integer(b),
    "max": lambda *a: max(map(_integer, a)),
    "min": lambda *a: min(map(_integer, a)),
    "floor": lambda x: int(_number(x) // 1),
    "ceil": lambda x: int(-(-_number(x) // 1)),
    "round": lambda x, n=0: round(_number(x), int(n)),
}
"""Name -> function; ``mustX`` is ``X``. ``and``, ``or``, ``include`` and ``tpl`` are the renderer's."""
