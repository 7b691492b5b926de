"""Call a piece with GATK HaplotypeCaller; genotype a sample with GenotypeGVCFs."""

from __future__ import annotations

import re
from pathlib import Path

from schelde.callers.piece import (
    PieceFiles,
    PieceTask,
    Work,
    work_on,
    write_empty,
    write_gvcf,
)
from schelde.callers.tools import Job, Machine
from schelde.intervals import total, write_bed
from schelde.vcf import VcfError, read_header, vcf_text
from schelde.versions import version_of

# Wider bands than GATK's default, which has one for each value up to 60: a thirtieth of the
# records and the same variants.
BANDS = (10, 20, 30, 40)
"""Least GQs of the bands that positions of a reference block share."""

BESIDE_HEAP_MB = 700
"""Memory of a job that is not heap: classes, compiled code, GKL's own, measured 250 MB; and the
Snakemakes in a job of Slurm, 250 MB."""

SHORT_BP = 1_000_000
SHORT_GVCF = 10_000_000
"""Bases that are called, and bytes of a gVCF that is genotyped, up to which a job is short."""

# Measured on two cores. Compiled by the first compiler alone a short job takes half the CPU time;
# by the second one alone HaplotypeCaller takes a tenth less, and no more in a long run.
SHORT_JAVA = "-XX:TieredStopAtLevel=1"
LONG_JAVA = {"HaplotypeCaller": "-XX:-TieredCompilation -XX:ReservedCodeCacheSize=240m"}

VERSION = re.compile(r'##GATKCommandLine=<ID=HaplotypeCaller,.*,Version="([^"]+)"')

AROUND_READS = 1000
"""bp around the intervals whose reads are recalibrated, so that pairs and haplotypes are whole."""


def call_piece(task: PieceTask, files: PieceFiles, machine: Machine, gvcf: Path) -> None:
    """Write the gVCF of a piece, with its index; see `schelde.callers.piece`."""
    with work_on(task, files, machine) as work:
        if not work.intervals:
            write_empty(work, gvcf, f"GATK HaplotypeCaller {version_of('gatk')}")
            return
        raw = work.job.folder / "raw.g.vcf.gz"
        reads = _recalibrated(work) if files.recalibration else files.cram
        work.job.run(_haplotype_caller(work, reads, raw))
        with vcf_text(raw, work.job.log) as text:
            lines = read_header(text, task.sample)
            source = f"GATK HaplotypeCaller {_version(lines)}"
            write_gvcf(work, lines, text, gvcf, source, mend=False)


def genotype(gvcf: Path, genome: Path, job: Job) -> Path:
    """Write the variants of a sample, as GenotypeGVCFs has them, to the scratch folder.

    From the whole gVCF, since GATK draws QD at random where it is above 35: from pieces it would
    depend on where they were cut.
    """
    vcf = job.folder / "genotyped.vcf.gz"
    command = _gatk(job, "GenotypeGVCFs", genome, short=gvcf.stat().st_size < SHORT_GVCF)
    job.run([*command, "--variant", str(gvcf), "--output", str(vcf)])
    return vcf


def _gatk(job: Job, tool: str, genome: Path, *, short: bool) -> list[str]:
    """Return the beginning of a command, with a heap that fits the job's memory."""
    heap = max(job.machine.memory_mb - BESIDE_HEAP_MB, BESIDE_HEAP_MB)
    # Serial: others collect no faster on one or two cores and start more threads.
    java = ["-XX:+UseSerialGC", f"-Xmx{heap}m", SHORT_JAVA if short else LONG_JAVA.get(tool, "")]
    command = ["gatk", "--java-options", " ".join(java), tool, "--tmp-dir", str(job.folder)]
    return [*command, "--reference", str(genome)]


def _haplotype_caller(work: Work, reads: Path, output: Path) -> list[str]:
    command = _gatk(work.job, "HaplotypeCaller", work.files.genome, short=_is_short(work))
    command += ["--input", str(reads), "--output", str(output), "--intervals", str(work.bed())]
    command += ["--emit-ref-confidence", "GVCF"]
    command += ["--native-pair-hmm-threads", str(work.job.machine.threads)]
    for band in BANDS:
        command += ["--gvcf-gq-bands", str(band)]
    if any(copies != 2 for *_, copies in work.intervals):
        # With those of 2 copies: where two levels meet GATK takes the higher for the whole
        # assembly region, and Tiles makes haploid what has to be.
        write_bed(work.job.folder / "ploidy.bed", work.intervals)
        command += ["--ploidy-regions", str(work.job.folder / "ploidy.bed")]
    if work.files.dragstr:
        command += ["--dragen-mode", "--dragstr-params-path", str(work.files.dragstr)]
    return command


def _recalibrated(work: Work) -> Path:
    """Write the reads of the piece with recalibrated qualities to the scratch folder."""
    reads = work.job.folder / "recalibrated.bam"
    command = _gatk(work.job, "ApplyBQSR", work.files.genome, short=_is_short(work))
    command += ["--input", str(work.files.cram), "--output", str(reads)]
    command += ["--bqsr-recal-file", str(work.files.recalibration)]
    command += ["--intervals", str(work.bed()), "--interval-padding", str(AROUND_READS)]
    work.job.run(command)
    return reads


def _is_short(work: Work) -> bool:
    return total((contig, start, end) for contig, start, end, _ in work.intervals) < SHORT_BP


def _version(lines: list[str]) -> str:
    """Return GATK's version from the header lines that HaplotypeCaller wrote."""
    for line in lines:
        if found := VERSION.match(line):
            return found[1]
    raise VcfError("HaplotypeCaller's header has no version")
