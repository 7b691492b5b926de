"""Bases of reads at the sites of a panel, and the genotypes that they show.

Written for the text of ``samtools mpileup`` with `MPILEUP_OPTIONS`, which is one pass over a CRAM.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schelde.joblog import JobError
from schelde.panel import Panel
from schelde.pipes import whole

REF, ALT, OTHER = 0, 1, 2
"""Classes of a base: that of the panel's REF, of its ALT, or one of the two others."""

MPILEUP_OPTIONS = (
    # Those that GA4GH WGS-QC v1 counts for contamination: PF, primary, no duplicates; all pairs.
    *("--excl-flags", "UNMAP,SECONDARY,QCFAIL,DUP,SUPPLEMENTARY"),
    "--count-orphans",
    *("--min-MQ", "0"),
    # The floor of VerifyBamID2 (its --min-BQ).
    *("--min-BQ", "13"),
    # Without it a foreign allele beside an indel would lose its quality, and time is saved.
    "--no-BAQ",
    *("--max-depth", "8000"),
    # One character for each read: no marks of read ends, insertions and deletions.
    *("--no-output-ends", "--no-output-ins", "--no-output-ins"),
    *("--no-output-del", "--no-output-del"),
)
"""Options of ``samtools mpileup``. Overlapping mates count once, as is its default: the base of
one mate gets the qualities of both where they agree, and quality 0 in the other."""

LEAST_QUALITY, LEAST_DEPTH = 20, 10
"""Phred-scaled GQ and reads that a called genotype has: EGA's allele-frequency pipeline."""

TOP_QUALITY = 99
"""Of a genotype; as GATK caps GQ."""

MOST_BASE_QUALITY = 40
"""No base is trusted more: what went wrong before sequencing (PCR, oxidation) is in both mates, so
the sum of their qualities, up to 93, says too much."""

MIN_FREQUENCY = 0.00005
"""Frequencies are kept at least this far from 0 and 1, as VerifyBamID2 does."""

MISMATCHES = 0.01
"""Share of sites whose REF may differ from the genome's base before the panel counts as one of
another assembly."""

LETTERS = b"ACGTacgt"
UNKNOWN = "N"
"""The genome's base where it has none, or is not given."""

HEADER = (
    "contig",
    "position",
    "ref",
    "alt",
    "frequency",
    "ref_count",
    "alt_count",
    "other_count",
    "genotype",
    "quality",
)
"""Columns of PANEL_COUNTS: position 1-based; genotype copies of ALT, empty where it is not called;
quality Phred-scaled."""

_NONE = 9


SITE_COLUMNS = 5
"""Columns of PANEL_COUNTS that are the panel's, the same for every sample."""

COPIES = {b"": -1, b"0": 0, b"1": 1, b"2": 2}
"""How genotypes are written there."""


class PileupError(JobError):
    """A pileup that does not fit the panel."""


@dataclass(frozen=True)
class Pileup:
    """Bases at the sites of a panel.

    ``ref_counts``, ``alt_counts``, ``other_counts``: one int32 for each site of the panel.
    ``sites`` (int32, ascending, index into the panel), ``classes`` (uint8: REF, ALT, OTHER) and
    ``qualities`` (uint8, Phred): one for each base.
    """

    ref_counts: NDArray[np.int32]
    alt_counts: NDArray[np.int32]
    other_counts: NDArray[np.int32]
    sites: NDArray[np.int32]
    classes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]

    @property
    def depth(self) -> NDArray[np.int32]:
        """Bases at each site."""
        return self.ref_counts + self.alt_counts + self.other_counts


@dataclass(frozen=True)
class Genotypes:
    """What the bases show, one for each site of the panel.

    ``copies`` of ALT (int8), -1 where it is not called; ``qualities`` (int16, GQ, also of those
    that are not called, 0 without bases); ``depth`` (int32).
    """

    copies: NDArray[np.int8]
    qualities: NDArray[np.int16]
    depth: NDArray[np.int32]


def pileup_of(
    sites: NDArray[np.int32], classes: NDArray[np.uint8], qualities: NDArray[np.uint8], count: int
) -> Pileup:
    """Return the pileup of bases given in ascending order of their sites; ``count`` sites."""
    counts = [
        np.bincount(sites[classes == kind], minlength=count).astype(np.int32)
        for kind in (REF, ALT, OTHER)
    ]
    return Pileup(counts[0], counts[1], counts[2], sites, classes, qualities)


