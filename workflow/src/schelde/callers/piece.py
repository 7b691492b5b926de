"""One piece of one person's genome: what a caller is given, and how its records are written."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam

from schelde.assembly import Assembly
from schelde.gvcf import BLOCK_HEADER, Base, Called, Tiles
from schelde.intervals import contig_lengths, read_pieces, write_bed
from schelde.pipes import ToolError
from schelde.sheet import Sex
from schelde.splice import called_intervals
from schelde.streams import vcf_writer
from schelde.vcf import contig_lines, header

CRASH = re.compile(
    rb"^.*(?:A USER ERROR has occurred|OutOfMemoryError|^Exception in thread"
    rb"|^(?:java|org\.broadinstitute|htsjdk)\.\S*(?:Exception|Error)\b|^\[E::|^Killed$"
    rb"|A fatal error has been detected by the Java|[Ss]egmentation fault|core dumped"
    rb"|terminate called|std::bad_alloc).*$",
    re.MULTILINE,
)
"""What a tool that crashed leaves in its log, also when it ends with status 0."""

SILENT_GAP = 1000
"""bp without a record of the caller from which on it is asked whether there are reads."""

SILENT_READS = 10
"""Reads wholly inside such a gap that show that the caller passed over them."""

MAPPING_QUALITY = 20
"""Least mapping quality of a read that a caller uses: GATK's default, given to the others."""

UNUSED = 0x704
"""SAM flags of reads that no caller uses: unmapped, secondary, failed, duplicate."""


class CallError(RuntimeError):
    """A caller ended well but what it left cannot be right."""


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
class Machine:
    """What a job may use; ``memory_mb`` in MiB; ``scratch`` is a folder."""

    threads: int
    memory_mb: int
    scratch: Path
    log: Path


@dataclass(frozen=True)
class PieceOutput:
    """What is written, each with its ``.tbi``."""

    gvcf: Path
    vcf: Path


@dataclass(frozen=True)
class Work:
    """A piece while it is called: ``folder`` is scratch that goes away, ``log`` is open."""

    task: PieceTask
    files: PieceFiles
    machine: Machine
    intervals: Sequence[Called]
    folder: Path
    log: IO[bytes]
    base: Base

    @property
    def environment(self) -> dict[str, str]:
        """Environment of the tools: the CRAM's reference comes from our cache, not the network."""
        cache = f"{self.files.md5_cache}/%2s/%2s/%s"
        return {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}

    def bed(self) -> Path:
        """Write the intervals, those that touch as one, to a BED in the scratch folder."""
        rows: list[tuple[str, int, int]] = []
        for contig, start, end, _ in self.intervals:
            if rows and rows[-1][::2] == (contig, start):
                start = rows.pop()[1]
            rows.append((contig, start, end))
        write_bed(self.folder / "intervals.bed", rows)
        return self.folder / "intervals.bed"

    def run(self, command: Sequence[str]) -> None:
        """Run a tool with its output to the log; `ToolError` when it fails or says that it did."""
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"{' '.join(command[:2])} ended with status {done.returncode}")
        self.refuse_crash()

    def refuse_crash(self) -> None:
        """Raise `CallError` if the log shows that a tool crashed."""
        if found := CRASH.search(self.machine.log.read_bytes()):
            shown = found[0].decode("utf-8", "replace").strip()[:200]
            raise CallError(f"the caller's log shows a crash: {shown}")


@contextmanager
def work_on(task: PieceTask, files: PieceFiles, machine: Machine) -> Iterator[Work]:
    """Yield what a caller works with; an error that ends the block is written to the log too."""
    machine.log.parent.mkdir(parents=True, exist_ok=True)
    lengths = contig_lengths(files.fai)
    ploidy = task.assembly.ploidy(task.sex, lengths)
    intervals = called_intervals(read_pieces(files.pieces), task.piece, ploidy, task.overlap)
    with (
        machine.log.open("wb") as log,
        tempfile.TemporaryDirectory(dir=machine.scratch) as folder,
        pysam.FastaFile(str(files.genome)) as genome,
    ):

        def base(contig: str, pos: int) -> str:
            return genome.fetch(contig, pos - 1, pos)

        try:
            yield Work(task, files, machine, intervals, Path(folder), log, base)
        except Exception as error:
            log.write(f"{type(error).__name__}: {error}\n".encode())
            raise


def write_empty(work: Work, output: PieceOutput, source: str) -> None:
    """Write files without records, for a piece of which the person has nothing."""
    contigs = contig_lines(work.files.facts)
    text = header(BLOCK_HEADER, contigs=contigs, source=source, sample=work.task.sample)
    for path in (output.gvcf, output.vcf):
        with vcf_writer(path, log=work.log) as sink:
            sink.write(text.encode())


def write_piece(
    work: Work, lines: Iterable[str], body: Iterable[bytes], output: PieceOutput, source: str
) -> None:
    """Write the gVCF and the VCF of a piece from the records of a caller without blocks of GATK's.

    ``lines`` are header lines and ``body`` the records, blocks among them, in order. What no
    record covers gets blocks without genotype; `CallError` if there are reads that the caller
    passed over.
    """
    contigs = contig_lines(work.files.facts)
    sample = work.task.sample
    text = header([*lines, *BLOCK_HEADER], contigs=contigs, source=source, sample=sample)
    tiles = Tiles(work.intervals, work.base, mend=True)
    with (
        vcf_writer(output.gvcf, log=work.log) as gvcf,
        vcf_writer(output.vcf, log=work.log) as vcf,
    ):
        gvcf.write(text.encode())
        vcf.write(text.encode())
        for record in tiles.over(body):
            gvcf.write(record.line)
            if not record.is_block:
                vcf.write(record.line)
        refuse_silence(work, tiles.filled)
        work.refuse_crash()


def refuse_silence(work: Work, silent: Iterable[tuple[str, int, int]]) -> None:
    """Raise `CallError` if there are reads where the caller wrote nothing.

    ``silent``: contig, start, end, 0-based half-open.
    """
    with pysam.AlignmentFile(
        str(work.files.cram), reference_filename=str(work.files.genome)
    ) as reads:
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
