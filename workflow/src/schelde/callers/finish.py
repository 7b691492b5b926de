"""Finish the VCF of a sample: its variants normalised, filtered, on its targets."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde.callers.tools import Job
from schelde.filters import Filter, read_filters
from schelde.streams import feeding, vcf_writer
from schelde.vcf import contig_lines, header, read_header, vcf_text


@dataclass(frozen=True)
class FinishFiles:
    """What is read: the ``calls`` are a VCF or gVCF, bgzipped.

    With ``targets``, a BED, only records are kept whose REF allele overlaps them.
    """

    calls: Path
    genome: Path
    facts: Path
    filters: Path
    targets: Path | None = None


def finish(sample: str, files: FinishFiles, job: Job, *, source: str, vcf: Path, md5: Path) -> None:
    """Write the variants of a sample, with ``.tbi`` and MD5; ``source`` goes into the header.

    Raises `ToolError` when a tool fails.
    """
    contigs = contig_lines(files.facts)
    filters = read_filters(files.filters)
    with (
        vcf_text(files.calls, job.log) as text,
        vcf_writer(vcf, md5=md5, threads=job.machine.threads, log=job.log) as sink,
        feeding(commands(files, filters), sink, job.log) as variants,
    ):
        lines = [*(each.header for each in filters), *read_header(text, sample)]
        words = header(lines, contigs=contigs, source=source, sample=sample)
        variants.write(words.encode())
        shutil.copyfileobj(text, variants)


def commands(files: FinishFiles, filters: Sequence[Filter]) -> list[list[str]]:
    """Return the commands to be piped that turn calls into a finished VCF.

    Alleles are split and left-aligned, and those that the genotype does not have are left out; so
    is ``*``, which only says that a deletion, with a record of its own, goes over the place. No
    record is taken for the double of another one.
    """
    view = ["bcftools", "view", "--no-version", "--output-type", "u"]
    norm = ["bcftools", "norm", "--no-version", "--output-type", "u"]
    # A warning is enough: callers write a reference base that is no ACGT as N or one of its bases.
    norm += ["--check-ref", "w", "--multiallelics", "-any", "--fasta-ref", str(files.genome)]
    kept = [*view, "--include", 'GT="alt" && ALT!="*"']
    if files.targets is not None:
        kept += ["--targets-file", str(files.targets), "--targets-overlap", "1"]
    last = ["bcftools", "view", "--no-version", "--output-type", "v", "-"]
    first = [*view, "--include", 'GT="alt"', "-"]
    return [first, [*norm, "-"], [*kept, "-"], *(each.command for each in filters), last]
