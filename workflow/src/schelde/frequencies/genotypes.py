"""What is known of one person in a stretch of the genome. Positions are 1-based and closed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from schelde.frequencies.people import Person, Settings
from schelde.joblog import JobError
from schelde.pipes import ToolError

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]


class FrequencyError(JobError):
    """Calls that cannot be counted; the message says where and why."""


class Site(NamedTuple):
    """An allele: its place, and what stands there instead of what."""

    pos: int
    ref: str
    alt: str


class Call(NamedTuple):
    """A record of a person's VCF: alleles in the genotype, and how many of them are this one.

    ``known``: it passed the filters and is sure enough; if not, nothing is known of this allele.
    """

    site: Site
    ploidy: int
    copies: int
    known: bool


@dataclass(frozen=True)
class Window:
    """A stretch of a contig."""

    contig: str
    start: int
    end: int

    @property
    def region(self) -> str:
        """The window as tools take it."""
        return f"{self.contig}:{self.start}-{self.end}"


def windows(contigs: Sequence[tuple[str, int]], size: int) -> Iterator[Window]:
    """Yield windows of ``size`` bp that cover contigs, given by name and length, in order."""
    for contig, length in contigs:
        for start in range(1, length + 1, size):
            yield Window(contig, start, min(start + size - 1, length))


def calls_of(person: Person, window: Window, settings: Settings) -> Iterator[Call]:
    """Yield the calls of a person that overlap a window.

    Raises `FrequencyError` for records that are not split, `ToolError` for a broken file.
    """
    fields = _fields(person.variants)
    values = "".join(f"\t%{field}" if field in fields else "\t." for field in ("GQ", "DP"))
    form = f"%POS\t%REF\t%ALT\t%FILTER[\t%GT{values}]\n"
    text = _query(person.variants, window, ["--format", form])
    for line in text.decode().splitlines():
        yield _call(line.split("\t"), window, settings)


def _call(cells: list[str], window: Window, settings: Settings) -> Call:
    pos, ref, alt, filters, genotype, quality, depth = cells
    if "," in alt:
        raise FrequencyError(f"{window.contig}:{pos}: a record with several alleles; split it")
    ploidy, copies = _genotype(genotype)
    sure = _is_sure(quality, depth, settings.minimum_quality, settings.minimum_depth)
    known = filters == "PASS" and ploidy > 0 and sure
    return Call(Site(int(pos), ref, alt), ploidy, copies, known)


@cache
def _genotype(text: str) -> tuple[int, int]:
    """Return how many alleles a genotype has and how many are the alternative one.

    A genotype with an allele that is missing is taken as missing: none.

    >>> _genotype("0|1"), _genotype("1"), _genotype("./1")
    ((2, 1), (1, 1), (0, 0))
    """
    alleles = text.replace("|", "/").split("/")
    return (0, 0) if "." in alleles else (len(alleles), alleles.count("1"))


def _is_sure(quality: str, depth: str, least_quality: int, least_depth: int) -> bool:
    if quality != ".":
        return float(quality) >= least_quality
    return depth == "." or int(depth) >= least_depth


def reference_of(person: Person, window: Window, settings: Settings) -> Spans:
    """Return where a person's gVCF says surely that there is nothing but the reference.

    Bases without a block, with a block that is not sure enough or without genotype, and variants
    are not in it. Raises `ToolError` for a broken file.
    """
    fields = _fields(person.gvcf)
    form = ["--format", "%POS\t%END\t[%GT]\n"]
    text = _query(person.gvcf, window, ["--include", _sure_reference(fields, settings), *form])
    # Of genotypes that are all reference only the number of alleles is left to be read.
    for genotype in (b"0|0", b"0/0"):
        text = text.replace(b"\t" + genotype + b"\n", b"\t2\n")
    text = text.replace(b"\t0\n", b"\t1\n")
    try:
        numbers = np.array(text.split(), dtype=np.int32)
    except ValueError:
        where = f"{person.gvcf.name}: {window.region}"
        raise FrequencyError(f"{where}: a genotype of neither one nor two alleles") from None
    return Spans(numbers.reshape(-1, 3))


def _sure_reference(fields: frozenset[str], settings: Settings) -> str:
    """Return the condition on a record of a gVCF, in the language of bcftools."""
    quality, depth = settings.minimum_quality, settings.minimum_depth
    conditions = []
    if "GQ" in fields:
        conditions.append(f"FMT/GQ>={quality}")
    if "DP" in fields:
        no_quality = 'FMT/GQ="." && ' if "GQ" in fields else ""
        conditions.append(f"({no_quality}FMT/DP>={depth})")
    return f'GT="ref" && ({" || ".join(conditions)})'


class Spans:
    """Stretches, some over one another, each with the number of alleles that are known there."""

    def __init__(self, rows: Rows) -> None:
        """Take rows of start, end and number of alleles."""
        self._rows = rows

    def joined(self, rows: Rows) -> Spans:
        """Return these and more stretches."""
        return Spans(np.concatenate([self._rows, rows]))

    def alleles_at(self, positions: Numbers) -> Numbers:
        """Return for each of the sorted positions how many alleles are known; 0 outside."""
        known = np.zeros(len(positions), dtype=np.int64)
        for ploidy in np.unique(self._rows[:, 2]):
            rows = self._rows[self._rows[:, 2] == ploidy]
            begun = np.searchsorted(np.sort(rows[:, 0]), positions, side="right")
            ended = np.searchsorted(np.sort(rows[:, 1]), positions, side="left")
            known[begun > ended] = ploidy  # of two ploidies the higher one, which comes last
        return known


@cache
def _fields(vcf: Path) -> frozenset[str]:
    """Return the FORMAT fields that the header of a VCF declares."""
    try:
        with pysam.VariantFile(str(vcf)) as file:
            return frozenset(file.header.formats)
    except (OSError, ValueError) as error:
        raise FrequencyError(f"{vcf.name}: {error}") from None


def _query(vcf: Path, window: Window, words: Sequence[str]) -> bytes:
    command = ["bcftools", "query", "--regions", window.region, *words, str(vcf)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-1000:]
        raise ToolError(f"bcftools query ended with status {done.returncode}: {said}")
    return done.stdout
