"""Read BED files of targets, and check them against the reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schelde.assembly import Interval
from schelde.errors import Problem, UserError
from schelde.files import read_text

NUMBER = re.compile(r"[0-9]{1,15}")
HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")


@dataclass
class _Findings:
    """Mistakes of a file by kind: one is told, the others of its kind are counted."""

    file: str
    first: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    @property
    def sort(self) -> str:
        """The remedy of an order that cannot be used."""
        return f"sort it: sort -k1,1 -k2,2n {self.file} > sorted.bed"

    def add(self, kind: str, line: int, what: str, remedy: str) -> None:
        self.first.setdefault(kind, (line, what, remedy))
        self.count[kind] = self.count.get(kind, 0) + 1

    def problems(self) -> Iterable[Problem]:
        for kind, (line, what, remedy) in self.first.items():
            more = self.count[kind] - 1
            lines = "1 more line" if more == 1 else f"{more} more lines"
            yield Problem(self.file, line, f"{what} (and {lines})" if more else what, remedy)


def read_bed(path: str | Path) -> list[Interval]:
    """Return the intervals of a BED file in its order; raise `UserError` for what is wrong.

    0-based, half-open. Overlapping intervals come back as they are. An interval must have whole
    numbers with start < end; each contig must be one block with ascending starts.
    """
    problems: list[Problem] = []
    intervals = parse_bed(str(path), None, problems)
    if problems:
        raise UserError(problems)
    return intervals


def parse_bed(
    path: str, lengths: Mapping[str, int] | None, problems: list[Problem]
) -> list[Interval]:
    """Return the sound intervals of a BED file (see `read_bed`), adding to ``problems``.

    ``lengths``: contigs of the reference in bp, which every interval must lie within; None when
    they are not known yet. One problem is told of each kind, with the number of lines that have it.
    """
    text = read_text(path, problems)
    if text is None:
        return []
    findings = _Findings(path)
    numbered = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        if line.startswith(HEADERS):
            continue
        interval = _interval(number, line, findings)
        if interval:
            numbered.append((number, interval))
    _check_order(numbered, findings)
    if lengths is not None:
        _check_contigs(numbered, lengths, findings)
    if not numbered and not findings.first:
        problems.append(
            Problem(path, None, "this file has no targets", "give the BED of the capture")
        )
    problems.extend(findings.problems())
    return [interval for _, interval in numbered]


def _interval(number: int, line: str, findings: _Findings) -> Interval | None:
    cells = line.split("\t")
    if len(cells) < 3:
        if not line.strip():
            findings.add("empty", number, "the line is empty", "take it out")
        elif len(line.split()) >= 3:
            remedy = "put one tab between columns"
            findings.add("tabs", number, "there are spaces where tabs should be", remedy)
        else:
            what = f"the line has {len(cells)} of the columns contig, start, end"
            findings.add("columns", number, what, "give all three, with tabs between them")
        return None
    contig, start, end = cells[:3]
    if not (NUMBER.fullmatch(start) and NUMBER.fullmatch(end)):
        what = f"start '{start}' and end '{end}' are not whole numbers"
        findings.add("numbers", number, what, "write digits only, counted from 0")
        return None
    interval = (contig, int(start), int(end))
    if interval[1] >= interval[2]:
        what = f"start {start} is not before end {end}"
        findings.add("backwards", number, what, "BED counts from 0, and the end is not included")
        return None
    return interval


def _check_order(numbered: Iterable[tuple[int, Interval]], findings: _Findings) -> None:
    seen: set[str] = set()
    contig, last = "", 0
    for number, (name, start, _) in numbered:
        if name == contig and start < last:
            what = f"start {start} comes after start {last}"
            findings.add("unsorted", number, what, findings.sort)
        elif name != contig and name in seen:
            what = f"contig '{name}' comes back after '{contig}'"
            findings.add("scattered", number, what, findings.sort)
        seen.add(name)
        contig, last = name, start


def _check_contigs(
    numbered: Iterable[tuple[int, Interval]], lengths: Mapping[str, int], findings: _Findings
) -> None:
    for number, (contig, _, end) in numbered:
        if contig not in lengths:
            remedy = "give the targets on the assembly of the reference"
            what = f"contig '{contig}' is not in the reference"
            twin = other_spelling(contig, lengths)
            if twin:
                what += f", which calls it '{twin}': of another assembly or spelling"
            findings.add("twin" if twin else "contig", number, what, remedy)
        elif end > lengths[contig]:
            what = f"end {end} is past the end of contig '{contig}' ({lengths[contig]} bp)"
            remedy = "give the targets on the assembly of the reference"
            findings.add("past", number, what, remedy)


def other_spelling(contig: str, known: Iterable[str]) -> str | None:
    """Return what a reference calls a contig that is spelt with or without 'chr' elsewhere.

    >>> other_spelling("chr1", ["1", "2"]), other_spelling("MT", ["chrM"])
    ('1', 'chrM')
    """
    bare = contig.removeprefix("chr")
    twins = {bare, f"chr{bare}"}
    if bare in ("M", "MT"):
        twins = {"M", "MT", "chrM", "chrMT"}
    return next((name for name in known if name in twins and name != contig), None)
