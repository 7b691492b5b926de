"""YAML whose values know their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from schelde.errors import Problem
from schelde.files import read_text
from schelde.names import Place, printable

Location = tuple[str | int, ...]
"""Keys and list numbers (from 0) that lead to a value: ``("reference", "known_sites", 0)``."""


@dataclass(frozen=True)
class YamlFile:
    """The mapping of a YAML file, and the 1-based line of every key and list item in it."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[Location, int]


class _Loader(yaml.SafeLoader):
    """Leaves days and keys as the text that they are.

    YAML would end at 30 February without a line, and take the key NO for false.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node, with keys as they are written."""
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: str, problems: list[Problem]) -> YamlFile | None:
    """Read a YAML file that holds one mapping; None, with ``problems`` added to, if it cannot."""
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        return _parsed(path, text, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problems.append(_syntax_problem(path, text, line, error.problem or "it is not closed"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"there is a control character: '{printable(chr(error.character))}'"
        problems.append(Problem(path, line, what, "take it out"))
    except (yaml.YAMLError, ValueError) as error:
        problems.append(Problem(path, None, f"this is not YAML: {error}", "mend it"))
    return None


def _parsed(path: str, text: str, problems: list[Problem]) -> YamlFile | None:
    loader = _Loader(text)
    root = loader.get_single_node()
    if root is None:
        remedy = "write at least one 'key: value'"
        problems.append(Problem(path, None, "this file has no keys", remedy))
        return None
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        remedy = "write lines of 'key: value'"
        problems.append(Problem(path, line, "this file is not made of keys", remedy))
        return None
    lines: dict[Location, int] = {}
    doubled: set[Location] = set()
    for location, line in _walk(root, (), ()):
        if location in lines:
            doubled.add(location)
            if location[:-1] not in doubled:
                what = f"'{dotted(location)}' stands here a second time"
                remedy = f"keep this one or the one on line {lines[location]}"
                problems.append(Problem(path, line, what, remedy))
        lines[location] = line
    return YamlFile(path, loader.construct_document(root), lines)


def _walk(
    node: yaml.Node, above: Location, parents: tuple[yaml.Node, ...]
) -> Iterator[tuple[Location, int]]:
    if any(node is parent for parent in parents):
        mark = node.start_mark
        raise yaml.MarkedYAMLError(problem="it holds itself", problem_mark=mark)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            location = (*above, str(key.value))
            yield location, key.start_mark.line + 1
            yield from _walk(value, location, (*parents, node))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*above, number), value.start_mark.line + 1
            yield from _walk(value, (*above, number), (*parents, node))


def _syntax_problem(path: str, text: str, line: int | None, fault: str) -> Problem:
    shown = text.split("\n")[line - 1] if line and line <= text.count("\n") + 1 else ""
    if "\t" in shown:
        return Problem(path, line, "there is a tab, which YAML does not take", "put spaces there")
    remedy = "check indentation, colons, quotes and brackets here and on the line before"
    return Problem(path, line, f"this is not YAML: {fault}", remedy)


def dotted(location: Location) -> str:
    """Write a location as a user would: keys with dots, numbers of list items from 1.

    >>> dotted(("reference", "known_sites", 0))
    'reference.known_sites[1]'
    """
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def place_of(location: Location, places: Mapping[Location, Place], otherwise: Place) -> Place:
    """Return the place of a location, else of the nearest one that holds it."""
    for end in range(len(location), 0, -1):
        if location[:end] in places:
            return places[location[:end]]
    return otherwise
