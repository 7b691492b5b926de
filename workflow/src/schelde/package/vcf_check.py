"""A strict check of VCF text in one pass: the standard, and all that a file uses declared in it.

Sources: VCFv4.2.tex and VCFv4.3.tex of samtools/hts-specs. Positions are 1-based.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain

from schelde.package.vcf_header import (
    CONTIG_ID,
    RESERVED_INFO,
    Declared,
    Header,
    read_vcf_header,
)
from schelde.package.vcf_values import (
    FLOAT,
    as_defined,
    format_faults,
    sample_value,
    value_faults,
)

REF = re.compile("[ACGTNacgtn]+")
BASES = re.compile(r"[ACGTNacgtn]+|\*")
SYMBOLIC = re.compile(r"<([^\s,<>]+)>")
BREAKEND = re.compile(
    r"[ACGTNacgtn]+(?:\[[^\s\[\]]+:[0-9]+\[|\][^\s\[\]]+:[0-9]+\])|"
    r"(?:\[[^\s\[\]]+:[0-9]+\[|\][^\s\[\]]+:[0-9]+\])[ACGTNacgtn]+|"
    r"\.[ACGTNacgtn]+|[ACGTNacgtn]+\."
)
QUALITY = re.compile(rf"\.|(?!-){FLOAT}")
QUOTED = re.compile(r'"[^";\s]*"')
CONTIG = re.compile(rf"{CONTIG_ID.pattern}|<[^<>\s]+>")
ANY_ALLELES = ("*", "NON_REF")
ENOUGH = 20
"""Faults after which a file is looked at no further."""


def vcf_faults(lines: Iterable[str], *, all_declared: bool = True) -> tuple[Header, list[str]]:
    """Return the header of a VCF and what is wrong with it, up to `ENOUGH`, with line numbers.

    ``lines``: with their line ends. ``all_declared``: contigs, filters, INFO and FORMAT keys and
    symbolic alleles must stand in the header, which the standard only recommends.
    """
    checker = Checker(all_declared=all_declared)
    for line in lines:
        checker.take(line)
        if len(checker.faults) >= ENOUGH:
            break
    return checker.end()


class Checker:
    """Takes a VCF line by line; `end` tells what was wrong."""

    def __init__(self, *, all_declared: bool = True) -> None:
        self.all_declared = all_declared
        self.header = Header()
        self.faults: list[str] = []
        self.number = 0
        self.records = 0
        self._head: list[str] | None = []
        self._contig = ""
        self._position = 0
        self._length: int | None = None
        self._finished: set[str] = set()
        self._here: set[tuple[str, str]] = set()
        self._sample_pattern = lru_cache(4096)(self._make_sample_pattern)

    def take(self, line: str) -> None:
        """Check one line, with its line end."""
        self.number += 1
        if not line.endswith("\n"):
            self._fault("the file does not end with a line end")
        line = line.removesuffix("\n")
        if self._head is None:
            self._record(line)
            return
        self._head.append(line)
        if not line.startswith("##"):
            self._read_header()

    def end(self) -> tuple[Header, list[str]]:
        """Return the header and the faults found, each with its line."""
        if self._head is not None:
            self._fault("there is no line of column names")
            self._read_header()
        return self.header, self.faults[:ENOUGH]

    def _read_header(self) -> None:
        faults: list[str] = []
        self.header = read_vcf_header(self._head or [], faults)
        for fault in faults:
            self._fault(f"header: {fault}")
        self._head = None

    def _fault(self, what: str) -> None:
        if len(self.faults) < ENOUGH:
            self.faults.append(f"line {self.number}: {what}")

    def _record(self, line: str) -> None:
        self.records += 1
        columns = line.split("\t")
        samples = len(self.header.samples)
        wanted = 9 + samples if samples else 8
        if len(columns) != wanted:
            self._fault(f"{len(columns)} columns and not {wanted}")
            return
        if "" in columns:
            self._fault("an empty column")
            return
        contig, pos, ids, ref, alt, quality, filters, info = columns[:8]
        position = self._place(contig, pos)
        alts = [] if alt == "." else alt.split(",")
        # The standard leaves open what the numbers of alleles are about where ALT is missing.
        count = len(alts) if alts or self.all_declared else 1
        for fault in chain(
            self._id_faults(ids),
            self._allele_faults(ref, alts),
            self._filter_faults(filters),
            self._info_faults(info, count, position),
        ):
            self._fault(fault)
        if not QUALITY.fullmatch(quality):
            self._fault(f"QUAL is '{quality[:40]}'")
        if self._length is not None and position + len(ref) - 1 > self._length:
            self._fault(f"REF goes past the end of {contig}")
        if "<" not in alt:  # events without bases may differ in what INFO says of them
            if (ref, alt) in self._here:
                self._fault("the same place and alleles as a record before")
            self._here.add((ref, alt))
        if samples:
            self._samples(columns[8], columns[9:], count)

    def _place(self, contig: str, pos: str) -> int:
        """Check contig, position and order; return the position, 0 if it is none."""
        if contig.startswith("<") and not self.all_declared:
            self._here.clear()
            return 0  # of an assembly beside the genome
        if contig != self._contig:
            if contig in self._finished:
                self._fault(f"records of '{contig}' are not together")
            if contig not in self.header.contigs and self.all_declared:
                self._fault(f"contig '{contig}' is not in the header")
            if not CONTIG.fullmatch(contig):
                self._fault(f"'{contig[:40]}' cannot name a contig")
            self._finished.add(contig)
            self._contig, self._position = contig, 0
            self._length = self.header.contigs.get(contig, (None, None))[0]
            self._here.clear()
        if not (pos.isascii() and pos.isdigit()) or len(pos) > 10:
            self._fault(f"POS is '{pos[:40]}'")
            return 0
        position = int(pos)
        if position < self._position:
            self._fault(f"POS {position} comes after {self._position}")
        elif position > self._position:
            self._here.clear()
        self._position = position
        return position

    def _id_faults(self, ids: str) -> Iterator[str]:
        if ids == ".":
            return
        names = ids.split(";")
        if " " in ids or "" in names or len(set(names)) < len(names):
            yield f"ID is '{ids[:60]}'"

    def _allele_faults(self, ref: str, alts: list[str]) -> Iterator[str]:
        if not REF.fullmatch(ref):
            yield f"REF is '{ref[:40]}'"
        if len(set(alts)) < len(alts):
            yield "an allele stands twice in ALT"
        for allele in alts:
            if BASES.fullmatch(allele):
                if allele.casefold() == ref.casefold():
                    yield "an allele of ALT is that of REF"
                continue
            named = SYMBOLIC.fullmatch(allele)
            if named is None and not BREAKEND.fullmatch(allele):
                yield f"ALT has '{allele[:40]}'"
            elif named and self.all_declared and named[1] not in self.header.alts:
                yield f"allele '{allele[:40]}' is not in the header"

    def _filter_faults(self, filters: str) -> Iterator[str]:
        if filters in ("PASS", "."):
            return
        names = filters.split(";")
        wrong = {"PASS", ".", "0", ""} if self.all_declared else {".", "0", ""}
        if len(set(names)) < len(names) or wrong & set(names) or " " in filters:
            yield f"FILTER is '{filters[:60]}'"
        elif self.all_declared:
            for name in names:
                if name not in self.header.filters:
                    yield f"filter '{name[:40]}' is not in the header"

    def _info_faults(self, info: str, alts: int, position: int) -> Iterator[str]:
        if info == ".":
            return
        seen: set[str] = set()
        for entry in info.split(";"):
            key, given, value = entry.partition("=")
            if key in seen:
                yield f"INFO has '{key[:40]}' twice"
            seen.add(key)
            declared = self.header.infos.get(key)
            if declared is None:
                if self.all_declared or not re.fullmatch(r"[A-Za-z_][\w.]*|1000G", key):
                    yield f"INFO has '{key[:40]}', which is not in the header"
                declared = as_defined(key, RESERVED_INFO)
                declared = declared or Declared(*((".", "String") if given else ("0", "Flag")))
            if declared.type == "Flag" or not given:
                said = value in ("0", "1") and not self.all_declared
                if (given and not said) or declared.type != "Flag":
                    yield f"INFO {key}: a flag has no value, and all else has one"
                continue
            if self.all_declared or not QUOTED.fullmatch(value):
                yield from value_faults("INFO", key, declared, value, alts, None)
            if key == "END" and value.isdigit():
                yield from self._end_faults(int(value), position)

    def _end_faults(self, end: int, position: int) -> Iterator[str]:
        if end < position:
            yield f"END is {end}, before POS {position}"
        if self._length is not None and end > self._length:
            yield f"END is {end}, past the end of {self._contig} at {self._length}"

    def _samples(self, keys: str, samples: list[str], alts: int) -> None:
        called = keys.startswith("GT")
        for sample in samples:
            copies = 1 + sum(map(sample.split(":", 1)[0].count, "/|")) if called else None
            pattern = self._sample_pattern(keys, alts, copies)
            if not pattern(sample):
                self._slow_sample(keys, sample, alts, copies)

    def _make_sample_pattern(self, keys: str, alts: int, copies: int) -> Callable[[str], object]:
        """Return what matches a whole sample of a FORMAT; nothing when FORMAT is wrong itself."""
        names = keys.split(":")
        if list(format_faults(names, self.header, all_declared=self.all_declared)):
            return lambda _: None
        pattern = ""
        for name in reversed(names):
            one = sample_value(name, self.header.formats.get(name), alts, copies)
            pattern = f"(?:{one}){f'(?::{pattern})?' if pattern else ''}"
        return re.compile(pattern).fullmatch

    def _slow_sample(self, keys: str, sample: str, alts: int, copies: int | None) -> None:
        """Tell what is wrong with a sample that its pattern does not match."""
        names = keys.split(":")
        for fault in format_faults(names, self.header, all_declared=self.all_declared):
            self._fault(fault)
        values = sample.split(":")
        if len(values) > len(names):
            self._fault(f"a sample has {len(values)} values and FORMAT has {len(names)}")
        for name, value in zip(names, values, strict=False):
            declared = self.header.formats.get(name)
            if not re.fullmatch(sample_value(name, declared, alts, copies), value):
                self._fault(f"sample: {name} is '{value[:60]}'")