def read_pileup(lines: Iterable[bytes], panel: Panel) -> Pileup:
    """Read the text of ``samtools mpileup`` with `MPILEUP_OPTIONS` and ``--positions``.

    With or without ``--fasta-ref``: a base is what it is by its letter. N and deleted bases are no
    bases; lines of positions that are not in the panel are passed over. Raises `PileupError` when
    a line is not of that text, or when the genome's bases are not the panel's REF at more than
    `MISMATCHES` of the sites.
    """
    index = {site: i for i, site in enumerate(_sites(panel))}
    tables = _tables()
    classes, qualities = bytearray(), bytearray()
    order: list[int] = []
    lengths: list[int] = []
    seen = mismatched = 0
    for line in lines:
        cells = line.rstrip(b"\n").split(b"\t")
        if len(cells) < 6:
            raise PileupError(f"a line of the pileup has {len(cells)} of 6 columns: {line[:80]!r}")
        site = index.get((cells[0].decode(), int(cells[1])))
        if site is None or cells[3] == b"0":
            continue
        genome, bases, given = cells[2].upper().decode(), cells[4], cells[5]
        if len(bases) != len(given):
            what = f"{len(bases)} bases and {len(given)} qualities"
            raise PileupError(f"the pileup has {what} at {cells[0].decode()}:{cells[1].decode()}")
        if genome in "ACGT":
            seen += 1
            mismatched += genome != panel.refs[site]
        else:
            genome = UNKNOWN
        classes += bases.translate(tables[panel.refs[site], panel.alts[site], genome])
        qualities += given
        order.append(site)
        lengths.append(len(bases))
    if mismatched > MISMATCHES * seen:
        what = f"at {mismatched} of {seen} sites the genome does not have the panel's REF"
        raise PileupError(f"{what}: the panel is of another assembly")
    return _pileup(order, lengths, classes, qualities, len(panel))


def _pileup(
    order: list[int], lengths: list[int], classes: bytearray, qualities: bytearray, count: int
) -> Pileup:
    """Return the pileup without what is no base, in the order of the panel."""
    kinds = np.frombuffer(bytes(classes), dtype=np.uint8)
    phred = np.frombuffer(bytes(qualities), dtype=np.uint8) - 33
    sites = np.repeat(np.array(order, dtype=np.int32), np.array(lengths, dtype=np.int64))
    is_base = kinds != _NONE
    kinds, phred, sites = kinds[is_base], phred[is_base], sites[is_base]
    if np.any(np.diff(sites) < 0):
        sort = np.argsort(sites, kind="stable")
        kinds, phred, sites = kinds[sort], phred[sort], sites[sort]
    return pileup_of(sites, kinds, phred.astype(np.uint8), count)


def _sites(panel: Panel) -> Iterable[tuple[str, int]]:
    return zip(panel.contigs, panel.positions.tolist(), strict=True)


def _tables() -> dict[tuple[str, str, str], bytes]:
    """Return the translation of mpileup's characters to classes, by REF, ALT and genome's base."""
    tables: dict[tuple[str, str, str], bytes] = {}
    for ref in "ACGT":
        for alt in "ACGT":
            for genome in ("A", "C", "G", "T", UNKNOWN):
                table = bytearray([_NONE]) * 256
                for letter in LETTERS:
                    table[letter] = OTHER
                for kind, base in ((ALT, alt), (REF, ref)):
                    table[ord(base)] = table[ord(base.lower())] = kind
                if genome != UNKNOWN:
                    table[ord(".")] = table[ord(",")] = table[ord(genome)]
                tables[ref, alt, genome] = bytes(table)
    return tables


def error_rates() -> NDArray[np.float64]:
    """Return the chance that a base is wrong, for each quality from 0 to 255.

    10^(-Q/10), but no less than at `MOST_BASE_QUALITY`, and no more than that of a letter drawn
    blindly, 3/4.
    """
    rates = 10.0 ** (-np.minimum(np.arange(256), MOST_BASE_QUALITY) / 10.0)
    return np.minimum(rates, 0.75)


