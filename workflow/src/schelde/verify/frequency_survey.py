"""One pass over a VCF of allele frequencies: what is wrong with it, and what is in it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schelde.bundle.record import Contig, Frequencies
from schelde.frequencies.spectrum import BINS, bin_of
from schelde.verify.frequency_rows import (
    RowError,
    groups_of,
    number_faults,
    place_faults,
    suffix_of,
)
from schelde.verify.rule import UnreadableError

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
PLAIN_LINE = re.compile(
    r"##(fileformat=VCFv4\.[1-5]|source=Schelde [\w.+-]+|reference=[\w.-]+|individuals=\d+"
    r"|individualsLeftOut=\d+ \([a-z ]+\)|minimumCount=\d+ \([a-z, ]+\)|missing=[\w ,]+)"
)
PASS_LINE = re.compile(r'##FILTER=<ID=PASS,Description="All filters passed">')
INFO_LINE = re.compile(
    r'##INFO=<ID=(\w+),Number=[1A],Type=(?:Integer|Float),Description="[^"<>]*">'
)
CONTIG_LINE = re.compile(
    r"##contig=<ID=([^,<>]+),length=([0-9]{1,10}),(?:assembly=[\w.-]+,)?md5=([0-9a-f]{32})>"
)
MOST = 20
"""Records that a rule tells of; the others are counted."""


@dataclass
class Survey:
    """What is wrong with a VCF, by rule, found in one pass."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)
    records: int = 0
    spectrum: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, rule: str, message: str) -> None:
        """Keep a fault of a rule, or count it where there are too many."""
        told = self.faults.setdefault(rule, [])
        if len(told) < MOST:
            told.append(message)
        else:
            self.more[rule] += 1


def survey_of(path: Path, name: str, told: Frequencies, contigs: Iterable[Contig]) -> Survey:
    """Survey a VCF, which lies at ``path`` and is called ``name`` in the bundle.

    ``told``: what the record tells of it; ``contigs``: those of the reference. `UnreadableError`
    if it is no bgzipped text.
    """
    survey = Survey()
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as text:
            lengths = _header(text, survey, told, {contig.name: contig for contig in contigs})
            _records(text, survey, lengths, told)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(name, f"this is no whole gzip file: {error}") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(name, "this is not UTF-8") from error
    return survey


def _header(
    text: Iterable[str], survey: Survey, told: Frequencies, contigs: Mapping[str, Contig]
) -> dict[str, int]:
    """Survey the header; return lengths of its contigs, in their order."""
    least = f"##minimumCount={told.minimum_count} "
    lengths: dict[str, int] = {}
    lines: list[str] = []
    for line in (each.rstrip("\n") for each in text):
        lines.append(line)
        if not line.startswith("##"):
            if line != COLUMNS:
                survey.add("header", f"the columns are '{line[:200]}': not those of sites alone")
            break
        if match := CONTIG_LINE.fullmatch(line):
            known = contigs.get(match[1])
            lengths[match[1]] = int(match[2])
            if known is None or (known.length, known.md5) != (int(match[2]), match[3]):
                survey.add("header", f"contig {match[1]} is not as in the record: {line}")
        elif match := INFO_LINE.fullmatch(line):
            try:
                suffix_of(match[1])
            except RowError as error:
                survey.add("header", str(error))
        elif not (PLAIN_LINE.fullmatch(line) or PASS_LINE.fullmatch(line)):
            survey.add("header", f"a line that does not belong there: '{line[:200]}'")
    for line in ("##fileformat=", f"##individuals={told.individuals}\n", least):
        if not any(f"{each}\n".startswith(line) for each in lines):
            survey.add("header", f"it has no line that begins with '{line.rstrip()}'")
    if [name for name in contigs if name in lengths] != list(lengths):
        survey.add("header", "its contigs are not in the order of the record")
    return lengths


def _records(
    text: Iterable[str], survey: Survey, lengths: Mapping[str, int], told: Frequencies
) -> None:
    ranks = {name: rank for rank, name in enumerate(lengths)}
    before: tuple[int, int, str, str] = (-1, 0, "", "")
    for line in text:
        survey.records += 1
        cells = line.rstrip("\n").split("\t")
        if len(cells) != 8:
            survey.add("sites", f"record {survey.records} has {len(cells)} columns and not 8")
            continue
        where = f"{cells[0][:40]}:{cells[1][:40]}"
        faults = list(place_faults(cells, lengths.get(cells[0])))
        if not faults:
            place = (ranks[cells[0]], int(cells[1]), cells[3], cells[4])
            if place <= before:
                faults.append(("sites", "it is not behind the record before it"))
            before = place
        try:
            groups = groups_of(cells[7])
            faults += number_faults(groups, told)
            if groups[""].known:
                survey.spectrum[bin_of(groups[""].count, groups[""].known)] += 1
        except RowError as error:
            faults.append(("numbers", str(error)))
        for rule, message in faults:
            survey.add(rule, f"{where}: {message}")
