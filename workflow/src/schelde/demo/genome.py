"""The demo's reference: real human sequence, cut into pretended chromosomes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schelde.assembly import Assembly
from schelde.errors import Problem, UserError

CHR20 = Path("/usr/share/doc/vt/examples/ref/20.fa.gz")
"""Chromosome 20 of GRCh37 in Debian's package vt-examples."""
CHR20_MD5 = "0dec9660ec1efaaf33281c0d5ea2560f"
"""Of its bases in upper case, as in the M5 tag of SAM headers."""

AUTOSOME, X, Y, MITOCHONDRION = "chr20", "chrX", "chrY", "chrM"

CUTS = {
    AUTOSOME: (3_500_000, 150_000),
    X: (38_500_000, 80_000),
    Y: (51_000_000, 36_000),
    MITOCHONDRION: (41_000_000, 16_569),
}
"""Contig to first base on chromosome 20 (0-based) and length in bp at scale 1."""
PAR_LENGTH = 12_000
GAP_LENGTH = 1_000
X_TELOMERE, Y_TELOMERE = 500, 300
"""N before the PAR; not the same, so that the PAR has other coordinates on X than on Y."""
SCALES = (0.1, 10.0)
MARGIN = 300
"""bp at the ends of every region without variants or truth: reads are few or cut short there."""


@dataclass(frozen=True)
class Region:
    """A stretch that is inherited as one, 0-based half-open, and the founder strands that have it.

    Founder strands: 0 and 1 the father's (from his father, from his mother), 2 and 3 the mother's.
    """

    contig: str
    start: int
    end: int
    founders: tuple[int, ...]

    @property
    def inner(self) -> tuple[int, int]:
        """The part inside the margins."""
        return self.start + MARGIN, self.end - MARGIN


@dataclass(frozen=True)
class Genome:
    """Contigs as in the FASTA (upper case, N in gaps) and the PAR of X and of Y.

    Both PARs are 0-based half-open and of one length; that of Y is N, as in analysis sets.
    ``gap`` is the N run in the autosome.
    """

    contigs: Mapping[str, str]
    par_x: tuple[int, int]
    par_y: tuple[int, int]
    gap: tuple[int, int]

    @property
    def assembly(self) -> Assembly:
        """What the contigs are."""
        return Assembly(
            name="demo",
            autosomes=(AUTOSOME,),
            x=X,
            y=Y,
            mitochondrion=MITOCHONDRION,
            par={X: (self.par_x,), Y: (self.par_y,)},
        )

    @property
    def regions(self) -> tuple[Region, ...]:
        """All stretches with sequence, in the order of the contigs; the PAR on X only."""
        length = {contig: len(bases) for contig, bases in self.contigs.items()}
        return (
            Region(AUTOSOME, 0, self.gap[0], (0, 1, 2, 3)),
            Region(AUTOSOME, self.gap[1], length[AUTOSOME], (0, 1, 2, 3)),
            Region(X, *self.par_x, (0, 1, 2, 3)),
            Region(X, self.par_x[1], length[X], (1, 2, 3)),
            Region(Y, self.par_y[1], length[Y], (0,)),
            Region(MITOCHONDRION, 0, length[MITOCHONDRION], (1, 3)),
        )


def read_chr20(path: Path = CHR20) -> str:
    """Return the bases of chromosome 20 of GRCh37, upper case; UserError if it is not that."""
    if not path.is_file():
        remedy = "install Debian's package vt-examples (without root: apt-get download, dpkg -x)"
        raise UserError([Problem(str(path), None, "the demo's source is missing", remedy)])
    with gzip.open(path) as handle:
        bases = handle.read().partition(b"\n")[2].replace(b"\n", b"").upper()
    md5 = hashlib.md5(bases).hexdigest()
    if md5 != CHR20_MD5:
        what = f"MD5 of the bases is {md5}, not {CHR20_MD5}"
        raise UserError([Problem(str(path), None, what, "give chromosome 20 of GRCh37")])
    return bases.decode("ascii")


def cut_genome(chr20: str, scale: float = 1.0) -> Genome:
    """Cut the demo's contigs out of chromosome 20; only the mitochondrion keeps its length.

    UserError if ``scale`` is outside `SCALES`.
    """
    if not SCALES[0] <= scale <= SCALES[1]:
        remedy = f"give a number from {SCALES[0]} to {SCALES[1]}"
        raise UserError([Problem("scale", None, f"{scale} makes no demo", remedy)])
    contigs = {}
    for contig, (start, length) in CUTS.items():
        size = length if contig == MITOCHONDRION else round(length * scale)
        contigs[contig] = chr20[start : start + size]
    gap_length, par_length = round(GAP_LENGTH * scale), round(PAR_LENGTH * scale)
    middle = len(contigs[AUTOSOME]) // 2
    gap = (middle, middle + gap_length)
    par_x = (X_TELOMERE, X_TELOMERE + par_length)
    par_y = (Y_TELOMERE, Y_TELOMERE + par_length)
    contigs[AUTOSOME] = masked(contigs[AUTOSOME], *gap)
    contigs[X] = masked(contigs[X], 0, X_TELOMERE)
    contigs[Y] = masked(contigs[Y], 0, par_y[1])
    return Genome(contigs, par_x, par_y, gap)


def masked(bases: str, start: int, end: int) -> str:
    """Return the bases with N from ``start`` to ``end`` (0-based, half-open).

    >>> masked("ACGTA", 1, 3)
    'ANNTA'
    """
    return bases[:start] + "N" * (end - start) + bases[end:]


def fasta_text(genome: Genome) -> str:
    """Return the contigs as FASTA, 60 bases a line."""
    lines: list[str] = []
    for contig, bases in genome.contigs.items():
        lines.append(f">{contig}")
        lines.extend(bases[i : i + 60] for i in range(0, len(bases), 60))
    return "\n".join(lines) + "\n"


def assembly_text(genome: Genome) -> str:
    """Return assembly.yaml: the names of the contigs, and the PAR as 0-based half-open pairs."""
    par_x, par_y = list(genome.par_x), list(genome.par_y)
    return (
        "# What the demo's contigs are. PAR: 0-based, half-open; on chrY it is masked with N.\n"
        "name: demo\n"
        f"autosomes: [{AUTOSOME}]\n"
        f"x: {X}\n"
        f"y: {Y}\n"
        f"mitochondrion: {MITOCHONDRION}\n"
        f"par: {{{X}: [{par_x}], {Y}: [{par_y}]}}\n"
    )
