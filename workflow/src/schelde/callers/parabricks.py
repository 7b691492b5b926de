"""Call a genome with the GPU callers of NVIDIA Parabricks: HaplotypeCaller and DeepVariant.

Two jobs, so that a GPU is held for what needs one: `call` runs pbrun and leaves its gVCFs in a
folder, `write_piece` makes of them the gVCF that every caller gives. A genome is one piece.

Options: https://docs.nvidia.com/clara/parabricks/v4.7.1/tool-reference/tools/haplotypecaller.md
and .../deepvariant.md. Interval files are given always, so ``--run-partition``, which takes none,
never is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from schelde.assembly import Interval
from schelde.callers.deepvariant_plan import callable_parts, uncalled_block
from schelde.callers.gatk import BANDS
from schelde.callers.piece import (
    PieceFiles,
    PieceTask,
    Work,
    refuse_silence,
    work_on,
    write_empty,
    write_gvcf,
)
from schelde.callers.runs import by_copies, silences, within
from schelde.callers.tools import Machine
from schelde.cluster.devices import own_devices
from schelde.gvcf import BLOCK_HEADER, Called, Record, parse
from schelde.intervals import contig_lengths, write_bed
from schelde.parts import whole_folder
from schelde.pbrun import (
    Made,
    least_memory,
    read_made,
    require_gpu,
    require_whole,
    run_pbrun,
    stage,
    version_of_pbrun,
    write_made,
)
from schelde.vcf import VcfError, read_header, vcf_text


@dataclass(frozen=True)
class Program:
    """A caller of Parabricks: its tool, its name in headers, ``mend`` of `schelde.gvcf.Tiles`.

    ``everywhere``: it calls all contigs, also those that are no chromosomes.
    """

    tool: str
    name: str
    mend: bool
    everywhere: bool


PROGRAMS: Mapping[str, Program] = {
    # GATK's gVCF covers every base once by itself, with the evidence for each: a base that is left
    # out is a fault of the program, and nothing of ours may stand in its place.
    "parabricks": Program(
        "haplotypecaller", "Parabricks HaplotypeCaller", mend=False, everywhere=True
    ),
    # DeepVariant writes no record where the reference has an ambiguity code
    # (variant_caller.py, make_gvcfs); such bases get blocks without genotype. What is left out
    # where there are reads is refused all the same.
    "parabricks-deepvariant": Program(
        "deepvariant", "Parabricks DeepVariant", mend=True, everywhere=False
    ),
}
"""Callers by their names in the config."""

MADE = "made.json"
RAW = "{copies}.g.vcf.gz"
"""Files of the folder between the two jobs; one gVCF for what the person has so many copies of."""

LOW_MEMORY_MB = 38_000
"""MiB of a GPU under which HaplotypeCaller is told to save memory: it dies on 16 GB (nf-core/sarek,
conf/test.config), NVIDIA's own scripts save memory on cards of 24 GB and not on those of 40 GB
(parabricks-benchmarks), and 38 GB is what Parabricks asks for elsewhere."""

STREAMS = 4
"""Most streams on a GPU that DeepVariant takes by itself, by the GPU's memory."""


def call(
    task: PieceTask,
    files: PieceFiles,
    machine: Machine,
    raw: Path,
    *,
    program: str,
    gpus: int,
    exome: bool,
) -> None:
    """Leave what pbrun calls in the folder ``raw``, checked as far as a retry can help.

    One run for what the person has two copies of, one for what there is one copy of: pbrun takes
    one ploidy for a run (DeepVariant: whole contigs, without pseudo-autosomal regions). Raises
    `JobError` when pbrun fails, or ends well but passes over reads.
    """
    with work_on(task, files, machine) as work, whole_folder(raw) as part:
        require_gpu(gpus)
        ref, cram = _stage(work)
        called, _ = _parts(work, program)
        runs = by_copies(called)
        temporary = work.job.folder / "tmp"
        temporary.mkdir()
        folders = [work.job.folder, part]
        with own_devices(gpus, work.job.environment, work.job.log) as environment:
            version = version_of_pbrun(environment, folders)
            saving = least_memory(environment) < LOW_MEMORY_MB
            for copies, intervals in runs.items():
                bed = work.job.folder / f"{copies}.bed"
                write_bed(bed, intervals)
                words = ["pbrun", PROGRAMS[program].tool, "--ref", str(ref), "--in-bam", str(cram)]
                words += ["--interval-file", str(bed), "--gvcf"]
                words += ["--out-variants", str(part / RAW.format(copies=copies))]
                words += ["--tmp-dir", str(temporary), "--num-gpus", str(gpus)]
                if program == "parabricks":
                    words += haplotypecaller(copies, machine.threads, gpus, saving=saving)
                else:
                    contigs = list(dict.fromkeys(row[0] for row in intervals))
                    words += deepvariant(copies, contigs, machine.threads, gpus, exome=exome)
                run_pbrun(words, work.job.log, environment, folders)
        for copies, intervals in runs.items():
            _refuse_crash(work, part / RAW.format(copies=copies), intervals)
        write_made(part / MADE, Made(version))
        expected = {MADE, *(RAW.format(copies=copies) for copies in runs)}
        for path in part.iterdir():  # DeepVariant writes a VCF beside the gVCF
            if path.name not in expected:
                path.unlink()


