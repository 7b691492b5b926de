"""Father, mother and son: which founder strand each of their chromosomes comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schelde.demo.draw import Draw
from schelde.demo.genome import AUTOSOME, MITOCHONDRION, Genome, X, Y
from schelde.demo.variants import Site
from schelde.sheet import Sex

FATHER, MOTHER, CHILD = "DEMO-F", "DEMO-M", "DEMO-C"
"""Sample ids."""


@dataclass(frozen=True)
class Segment:
    """A stretch of one founder strand, 0-based half-open on the reference.

    The PAR of a Y chromosome is a segment of contig chrX, since its variants are called there.
    """

    contig: str
    start: int
    end: int
    founder: int


Chromosome = tuple[Segment, ...]


@dataclass(frozen=True)
class Member:
    """One of the trio; the chromosomes, by contig, that came from the father and the mother."""

    sample: str
    sex: Sex
    paternal: Mapping[str, Chromosome]
    maternal: Mapping[str, Chromosome]

    def genotype(self, site: Site) -> tuple[int, ...]:
        """Return the alleles at a site, paternal before maternal; empty where there is no copy."""
        return tuple(
            site.carried[segment.founder]
            for half in (self.paternal, self.maternal)
            for chromosome in half.values()
            for segment in chromosome
            if segment.contig == site.contig and segment.start <= site.start < segment.end
        )


def make_trio(genome: Genome, sites: Sequence[Site], seed: int) -> tuple[Member, Member, Member]:
    """Return father, mother and son, the son by Mendel: at most one crossover in each chromosome,
    and always one in the father's PAR, without which X and Y do not part in a real testis."""
    draw = Draw(seed, "meiosis")

    def whole(contig: str, founder: int) -> Chromosome:
        return (Segment(contig, 0, len(genome.contigs[contig]), founder),)

    def crossed(contig: str, start: int, end: int, first: int, second: int) -> Chromosome:
        while True:
            cut = start + 1 + draw.below(end - start - 1)
            if not any(s.contig == contig and s.start < cut < s.end for s in sites):
                return Segment(contig, start, cut, first), Segment(contig, cut, end, second)

    def passed_on(contig: str, strands: tuple[int, int]) -> Chromosome:
        first, second = draw.some(strands, 2)
        if draw.chance(0.5):
            return whole(contig, first)
        return crossed(contig, 0, len(genome.contigs[contig]), first, second)

    def y_with(par: Chromosome) -> Chromosome:
        before = Segment(Y, 0, genome.par_y[0], 0)
        after = Segment(Y, genome.par_y[1], len(genome.contigs[Y]), 0)
        return (before, *par, after)

    father = Member(
        FATHER,
        Sex.MALE,
        {AUTOSOME: whole(AUTOSOME, 0), Y: y_with((Segment(X, *genome.par_x, 0),))},
        {AUTOSOME: whole(AUTOSOME, 1), X: whole(X, 1), MITOCHONDRION: whole(MITOCHONDRION, 1)},
    )
    mother = Member(
        MOTHER,
        Sex.FEMALE,
        {AUTOSOME: whole(AUTOSOME, 2), X: whole(X, 2)},
        {AUTOSOME: whole(AUTOSOME, 3), X: whole(X, 3), MITOCHONDRION: whole(MITOCHONDRION, 3)},
    )
    child = Member(
        CHILD,
        Sex.MALE,
        {AUTOSOME: passed_on(AUTOSOME, (0, 1)), Y: y_with(crossed(X, *genome.par_x, 1, 0))},
        {
            AUTOSOME: passed_on(AUTOSOME, (2, 3)),
            X: passed_on(X, (2, 3)),
            MITOCHONDRION: whole(MITOCHONDRION, 3),
        },
    )
    return father, mother, child


def bases_of(genome: Genome, sites: Sequence[Site], chromosome: Chromosome) -> str:
    """Return the sequence of a chromosome with the variants of its strands."""
    parts: list[str] = []
    for segment in chromosome:
        contig = genome.contigs[segment.contig]
        done = segment.start
        for site in sites:
            if site.contig == segment.contig and segment.start <= site.start < segment.end:
                allele = site.alleles[site.carried[segment.founder]]
                parts += [contig[done : site.start], allele]
                done = site.end
        parts.append(contig[done : segment.end])
    return "".join(parts)
