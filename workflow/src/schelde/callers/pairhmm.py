"""Call a piece with the open engine, `schelde.pairhmm`, on the CPU or a GPU."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Literal

import pysam

from schelde import __version__
from schelde.callers.gatk import BANDS
from schelde.callers.piece import (
    MAPPING_QUALITY,
    UNUSED,
    PieceFiles,
    PieceTask,
    Work,
    work_on,
    write_empty,
    write_gvcf,
)
from schelde.callers.tools import Machine
from schelde.cluster.devices import own_devices
from schelde.intervals import contig_lengths, write_bed
from schelde.pairhmm.engine import Engine, PairHmm, Split
from schelde.pairhmm.header import HEADER
from schelde.pairhmm.spans import read_intervals, spans_of
from schelde.streams import reading

Device = Literal["cpu", "gpu"]

SOURCE = f"Schelde pairhmm {__version__}"

SUPPLEMENTARY = 0x800
"""SAM flag of the other parts of a split read: its first part has all of its bases, and haplotypes
are compared with those."""

# All columns of SAM but the tags: bits of htslib's option; a CRAM's tags are then not decoded.
FIELDS = "required_fields=0x7ff"


def call_piece(
    task: PieceTask,
    files: PieceFiles,
    machine: Machine,
    gvcf: Path,
    *,
    device: Device = "cpu",
    trace: IO[bytes] | None = None,
) -> None:
    """Write the gVCF of a piece, with its index; see `schelde.callers.piece`.

    The last line of the log tells where the CPU time went. ``trace`` gets what the steps made.
    """
    with work_on(task, files, machine) as work, _pair_hmm_on(device, work) as pair_hmm:
        if not work.intervals:
            write_empty(work, gvcf, SOURCE)
            return
        lengths = contig_lengths(files.fai)
        spans = spans_of(work.intervals, lengths)
        bed = work.job.folder / "reads.bed"
        write_bed(bed, read_intervals(spans, lengths))
        split = Split()
        engine = Engine(machine.threads, BANDS, split, pair_hmm, trace)

        def records() -> Generator[bytes, None, None]:
            # It ends with samtools, so that no gVCF is left where that fails at its very end.
            with (
                pysam.FastaFile(str(files.genome)) as genome,
                reading([_taken(work, bed)], work.job.log, env=work.job.environment) as bam,
            ):
                yield from engine.records(bam.fileno(), spans, genome.fetch, lengths)

        with closing(records()) as body:
            write_gvcf(work, HEADER, body, gvcf, SOURCE, mend=False)
        work.job.log.write(f"split: {split}\n".encode())


def _taken(work: Work, bed: Path) -> list[str]:
    """Return the command that gives the reads of a piece as BAM."""
    command = ["samtools", "view", "--uncompressed", "--use-index", "--target-file", str(bed)]
    command += ["--exclude-flags", str(UNUSED | SUPPLEMENTARY), "--min-MQ", str(MAPPING_QUALITY)]
    command += ["--reference", str(work.files.genome), "--input-fmt-option", FIELDS]
    return [*command, str(work.files.cram)]


@contextmanager
def _pair_hmm_on(device: Device, work: Work) -> Iterator[PairHmm | None]:
    """Yield what works out likelihoods on a device; None for the CPU's own.

    A GPU is this job's alone until the block ends.
    """
    if device == "cpu":
        yield None
        return
    from schelde.pairhmm.cuda import CudaPairHmm
    from schelde.pairhmm.kernel import Kernel

    with own_devices(1, work.job.environment) as environment:
        # CUDA reads it when it is first called in this process.
        os.environ["CUDA_VISIBLE_DEVICES"] = environment["CUDA_VISIBLE_DEVICES"]
        yield CudaPairHmm(Kernel())