def _parts(work: Work, program: str) -> tuple[Sequence[Called], Sequence[Called]]:
    """Return what a program calls of a genome, and what it does not."""
    if PROGRAMS[program].everywhere:
        return work.intervals, []
    return callable_parts(work.intervals, work.task.assembly)


def haplotypecaller(copies: int, threads: int, gpus: int, *, saving: bool) -> list[str]:
    """Return the options of pbrun haplotypecaller that other tools have not.

    >>> haplotypecaller(1, 12, 2, saving=False)[:4]
    ['--ploidy', '1', '--num-htvc-threads', '6']
    """
    words = ["--ploidy", str(copies), "--num-htvc-threads", str(max(1, threads // gpus))]
    for band in BANDS:
        words += ["--gvcf-gq-bands", str(band)]
    return [*words, "--htvc-low-memory"] if saving else words


def deepvariant(
    copies: int, contigs: Sequence[str], threads: int, gpus: int, *, exome: bool
) -> list[str]:
    """Return the options of pbrun deepvariant that other tools have not.

    >>> deepvariant(1, ["chrX", "chrY"], 16, 1, exome=False)[-2:]
    ['--haploid-contigs', 'chrX,chrY']
    """
    share = max(1, threads // (gpus * STREAMS))
    words = ["--mode", "shortread", "--num-cpu-threads-per-stream", str(share)]
    words += ["--use-wes-model"] if exome else []
    return [*words, "--haploid-contigs", ",".join(contigs)] if copies == 1 else words


def _stage(work: Work) -> tuple[Path, Path]:
    """Put reference and reads into the scratch folder, each with its index beside it."""
    ref, cram = work.job.folder / "genome.fa", work.job.folder / "reads.cram"
    stage(work.files.genome, ref)
    stage(work.files.fai, ref.with_name("genome.fa.fai"))
    stage(work.files.dictionary, ref.with_suffix(".dict"))
    stage(work.files.cram, cram)
    stage(work.files.crai, cram.with_name("reads.cram.crai"))
    return ref, cram


def _refuse_crash(work: Work, raw: Path, intervals: Sequence[Interval]) -> None:
    """Raise `JobError` unless a gVCF is whole and has records where there are reads.

    Here and not only in `write_piece`, which proves every base: what fails here is tried again.
    """
    require_whole(raw)
    with vcf_text(raw, work.job.log) as text:
        read_header(text, work.task.sample)
        holes = list(silences(text, intervals))
    refuse_silence(work.files, holes)


def write_piece(
    task: PieceTask, files: PieceFiles, machine: Machine, gvcf: Path, *, program: str, raw: Path
) -> None:
    """Write the gVCF of a genome, with its index, from what `call` left in the folder ``raw``.

    Raises `VcfError` where a base is covered twice, or is not covered though it had to be.
    """
    with work_on(task, files, machine) as work, ExitStack() as opened:
        own = PROGRAMS[program]
        source = f"{own.name} {read_made(raw / MADE).version}"
        if not work.intervals:
            write_empty(work, gvcf, source)
            return
        ranks = {contig: rank for rank, contig in enumerate(contig_lengths(files.fai))}
        called, uncalled = _parts(work, program)
        lines: list[str] = []
        unseen = (uncalled_block(row, work.base(row[0], row[1] + 1)) for row in uncalled)
        runs: list[Iterator[Record]] = [map(parse, unseen)]
        for copies, intervals in by_copies(called).items():
            text = opened.enter_context(vcf_text(raw / RAW.format(copies=copies), work.job.log))
            lines += read_header(text, task.sample)
            runs.append(within(text, intervals, ranks, work.base))
        lines += BLOCK_HEADER if own.mend else ()
        merged = heapq.merge(*runs, key=lambda record: (ranks[record.contig], record.pos))
        body = (record.line for record in merged)
        try:
            write_gvcf(work, lines, body, gvcf, source, mend=own.mend)
        except VcfError as error:
            raise VcfError(f"{error}; delete {raw} to have the sample called again") from error
