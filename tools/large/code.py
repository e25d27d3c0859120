"""Ordinary code, which calls nobody: what most files of a repository hold."""

import random
from dataclasses import dataclass

from large.words import THINGS, VERBS


@dataclass(frozen=True)
class Style:
    """How a language writes a file."""

    suffix: str
    folder: str
    head: str
    tail: str
    parts: tuple[str, ...]
    """``<a>``, ``<b>`` things, ``<A>`` a thing in title case, ``<v>`` a verb, ``<n>`` a number."""


def module(language: str, name: str, lines: int, draw: random.Random) -> tuple[str, str]:
    """Return path below the service's directory, and text of about so many lines."""
    style = STYLES[language]
    title = "".join(part.title() for part in name.split("_"))
    text = [_filled(style.head, draw, 0, title)]
    count = text[0].count("\n")
    number = 0
    while count < lines:
        number += 1
        part = _filled(draw.choice(style.parts), draw, number, title)
        text.append(part)
        count += part.count("\n")
    text.append(style.tail)
    stem = title if language in ("java", "c_sharp") else name
    return f"{style.folder}{stem}{style.suffix}", "".join(text)


def _filled(part: str, draw: random.Random, number: int, title: str) -> str:
    a, b = draw.choice(THINGS), draw.choice(THINGS)
    for mark, value in (("<a>", a), ("<b>", b), ("<A>", a.title()), ("<v>", draw.choice(VERBS)), ("<i>", str(number)),
                        ("<n>", str(draw.randrange(2, 400))), ("<Name>", title)):  # fmt: skip
        part = part.replace(mark, value)
    return part


_SCRIPT = (
    "function <v><A><i>(<a>s, limit = <n>) {\n  const found = [];\n  for (const item of <a>s) {\n"
    "    if (item.<b> > limit && item.kind !== \"<a>\") {\n      found.push({ ...item, <b>: item.<b> % <n> });\n    }\n"
    "  }\n  return found;\n}\n\n",
    "const <a>Names<i> = {\n  <a>: \"the <a>\",\n  <b>: \"the <b> of each <a>\",\n  limit: <n>,\n};\n\n",
    "class <A>Store<i> {\n  constructor() {\n    this.items = new Map();\n  }\n\n  <v>(key, <b>) {\n"
    "    const known = this.items.get(key) || { <b>: 0 };\n    this.items.set(key, { <b>: known.<b> + <b> });\n"
    "    return this.items.size;\n  }\n}\n\n",
    "async function <v>Later<i>(<a>, steps) {\n  try {\n    const result = await steps.reduce(async (before, step) => {\n"
    "      const value = await before;\n      return step(value, <n>);\n    }, Promise.resolve(<a>));\n    return result.<b>;\n"
    "  } catch (error) {\n    console.error(`<v> failed for ${<a>.id}`, error);\n    throw error;\n  }\n}\n\n",
)  # fmt: skip

