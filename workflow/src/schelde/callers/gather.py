"""Join the gVCFs of a sample's pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam

from schelde.assembly import Assembly
from schelde.callers.tools import Job
from schelde.intervals import contig_lengths, piece_intervals, read_pieces
from schelde.sheet import Sex
from schelde.splice import Bodies, find_seams, splice
from schelde.streams import vcf_writer
from schelde.vcf import (
    VcfError,
    base_of,
    contig_lines,
    header,
    header_of,
    read_header,
    source_of,
    vcf_text,
)


@dataclass(frozen=True)
class GatherTask:
    """Whose pieces, and by how many bp they overlap at each side of a cut."""

    sample: str
    sex: Sex
    assembly: Assembly
    overlap: int


@dataclass(frozen=True)
class GatherFiles:
    """What is read; ``gvcfs`` by the number of their piece, each with its ``.tbi``."""

    gvcfs: Mapping[int, Path]
    pieces: Path
    genome: Path
    fai: Path
    facts: Path


def gather(task: GatherTask, files: GatherFiles, job: Job, *, gvcf: Path, md5: Path) -> None:
    """Write the gVCF of a sample from its pieces, with its ``.tbi`` and its MD5.

    Raises `VcfError` when the pieces do not fit, `ToolError` when a tool fails.
    """
    lengths = contig_lengths(files.fai)
    ranks = {contig: rank for rank, contig in enumerate(lengths)}
    rows = read_pieces(files.pieces)
    ploidy = task.assembly.ploidy(task.sex, lengths)
    called = [number for number in sorted(files.gvcfs) if piece_intervals(rows, number, ploidy)]
    parts = [files.gvcfs[number] for number in called or sorted(files.gvcfs)]
    contigs = contig_lines(files.facts)
    with pysam.FastaFile(str(files.genome)) as genome:
        base = base_of(genome)
        seams = find_seams(files.gvcfs, rows, ploidy, overlap=task.overlap, base=base)
        for seam in seams.values():
            job.log.write(f"pieces joined at {seam.contig}:{seam.pos}\n".encode())
        bodies = _bodies(files.gvcfs, task.sample, job.log)
        with vcf_writer(gvcf, md5=md5, threads=job.machine.threads, log=job.log) as sink:
            sink.write(_header(parts, contigs, task.sample))
            splice(bodies, called, seams, sink, ranks=ranks, base=base)


def _header(paths: Iterable[Path], contigs: Sequence[str], sample: str) -> bytes:
    """Return one header for the files of all pieces; VcfError when they are not of one version."""
    lines: list[str] = []
    sources: set[str] = set()
    for path in paths:
        found = header_of(path, sample)
        lines += found
        sources.add(source_of(found))
    if len(sources) > 1:
        raise VcfError(f"the pieces were called by different versions: {sorted(sources)}")
    return header(lines, contigs=contigs, source=sources.pop(), sample=sample).encode()


def _bodies(paths: Mapping[int, Path], sample: str, log: IO[bytes]) -> Bodies:
    @contextmanager
    def body(number: int) -> Iterator[IO[bytes]]:
        with vcf_text(paths[number], log) as text:
            read_header(text, sample)
            yield text

    return body
