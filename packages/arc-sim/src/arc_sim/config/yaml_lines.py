"""YAML that knows its lines: strict about duplicate keys, and every key path can be found again in the file."""

from collections.abc import Sequence
from typing import Any

import yaml

from arc_sim.errors import ConfigError

MAX_KEYS = 100_000
"""Keys of all mappings with merges (``<<``), once those are expanded. A decision: real files stay far below."""


class _StrictLoader(yaml.SafeLoader):
    """Refuses what YAML allows and people do not mean: a key that is given twice, merges that grow without bound."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._keys: dict[int, int] = {}
        self._total = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Expand the merges of a mapping, after counting what that would give."""
        self._total += self._count(node)
        if self._total > MAX_KEYS:
            problem = f"more than {MAX_KEYS} keys once its merges are expanded"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        super().flatten_mapping(node)

    def _count(self, node: yaml.Node) -> int:
        """Return how many keys the node gives to one that merges it; each node is counted once."""
        if id(node) not in self._keys:
            parts = node.value if isinstance(node, yaml.SequenceNode) else []
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            merged = [value for key, value in pairs if key.tag == "tag:yaml.org,2002:merge"]
            self._keys[id(node)] = len(pairs) - len(merged) + sum(map(self._count, [*parts, *merged]))
        return self._keys[id(node)]


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = getattr(key, "value", None)
        if isinstance(name, str):
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {name!r} is given twice", problem_mark=key.start_mark)
            seen.add(name)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class YamlFile:
    """One parsed YAML text. Raises ConfigError with the line when it is not YAML."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self._root = yaml.compose(text, Loader=_StrictLoader)
            self.data: Any = yaml.load(text, Loader=_StrictLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{name}:{line}: {error.problem or 'not valid YAML'}", code="config.yaml") from error
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ConfigError(f"{name}: not valid YAML: {problem}", code="config.yaml") from error

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line (from 1) of the deepest part of the key path that is in the file."""
        node, line = self._root, 1
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            mark, node = found
            line = mark.line + 1
        return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if getattr(key, "value", None) == str(part):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    return None