STYLES = {
    "python": Style(
        ".py",
        "core/",
        '"""About <a>."""\n\nimport logging\nfrom dataclasses import dataclass\n\nlogger = logging.getLogger(__name__)\n\n\n',
        "",
        (
            "@dataclass(frozen=True)\nclass <A>Entry<i>:\n    \"\"\"One <a> with its <b>.\"\"\"\n\n    <a>_id: str\n    <b>: float = <n>.0\n"
            "    labels: tuple[str, ...] = (\"<a>\", \"<b>\")\n\n    def <v>(self, other: float) -> float:\n"
            "        return self.<b> * other if self.<b> > <n> else other\n\n\n",
            "def <v>_<a>_<i>(items: list[dict], limit: int = <n>) -> list[dict]:\n    \"\"\"Return the items whose <b> is below the limit.\"\"\"\n"
            "    found = []\n    for item in items:\n        if item.get(\"<b>\", 0) < limit:\n            found.append({**item, \"<a>\": item[\"<b>\"] % limit})\n"
            "    logger.debug(\"<v> kept %d of %d\", len(found), len(items))\n    return found\n\n\n",
            "<A>_LIMITS_<i> = {\"<a>\": <n>, \"<b>\": 10 * <n>, \"default\": \"<a>-<b>\"}\n\n\n",
            "def <v>_<b>_<i>(records):\n    try:\n        return sum(r.<b> for r in records if r.<a> is not None) / max(len(records), <n>)\n"
            "    except (AttributeError, TypeError) as error:\n        logger.warning(\"no <b>: %s\", error)\n        raise\n\n\n",
        ),
    ),
    "go": Style(
        ".go",
        "internal/core/",
        "package core\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"sort\"\n)\n\n",
        "",
        (
            "// <Name><A><i> is one <a>.\ntype <Name><A><i> struct {\n\tID string\n\t<A> int\n\tLabels []string\n}\n\n",
            "// <Name><v><i> returns those above the limit.\nfunc <Name><v><i>(items []int, limit int) ([]int, error) {\n\tif limit < <n> {\n"
            "\t\treturn nil, errors.New(\"<a> below its limit\")\n\t}\n\tfound := make([]int, 0, len(items))\n\tfor _, item := range items {\n"
            "\t\tif item > limit {\n\t\t\tfound = append(found, item%<n>)\n\t\t}\n\t}\n\tsort.Ints(found)\n\treturn found, nil\n}\n\n",
            "func <Name>describe<i>(<a> string, <b> int) string {\n\tif <b> == <n> {\n\t\treturn fmt.Sprintf(\"%s has %d\", <a>, <b>)\n\t}\n"
            "\tswitch <a> {\n\tcase \"<a>\", \"<b>\":\n\t\treturn \"known\"\n\tdefault:\n\t\treturn \"other\"\n\t}\n}\n\n",
        ),
    ),
    "java": Style(
        ".java",
        "src/main/java/com/example/core/",
        "package com.example.core;\n\nimport java.util.ArrayList;\nimport java.util.List;\nimport java.util.Map;\n\npublic class <Name> {\n",
        "}\n",
        (
            "    private static final Map<String, Integer> <A>_LIMITS_<i> = Map.of(\"<a>\", <n>, \"<b>\", 10);\n\n",
            "    public List<Integer> <v><A><i>(List<Integer> items, int limit) {\n        List<Integer> found = new ArrayList<>();\n"
            "        for (Integer item : items) {\n            if (item > limit && item % <n> != 0) {\n                found.add(item * limit);\n            }\n        }\n"
            "        return found;\n    }\n\n",
            "    public String describe<A><i>(String <a>, int count) {\n        try {\n            return String.format(\"%s: %d\", <a>.trim(), count / <n>);\n"
            "        } catch (ArithmeticException error) {\n            throw new IllegalStateException(\"no <a>\", error);\n        }\n    }\n\n",
            "    /** One <a>. */\n    public static final class <A>Entry<i> {\n        private final String id;\n        private int total = <n>;\n\n"
            "        public <A>Entry<i>(String id) {\n            this.id = id;\n        }\n\n        public int <v>(int other) {\n            this.total += other;\n"
            "            return this.total;\n        }\n    }\n\n",
        ),
    ),
    "javascript": Style(".js", "src/core/", "\"use strict\";\n\n", "module.exports = {};\n", _SCRIPT),
    "typescript": Style(
        ".ts",
        "src/core/",
        "export interface <Name>Options {\n  limit: number;\n  label?: string;\n}\n\n",
        "export {};\n",
        (
            *_SCRIPT,
            "export function <v><A>Typed<i>(<a>s: Array<{ <b>: number }>, options: <Name>Options): number {\n"
            "  return <a>s.filter((item) => item.<b> < options.limit).reduce((sum, item) => sum + item.<b>, <n>);\n}\n\n",
        ),
    ),
    "c_sharp": Style(
        ".cs",
        "Core/",
        "using System;\nusing System.Collections.Generic;\nusing System.Linq;\n\nnamespace Example.Core\n{\n    public class <Name>\n    {\n",
        "    }\n}\n",
        (
            "        public List<int> <v><A><i>(IEnumerable<int> items, int limit = <n>)\n        {\n"
            "            return items.Where(item => item > limit).Select(item => item % <n>).ToList();\n        }\n\n",
            "        private readonly Dictionary<string, int> <a>Limits<i> = new() { [\"<a>\"] = <n>, [\"<b>\"] = 10 };\n\n",
            "        public string Describe<A><i>(string <a>, int count)\n        {\n            try\n            {\n                return $\"{<a>}: {count / <n>}\";\n"
            "            }\n            catch (DivideByZeroException error)\n            {\n                throw new InvalidOperationException(\"no <a>\", error);\n            }\n        }\n\n",
        ),
    ),
}  # fmt: skip
"""Language -> how its files are written."""