def base_chances() -> NDArray[np.float64]:
    """Return P(base | genotype, quality) as an array (3 classes, 256 qualities, 3 genotypes).

    The true base is drawn from the two alleles; an error gives one of the three other bases, each
    as likely (Zhang et al. 2020, Genome Research 30:185, Methods). Genotype: copies of ALT.
    """
    wrong = error_rates()[:, np.newaxis]
    alt = np.array([0.0, 0.5, 1.0])
    return np.stack(
        [
            (1 - alt) * (1 - wrong) + alt * wrong / 3,
            alt * (1 - wrong) + (1 - alt) * wrong / 3,
            np.broadcast_to(wrong * 2 / 3, (256, 3)),
        ]
    )


def hardy_weinberg(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances (sites, 3) of 0, 1 and 2 copies of ALT at these frequencies of ALT."""
    p = np.clip(frequency, MIN_FREQUENCY, 1 - MIN_FREQUENCY)
    return np.stack([(1 - p) ** 2, 2 * p * (1 - p), p**2], axis=-1)


def genotypes(pileup: Pileup, panel: Panel) -> Genotypes:
    """Call each site as diploid: the likeliest genotype given its bases and Hardy-Weinberg.

    A genotype is called with a GQ of at least `LEAST_QUALITY` and `LEAST_DEPTH` bases. GQ is the
    Phred-scaled chance that another genotype is true, whole numbers up to `TOP_QUALITY`.
    """
    logs = np.log(base_chances())
    support = np.log(hardy_weinberg(panel.frequency))
    for genotype in range(3):
        weights = logs[pileup.classes, pileup.qualities, genotype]
        support[:, genotype] += np.bincount(pileup.sites, weights, minlength=len(panel))
    chances = np.exp(support - support.max(axis=1, keepdims=True))
    best = chances.argmax(axis=1)
    total = chances.sum(axis=1)
    others = total - chances[np.arange(len(panel)), best]
    doubt = np.maximum(others / total, 10.0 ** (-TOP_QUALITY / 10))
    depth = pileup.depth
    quality = np.where(depth > 0, np.floor(-10 * np.log10(doubt) + 1e-9), 0).astype(np.int16)
    called = (quality >= LEAST_QUALITY) & (depth >= LEAST_DEPTH)
    return Genotypes(np.where(called, best, -1).astype(np.int8), quality, depth)


def call_rate(called: Genotypes, use: NDArray[np.bool_]) -> float | None:
    """Return the percentage of the sites ``use`` that have a genotype; None if there are none."""
    count = int(np.count_nonzero(use))
    return 100.0 * int(np.count_nonzero(called.copies[use] >= 0)) / count if count else None


def write_counts(path: Path, panel: Panel, pileup: Pileup, called: Genotypes) -> None:
    """Write PANEL_COUNTS: gzipped, tab-separated, columns as in `HEADER`, the same bytes always."""
    columns = (
        *(panel.contigs, panel.positions.tolist(), panel.refs, panel.alts),
        [f"{value:.6g}" for value in panel.frequency.tolist()],
        *(pileup.ref_counts.tolist(), pileup.alt_counts.tolist(), pileup.other_counts.tolist()),
        ["" if copies < 0 else copies for copies in called.copies.tolist()],
        called.qualities.tolist(),
    )
    rows = [HEADER, *zip(*columns, strict=True)]
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as file:
        file.write(text.encode("utf-8"))
    with whole(path) as part:
        part.write_bytes(packed.getvalue())


def read_called(path: Path) -> tuple[list[list[bytes]], NDArray[np.int8]]:
    """Read of PANEL_COUNTS the sites and their genotypes; a batch has a thousand of them.

    Returns contig, position, ref, alt and frequency of each site as they are written, and the
    genotypes (-1, 0, 1, 2), of shape (sites,). Raises `PileupError` if it is not PANEL_COUNTS.
    """
    with gzip.open(path, "rb") as file:
        header, *lines = file.read().splitlines()
    rows = [line.split(b"\t") for line in lines]
    if header.decode().split("\t") != list(HEADER) or {len(row) for row in rows} - {len(HEADER)}:
        raise PileupError(f"{path} does not have the columns {', '.join(HEADER)}")
    genotype = HEADER.index("genotype")
    try:
        copies = np.fromiter((COPIES[row[genotype]] for row in rows), np.int8, len(rows))
    except KeyError as error:
        raise PileupError(f"{path}: {error} is no genotype") from error
    return [row[:SITE_COLUMNS] for row in rows], copies
