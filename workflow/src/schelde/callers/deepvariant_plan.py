"""What DeepVariant is asked for in a piece, and what stands in the gVCF where it calls nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pysam

from schelde.assembly import Assembly, Interval
from schelde.callers.piece import Work
from schelde.gvcf import Called
from schelde.intervals import contig_lengths, merge, piece_intervals, read_pieces, write_bed

STEP = 1000
"""bp that make_examples looks at together, from the beginning of each region on: its
--partition_size. Reads are realigned, and too many of them drawn from, within one of these."""

UNKNOWN = re.compile("[^ACGTacgt]+")
"""Bases that DeepVariant has no record for (variant_caller.py, CANONICAL_DNA_BASES)."""

UNCALLED = ("GT:GQ:MIN_DP:PL", "./.:0:0:0,0,0")
"""Fields, and their values, of a block without genotype, as DeepVariant has them. They become
haploid with all others."""

Block = tuple[tuple[str, int], bytes]
"""Contig and 1-based position of a record, and its line."""


@dataclass(frozen=True)
class Plan:
    """A piece as DeepVariant is to call it.

    ``work`` has in ``intervals`` what is called, ``uncalled`` is the rest; see `callable_parts`.
    ``haploid`` are contigs with a part of which the person has one copy, and ``par`` those parts of
    them of which there are two.
    """

    work: Work
    uncalled: Sequence[Called]
    haploid: Sequence[str]
    par: Sequence[Interval]

    @property
    def called(self) -> Sequence[Called]:
        """What DeepVariant calls."""
        return self.work.intervals

    @property
    def intervals(self) -> list[Called]:
        """All that the gVCF of the piece covers, in the order of the reference."""
        ranks = {name: rank for rank, name in enumerate(contig_lengths(self.work.files.fai))}
        both = [*self.called, *self.uncalled]
        return sorted(both, key=lambda row: (ranks[row[0]], row[1]))

    def options(self) -> list[str]:
        """Write the BEDs; return the options that make_examples and postprocess_variants share."""
        words = ["--regions", str(self.work.bed()), "--sample_name", self.work.task.sample]
        if self.haploid:
            words += ["--haploid_contigs", ",".join(self.haploid)]
        if self.par:
            write_bed(self.work.job.folder / "par.bed", self.par)
            words += ["--par_regions_bed", str(self.work.job.folder / "par.bed")]
        return words


def plan_of(work: Work) -> Plan:
    """Return what DeepVariant is to do in a piece.

    Its intervals may begin up to `STEP` bp further left than those of ``work``, so that whatever
    the number of pieces the genome is looked at in the same steps.
    """
    lengths = contig_lengths(work.files.fai)
    assembly = work.task.assembly
    ploidy = assembly.ploidy(work.task.sex, lengths)
    pieces = read_pieces(work.files.pieces)
    everything = piece_intervals([(*row[:3], 0) for row in pieces], 0, ploidy)
    runs = merge((row[:3] for row in everything), lengths)
    own = merge((row[:3] for row in work.intervals), lengths)
    rows = [(contig, _on_step(contig, start, runs), end, 0) for contig, start, end in own]
    called, uncalled = callable_parts(piece_intervals(rows, 0, ploidy), assembly)
    haploid = dict.fromkeys(contig for contig, *_, copies in called if copies == 1)
    return Plan(
        work=replace(work, intervals=called),
        uncalled=uncalled,
        haploid=list(haploid),
        par=[row[:3] for row in ploidy if row[0] in haploid and row[3] == 2],
    )


def callable_parts(
    intervals: Iterable[Called], assembly: Assembly
) -> tuple[list[Called], list[Called]]:
    """Part intervals into what DeepVariant calls and what it does not.

    It has no model for the mitochondrion, and make_examples passes over it and over contigs that
    are no chromosomes (exclude_contigs.py), whatever the regions that it is given.
    """
    chromosomes = {*assembly.autosomes, assembly.x, assembly.y}
    parts: tuple[list[Called], list[Called]] = ([], [])
    for row in intervals:
        parts[row[0] not in chromosomes].append(row)
    return parts


def _on_step(contig: str, start: int, runs: Iterable[Interval]) -> int:
    """Return where the step begins that ``start`` lies in; steps begin with a run, 0-based."""
    (first,) = [low for name, low, high in runs if name == contig and low <= start < high]
    return first + (start - first) // STEP * STEP


def uncalled_blocks(plan: Plan, genome: Path) -> Iterator[Block]:
    """Yield blocks without genotype for what is not called and for unknown bases, in order."""
    uncalled = {contig for contig, *_ in plan.uncalled}
    with pysam.FastaFile(str(genome)) as sequences:
        for contig, start, end, copies in plan.intervals:
            bases = sequences.fetch(contig, start, end)
            if contig in uncalled:
                yield (contig, start + 1), uncalled_block((contig, start, end, copies), bases[0])
                continue
            for found in UNKNOWN.finditer(bases):
                pos, last = start + found.start() + 1, start + found.end()
                yield (contig, pos), _block(contig, pos, last, found[0][0], *UNCALLED)


def uncalled_block(row: Called, base: str) -> bytes:
    """Return a block without genotype over an interval that is not called.

    Without a depth: reads are there, and nobody counted them.

    >>> uncalled_block(("M", 0, 9, 1), "A")
    b'M\\t1\\t.\\tA\\t<*>\\t.\\t.\\tEND=9\\tGT\\t.\\n'
    """
    contig, start, end, copies = row
    return _block(contig, start + 1, end, base, "GT", "/".join("." * copies))


def _block(contig: str, pos: int, end: int, base: str, keys: str, values: str) -> bytes:
    return f"{contig}\t{pos}\t.\t{base}\t<*>\t.\t.\tEND={end}\t{keys}\t{values}\n".encode()


def with_blocks(
    lines: Iterable[bytes], blocks: Iterator[Block], ranks: Mapping[str, int]
) -> Iterator[bytes]:
    """Yield records and blocks together; both are in the order of ``ranks``, contig to its place.

    >>> blocks = iter([(("1", 5), b"1\\t5\\tblock\\n"), (("2", 1), b"2\\t1\\tblock\\n")])
    >>> list(with_blocks([b"1\\t7\\tx\\n"], blocks, {"1": 0, "2": 1}))
    [b'1\\t5\\tblock\\n', b'1\\t7\\tx\\n', b'2\\t1\\tblock\\n']
    """
    block = next(blocks, None)
    for line in lines:
        if block:
            contig, pos, _ = line.split(b"\t", 2)
            place = (ranks[contig.decode()], int(pos))
            while block and (ranks[block[0][0]], block[0][1]) < place:
                yield block[1]
                block = next(blocks, None)
        yield line
    while block:
        yield block[1]
        block = next(blocks, None)
