"""One piece of one person's genome: what a caller is given, and how its gVCF is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pysam

from schelde.assembly import Assembly
from schelde.callers.tools import CallError, Job, Machine, job_on
from schelde.gvcf import BLOCK_HEADER, Base, Called, Tiles
from schelde.intervals import contig_lengths, read_pieces, write_bed
from schelde.sheet import Sex
from schelde.splice import called_intervals
from schelde.streams import vcf_writer
from schelde.vcf import base_of, contig_lines, header

SILENT_GAP = 1000
"""bp without a record of the caller from which on it is asked whether there are reads."""

SILENT_READS = 10
"""Reads wholly inside such a gap that show that the caller passed over them."""

MAPPING_QUALITY = 20
"""Least mapping quality of a read that a caller uses: GATK's default, given to the others."""

UNUSED = 0x704
"""SAM flags of reads that no caller uses: unmapped, secondary, failed, duplicate."""


@dataclass(frozen=True)
class PieceTask:
    """Which piece of whose genome; ``overlap`` in bp, see `schelde.splice`."""

    sample: str
    piece: int
    sex: Sex
    assembly: Assembly
    overlap: int


@dataclass(frozen=True)
class PieceFiles:
    """What is read: reads, genome (both indexed), its facts and digests, pieces of the design.

    ``recalibration`` (base qualities) and ``dragstr`` (DRAGEN's model) are GATK's options.
    """

    cram: Path
    crai: Path
    genome: Path
    fai: Path
    dictionary: Path
    facts: Path
    md5_cache: Path
    pieces: Path
    recalibration: Path | None = None
    dragstr: Path | None = None


@dataclass(frozen=True)
class Work:
    """A piece while it is called; ``intervals`` are widened over cuts."""

    task: PieceTask
    files: PieceFiles
    job: Job
    intervals: Sequence[Called]
    base: Base

    def bed(self) -> Path:
        """Write the intervals, those that touch as one, to a BED in the scratch folder."""
        rows: list[tuple[str, int, int]] = []
        for contig, start, end, _ in self.intervals:
            touches = rows and (rows[-1][0], rows[-1][2]) == (contig, start)
            first = rows.pop()[1] if touches else start
            rows.append((contig, first, end))
        write_bed(self.job.folder / "intervals.bed", rows)
        return self.job.folder / "intervals.bed"


@contextmanager
def work_on(task: PieceTask, files: PieceFiles, machine: Machine) -> Iterator[Work]:
    """Yield what a caller works with."""
    lengths = contig_lengths(files.fai)
    ploidy = task.assembly.ploidy(task.sex, lengths)
    intervals = called_intervals(read_pieces(files.pieces), task.piece, ploidy, task.overlap)
    with (
        job_on(machine, files.md5_cache) as job,
        pysam.FastaFile(str(files.genome)) as genome,
    ):
        yield Work(task, files, job, intervals, base_of(genome))


def write_empty(work: Work, gvcf: Path, source: str) -> None:
    """Write a gVCF without records, for a piece of which the person has nothing."""
    write_gvcf(work, BLOCK_HEADER, [], gvcf, source, mend=False)


def write_gvcf(
    work: Work,
    lines: Iterable[str],
    body: Iterable[bytes],
    gvcf: Path,
    source: str,
    *,
    mend: bool,
) -> None:
    """Write the gVCF of a piece, and its ``.tbi``, from the records of a caller.

    ``lines`` are header lines and ``body`` the records, blocks among them, in order; ``mend`` as
    in `schelde.gvcf.Tiles`. Raises `CallError` if the caller crashed or passed over reads.
    """
    contigs = contig_lines(work.files.facts)
    text = header(lines, contigs=contigs, source=source, sample=work.task.sample)
    tiles = Tiles(work.intervals, work.base, mend=mend)
    with vcf_writer(gvcf, log=work.job.log) as sink:
        sink.write(text.encode())
        for record in tiles.over(body):
            sink.write(record.line)
        refuse_silence(work.files, tiles.filled)
        work.job.refuse_crash()


def refuse_silence(files: PieceFiles, silent: Iterable[tuple[str, int, int]]) -> None:
    """Raise `CallError` if there are reads where the caller wrote nothing.

    ``silent``: contig, start, end, 0-based half-open.
    """
    with pysam.AlignmentFile(str(files.cram), reference_filename=str(files.genome)) as reads:
        for contig, start, end in silent:
            if end - start >= SILENT_GAP and _has_reads(reads, contig, start, end):
                raise CallError(f"no record for {contig}:{start + 1}-{end}, where there are reads")


def _has_reads(reads: pysam.AlignmentFile, contig: str, start: int, end: int) -> bool:
    count = 0
    for read in reads.fetch(contig, start, end):
        usable = not read.flag & UNUSED and read.mapping_quality >= MAPPING_QUALITY
        whole = read.reference_start >= start and (read.reference_end or end) <= end
        # Callers leave out pairs that are not proper.
        if usable and whole and (read.is_proper_pair or not read.is_paired):
            count += 1
        if count == SILENT_READS:
            return True
    return False
