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
from schelde.splice import Bodies, find_seams, splice_gvcf, splice_vcf
from schelde.streams import feeding, vcf_writer
from schelde.vcf import VcfError, contig_lines, header, read_header, source_of, vcf_text


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
    with pysam.FastaFile(str(files.genome)) as genome:

        def base(contig: str, pos: int) -> str:
            return genome.fetch(contig, pos - 1, pos)

        seams = find_seams(files.gvcfs, rows, ploidy, overlap=task.overlap, base=base)
        for seam in seams.values():
            log.write(f"pieces joined at {seam.contig}:{seam.pos}\n".encode())
        bodies = _bodies(files.gvcfs, task.sample, log)
        with vcf_writer(output.gvcf, md5=_md5(output.gvcf), threads=threads, log=log) as sink:
            sink.write(_header(files.gvcfs.values(), contigs, task.sample))
            splice_gvcf(bodies, called, seams, sink, ranks=ranks, base=base)
    bodies = _bodies(files.vcfs, task.sample, log)
    with (
        vcf_writer(output.vcf, md5=_md5(output.vcf), threads=threads, log=log) as sink,
        feeding(finishing(files.genome, files.filters, files.targets), sink, log) as text,
    ):
        text.write(_header(files.vcfs.values(), contigs, task.sample))
        splice_vcf(bodies, called, seams, text, ranks=ranks)


def finishing(genome: Path, filters: Path, targets: Path | None) -> list[list[str]]:
    """Return the commands that make a VCF of records as callers write them a finished one.

    Alleles are split and left-aligned, and those that the genotype does not have are left out; so
    is ``*``, which only says that a deletion, with a record of its own, goes over the place. No
    record is taken for the double of another one.
    """
    # A warning is enough: callers write a reference base that is no ACGT as N or one of its bases.
    norm = ["bcftools", "norm", "--no-version", "--output-type", "u", "--check-ref", "w"]
    norm += ["--multiallelics", "-any", "--fasta-ref", str(genome), "-"]
    view = ["bcftools", "view", "--no-version", "--output-type", "u"]
    view += ["--include", 'GT="alt" && ALT!="*"']
    if targets is not None:
        view += ["--targets-file", str(targets), "--targets-overlap", "1"]
    last = ["bcftools", "view", "--no-version", "--output-type", "v", "-"]
    return [norm, [*view, "-"], *filter_commands(read_filters(filters)), last]


def _md5(path: Path) -> Path:
    return Path(f"{path}.md5")


def _header(paths: Iterable[Path], contigs: Sequence[str], sample: str) -> bytes:
    """Return one header for the files of all pieces; VcfError when they are not of one version."""
    lines: list[str] = []
    sources: set[str] = set()
    for path in paths:
        with pysam.TabixFile(str(path)) as file:
            found = read_header((f"{line}\n".encode() for line in file.header), sample)
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
