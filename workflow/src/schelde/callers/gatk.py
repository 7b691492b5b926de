"""Call a piece with GATK: HaplotypeCaller to a gVCF, GenotypeGVCFs to a VCF."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from schelde.callers.piece import (
    Machine,
    PieceFiles,
    PieceOutput,
    PieceTask,
    Work,
    work_on,
    write_empty,
)
from schelde.gvcf import Tiles
from schelde.intervals import total, write_bed
from schelde.streams import vcf_writer
from schelde.vcf import VcfError, contig_lines, header, read_header, vcf_text
from schelde.versions import version_of

# Wider bands than GATK's default, which has one for each value up to 60: a thirtieth of the
# records and the same variants.
BANDS = (10, 20, 30, 40)
"""Least GQs of the bands that positions of a reference block share."""

BESIDE_HEAP_MB = 500
"""Memory of a JVM that is not heap: classes, compiled code, GKL's own; measured 250 MB."""

SHORT_BP = 1_000_000
SHORT_GENOTYPES_BP = 50_000_000
"""Up to these lengths of a piece Java's second compiler costs more time than its code saves."""

VERSION = re.compile(r'##GATKCommandLine=<ID=HaplotypeCaller,.*,Version="([^"]+)"')

AROUND_READS = 1000
"""bp around the intervals whose reads are recalibrated, so that pairs and haplotypes are whole."""


def call_piece(task: PieceTask, files: PieceFiles, machine: Machine, output: PieceOutput) -> None:
    """Write the gVCF and the VCF of a piece; see `schelde.callers.piece`."""
    with work_on(task, files, machine) as work:
        if not work.intervals:
            write_empty(work, output, f"GATK HaplotypeCaller {version_of('gatk')}")
            return
        raw = work.folder / "raw.g.vcf.gz"
        reads = _recalibrated(work) if files.recalibration else files.cram
        work.run([*_gatk(work, "HaplotypeCaller"), *_haplotype_caller(work, reads, raw)])
        with vcf_writer(output.gvcf, log=work.log) as sink, vcf_text(raw, work.log) as text:
            lines = read_header(text, task.sample)
            contigs = contig_lines(files.facts)
            source = f"GATK HaplotypeCaller {_version(lines)}"
            words = header(lines, contigs=contigs, source=source, sample=task.sample)
            sink.write(words.encode())
            for record in Tiles(work.intervals, work.base, mend=False).over(text):
                sink.write(record.line)
        genotyped = work.folder / "piece.vcf.gz"
        work.run(
            [
                *_gatk(work, "GenotypeGVCFs", short_bp=SHORT_GENOTYPES_BP),
                *("--variant", str(output.gvcf)),
                *("--output", str(genotyped)),
            ]
        )
        with vcf_writer(output.vcf, log=work.log) as sink, vcf_text(genotyped, work.log) as text:
            lines = read_header(text, task.sample)
            words = header(lines, contigs=contigs, source=source, sample=task.sample)
            sink.write(words.encode())
            shutil.copyfileobj(text, sink)


def _gatk(work: Work, tool: str, *, short_bp: int = SHORT_BP) -> list[str]:
    """Return the beginning of a command, with a heap that fits the job's memory."""
    heap = max(work.machine.memory_mb - BESIDE_HEAP_MB, BESIDE_HEAP_MB)
    # Serial: others collect no faster on one or two cores and start more threads.
    java = f"-Xmx{heap}m -XX:+UseSerialGC -Djava.io.tmpdir={work.folder}"
    if total((contig, start, end) for contig, start, end, _ in work.intervals) < short_bp:
        java += " -XX:TieredStopAtLevel=1"
    command = ["gatk", "--java-options", java, tool, "--tmp-dir", str(work.folder)]
    return [*command, "--reference", str(work.files.genome)]


def _haplotype_caller(work: Work, reads: Path, output: Path) -> list[str]:
    options = ["--input", str(reads), "--output", str(output), "--intervals", str(work.bed())]
    options += ["--emit-ref-confidence", "GVCF"]
    options += ["--native-pair-hmm-threads", str(work.machine.threads)]
    for band in BANDS:
        options += ["--gvcf-gq-bands", str(band)]
    if any(copies != 2 for *_, copies in work.intervals):
        # With those of 2 copies: where two levels meet GATK takes the higher for the whole
        # assembly region, and Tiles makes haploid what has to be.
        write_bed(work.folder / "ploidy.bed", work.intervals)
        options += ["--ploidy-regions", str(work.folder / "ploidy.bed")]
    if work.files.dragstr:
        options += ["--dragen-mode", "--dragstr-params-path", str(work.files.dragstr)]
    return options


def _recalibrated(work: Work) -> Path:
    """Write the reads of the piece with recalibrated qualities to the scratch folder."""
    reads = work.folder / "recalibrated.bam"
    options = ["--input", str(work.files.cram), "--output", str(reads)]
    options += ["--bqsr-recal-file", str(work.files.recalibration)]
    options += ["--intervals", str(work.bed()), "--interval-padding", str(AROUND_READS)]
    work.run([*_gatk(work, "ApplyBQSR"), *options])
    return reads


def _version(lines: list[str]) -> str:
    """Return GATK's version from the header lines that HaplotypeCaller wrote."""
    for line in lines:
        if found := VERSION.match(line):
            return found[1]
    raise VcfError("HaplotypeCaller's header has no version")
