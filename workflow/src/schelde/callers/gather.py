"""Join the pieces of a sample and finish its gVCF and VCF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam

from schelde.assembly import Assembly
from schelde.filters import filter_commands, read_filters
from schelde.intervals import contig_lengths, piece_intervals, read_pieces
from schelde.sheet import Sex
from schelde.splice import find_seams, splice_gvcf, splice_vcf
from schelde.streams import feeding, vcf_writer
from schelde.vcf import VcfError, contig_lines, header, read_header, source_of, vcf_text
from schelde.versions import version_of


@dataclass(frozen=True)
class GatherTask:
    """Whose pieces, and by how many bp they overlap at each side of a cut."""

    sample: str
    sex: Sex
    assembly: Assembly
    overlap: int


@dataclass(frozen=True)
class GatherFiles:
    """What is read; ``gvcfs`` and ``vcfs`` by the number of their piece.

    With ``targets``, a BED, the VCF gets only records whose REF allele overlaps them.
    """

    gvcfs: Mapping[int, Path]
    vcfs: Mapping[int, Path]
    pieces: Path
    genome: Path
    fai: Path
    facts: Path
    filters: Path
    targets: Path | None = None


@dataclass(frozen=True)
class GatherOutput:
    """What is written; an index ``.tbi`` and an MD5 ``.md5`` go beside each."""

    gvcf: Path
    vcf: Path


def gather(
    task: GatherTask, files: GatherFiles, output: GatherOutput, *, threads: int, log: Path
) -> None:
    """Write the gVCF and the normalised, filtered VCF of a sample from its pieces.

    Raises `VcfError` when the pieces do not fit, `ToolError` when a tool fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as handle:
        try:
            _gather(task, files, output, threads, handle)
        except Exception as error:
            handle.write(f"{type(error).__name__}: {error}\n".encode())
            raise


def _gather(
    task: GatherTask, files: GatherFiles, output: GatherOutput, threads: int, log: IO[bytes]
) -> None:
    lengths = contig_lengths(files.fai)
    ranks = {contig: rank for rank, contig in enumerate(lengths)}
    rows = read_pieces(files.pieces)
    ploidy = task.assembly.ploidy(task.sex, lengths)
    called = [number for number in sorted(files.gvcfs) if piece_intervals(rows, number, ploidy)]

    contigs = contig_lines(files.facts)

    def header_of(paths: Mapping[int, Path]) -> bytes:
        lines: list[str] = []
        sources: set[str] = set()
        for path in paths.values():
            with vcf_text(path, log) as text:
                found = read_header(text, task.sample)
                skip(text)
            lines += found
            sources.add(source_of(found))
        if len(sources) > 1:
            raise VcfError(f"the pieces were called by different versions: {sorted(sources)}")
        return header(lines, contigs=contigs, source=sources.pop(), sample=task.sample).encode()
