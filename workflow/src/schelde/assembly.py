"""What a genome build calls its chromosomes, and how many copies of each a person has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import yaml

from schelde.errors import Problem, UserError
from schelde.files import read_text
from schelde.names import closest
from schelde.sheet import Sex

Interval = tuple[str, int, int]
"""Contig, start, end; 0-based, half-open."""

KEYS = ("name", "autosomes", "x", "y", "mitochondrion", "par")


@dataclass(frozen=True)
class Assembly:
    """Names of a build. ``par``: contig to pseudo-autosomal intervals, 0-based half-open."""

    name: str
    autosomes: tuple[str, ...]
    x: str | None = None
    y: str | None = None
    mitochondrion: str | None = None
    par: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def primary(self) -> tuple[str, ...]:
        """The contigs that are called: autosomes, X, Y, mitochondrion."""
        others = (self.x, self.y, self.mitochondrion)
        return (*self.autosomes, *(name for name in others if name is not None))

    def ploidy(self, sex: Sex, lengths: Mapping[str, int]) -> list[tuple[str, int, int, int]]:
        """Return ``(contig, start, end, copies)`` over the primary contigs of ``lengths``.

        0-based half-open, in the order of `primary`, every base of each contig once. Copies: 2,
        but 1 for the mitochondrion; X outside PAR 1 in males; Y outside PAR 1 (0 in females);
        PAR of Y 0 in all, since it is called on X (its sequence is masked in analysis sets).
        A person of unknown sex gets X 2 and Y 1, so that nothing is lost.
        """
        rows: list[tuple[str, int, int, int]] = []
        for contig in self.primary:
            if contig not in lengths:
                continue
            outside, inside = self._copies(contig, sex)
            position = 0
            for start, end in sorted(self.par.get(contig, ())):
                rows.append((contig, position, start, outside))
                rows.append((contig, start, end, inside))
                position = end
            rows.append((contig, position, lengths[contig], outside))
        return [row for row in rows if row[1] < row[2]]

    def _copies(self, contig: str, sex: Sex) -> tuple[int, int]:
        """Copies outside and inside the PAR of a contig."""
        if contig == self.mitochondrion:
            return 1, 1
        if contig == self.x:
            return (1 if sex is Sex.MALE else 2), 2
        if contig == self.y:
            return (0 if sex is Sex.FEMALE else 1), 0
        return 2, 2


def read_assembly(path: Path) -> Assembly:
    """Read an assembly from YAML.

    Keys: ``name``; ``autosomes``, a list; and, where the build has them, ``x``, ``y``,
    ``mitochondrion`` and ``par``, which maps X and Y to a list of ``[start, end]`` (0-based
    half-open). Names are taken as written: ``1`` is the contig ``1``. Raises `UserError` with
    every problem of the file.
    """
    reader = _AssemblyReader(str(path))
    text = read_text(str(path), reader.problems)
    assembly = None if text is None else reader.assembly(text)
    if reader.problems or assembly is None:
        raise UserError(reader.problems)
    return assembly


class _AssemblyReader:
    """Turns YAML nodes, which know their lines, into an `Assembly` and a list of problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def assembly(self, text: str) -> Assembly | None:
        """Return what the file says, or None when it says nothing usable."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = None if mark is None else mark.line + 1
            self.problems.append(Problem(self.file, line, "is not YAML", "mend its syntax"))
            return None
        if not isinstance(root, yaml.MappingNode):
            self._wrong(root, "is not a set of 'key: value' lines", f"give {', '.join(KEYS)}")
            return None
        nodes: dict[str, yaml.Node] = {}
        for key, node in self._pairs(root):
            if key in KEYS:
                nodes[key] = node
            else:
                self._wrong(node, f"unknown key '{key}'", closest(key, KEYS))
        for key in ("name", "autosomes"):
            if key not in nodes:
                self._wrong(None, f"key '{key}' is missing", "add it")
        found = Assembly(
            name=self._text("name", nodes.get("name")) or "",
            autosomes=self._autosomes(nodes.get("autosomes")),
            x=self._text("x", nodes.get("x")),
            y=self._text("y", nodes.get("y")),
            mitochondrion=self._text("mitochondrion", nodes.get("mitochondrion")),
            par=self._par(nodes.get("par")),
        )
        self._check_names(found, nodes)
        return found

    def _wrong(self, node: yaml.Node | None, what: str, remedy: str) -> None:
        line = None if node is None else node.start_mark.line + 1
        self.problems.append(Problem(self.file, line, what, remedy))

    def _pairs(self, mapping: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key, node in mapping.value:
            name = str(key.value)
            if name in seen:
                self._wrong(key, f"'{name}' is given twice", "keep one")
            seen.add(name)
            yield name, node

    def _text(self, key: str, node: yaml.Node | None) -> str | None:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return None
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self._wrong(node, f"'{key}' is not a name", "give one name")
            return None
        return str(node.value)

    def _autosomes(self, node: yaml.Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._wrong(node, "'autosomes' is not a list of names", "write [chr1, chr2]")
            return ()
        names = [self._text("autosomes", item) for item in node.value]
        return tuple(name for name in names if name is not None)

    def _par(self, node: yaml.Node | None) -> dict[str, tuple[tuple[int, int], ...]]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, "'par' is not 'contig: [[start, end]]'", "write it like that")
            return {}
        return {contig: self._intervals(contig, node) for contig, node in self._pairs(node)}

    def _intervals(self, contig: str, node: yaml.Node) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            ends = item.value if isinstance(item, yaml.SequenceNode) else []
            texts = [end.value for end in ends if isinstance(end, yaml.ScalarNode)]
            whole = len(ends) == len(texts) == 2 and all(text.isdecimal() for text in texts)
            if whole and int(texts[0]) < int(texts[1]):
                found.append((int(texts[0]), int(texts[1])))
            else:
                what = f"an interval of PAR of '{contig}' is not [start, end]"
                self._wrong(item, what, "give two whole numbers, the first smaller, 0-based")
        found.sort()
        for (_, end), (start, _) in pairwise(found):
            if start < end:
                self._wrong(node, f"PAR intervals of '{contig}' overlap", "make them one")
        return tuple(found)

    def _check_names(self, found: Assembly, nodes: Mapping[str, yaml.Node]) -> None:
        primary = found.primary
        for name in sorted({name for name in primary if primary.count(name) > 1}):
            self._wrong(nodes.get("autosomes"), f"contig '{name}' is named twice", "keep one")
        for contig in found.par:
            if contig not in (found.x, found.y):
                what = f"PAR is given for '{contig}', which is neither x nor y"
                self._wrong(nodes["par"], what, "use the names of x and y")
