"""Measure the reads of one sample, most of it in one reading of its CRAM.

``samtools view`` decodes the CRAM once, into a stream that ``samtools stats``, riker and the
pileup of the panel read side by side (`schelde.measure.share`). Picard, where it takes riker's
place, reads the CRAM itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from schelde.assembly import Assembly
from schelde.callers.tools import Job, Machine, job_on
from schelde.contamination import Contamination, estimate
from schelde.intervals import contig_lengths, read_intervals, read_targets, write_bed
from schelde.karyotype import SexEvidence, measure_sex
from schelde.measure import picard, riker
from schelde.measure.collected import Collected, normalised_coverage
from schelde.measure.numbers import (
    Metrics,
    coverage_metrics,
    read_metrics,
    region_metrics,
    target_metrics,
)
from schelde.measure.share import Reader, share
from schelde.measure.stats import ReadStats, keep_stats, read_stats
from schelde.panel import Panel, read_panel, sites_bed
from schelde.pileup import (
    MPILEUP_OPTIONS,
    Genotypes,
    Pileup,
    call_rate,
    genotypes,
    read_pileup,
    write_counts,
)
from schelde.pipes import write_text
from schelde.streams import reading

TARGETS, REGIONS = "targets", "regions"
"""Names of captures: the design of an exome, and the regions that a programme asks for."""

QC_FAIL, DUPLICATE = "0x200", "0x400"

NO_SITES = Panel((), np.zeros(0, np.int32), (), (), np.zeros(0), np.zeros((0, 0)))


@dataclass(frozen=True)
class ReadTask:
    """Which sample, of which build; ``engine`` of coverage is ``riker`` or ``picard``.

    ``paired``: whether there are pairs among the reads. Where there are, a read without a mapped
    mate counts for no coverage, as in Picard; GA4GH's metrics are for pairs. Reads that are all
    single count, so that their coverage is told at all.
    """

    sample: str
    assembly: Assembly
    engine: str = "riker"
    paired: bool = True


@dataclass(frozen=True)
class ReadFiles:
    """What is read.

    ``cram`` is sorted and has its index beside it; ``genome``: FASTA with ``.fai`` and ``.dict``
    beside it; ``autosomes`` (without runs of N) and ``gaps``: merged BEDs that `schelde.reference`
    wrote; ``targets``: a merged BED of ours, None for a whole genome; ``regions``: a user's BED;
    ``panel``: as `schelde.panel.read_panel` takes it; ``md5_cache``: folder of reference sequences.
    """

    cram: Path
    genome: Path
    autosomes: Path
    gaps: Path
    targets: Path | None = None
    regions: Path | None = None
    panel: Path | None = None
    md5_cache: Path | None = None


@dataclass(frozen=True)
class ReadOutput:
    """What is written: ``samtools stats``, READ_METRICS, PANEL_COUNTS (no rows without panel)."""

    stats: Path
    metrics: Path
    panel_counts: Path


@dataclass(frozen=True)
class _Sites:
    """A panel, which may be empty, with what the reads show at it."""

    panel: Panel
    pileup: Pileup
    called: Genotypes
    contamination: Contamination | None
    call_rate: float | None


def measure_reads(task: ReadTask, files: ReadFiles, machine: Machine, output: ReadOutput) -> None:
    """Measure one sample and write `ReadOutput`, each file whole or not at all.

    ``machine.memory_mb`` matters to Picard alone. Raises `ToolError` when a tool fails, `JobError`
    when what it left cannot be right, `UserError` when the panel cannot be read.
    """
    lengths = contig_lengths(Path(f"{files.genome}.fai"))
    panel = read_panel(files.panel) if files.panel else NO_SITES
    with job_on(machine, files.md5_cache) as job:
        captures = _captures(files, lengths, job)
        readers = [*stats_readers(job), *_panel_readers(panel, files.genome, job)]
        if task.engine == "riker":
            readers += riker.readers(
                files.genome, files.autosomes, captures, job, paired=task.paired
            )
        share(view_command(files, machine.threads), readers, log=job.log, env=job.environment)
        if task.engine == "riker":
            version = riker.version()
            found = riker.collect(captures, job)
        else:
            version = picard.version()
            found = picard.collect(
                files.cram, files.genome, files.autosomes, captures, job, paired=task.paired
            )
        stats = keep_stats(job.folder / "stats.txt", output.stats)
        sites = _sites(task, panel, job)
        sex = _sex(task, files, lengths, sites, job)
        metrics = {
            **read_metrics(stats, _duplicate_bases(job), _failed_bases(stats, files, job)),
            **coverage_metrics(found),
            **target_metrics(found.captures.get(TARGETS)),
            **region_metrics(found.captures.get(REGIONS)),
            **_site_metrics(sites),
            **_sex_metrics(sex),
        }
        write_counts(output.panel_counts, panel, sites.pileup, sites.called)
        document = {
            "sample": task.sample,
            "engine": f"{task.engine} {version}",
            "metrics": metrics,
            **_curves(found, stats),
            "sex": asdict(sex),
            "contamination": asdict(sites.contamination) if sites.contamination else None,
        }
        write_text(output.metrics, json.dumps(document, indent=1, allow_nan=False) + "\n")


def _captures(files: ReadFiles, lengths: Mapping[str, int], job: Job) -> dict[str, Path]:
    """Return merged BEDs by name; the user's regions are written to the scratch folder."""
    found = {TARGETS: files.targets} if files.targets else {}
    if files.regions:
        found[REGIONS] = job.folder / "regions.bed"
        write_bed(found[REGIONS], read_targets(files.regions, lengths))
    return found


def view_command(files: ReadFiles, threads: int) -> list[str]:
    """Return the command that decodes the CRAM, with threads beside those of the readers."""
    command = ["samtools", "view", "--uncompressed", "--threads", str(max(0, threads - 3))]
    return [*command, "--reference", str(files.genome), str(files.cram)]


def stats_readers(job: Job) -> list[Reader]:
    """Return what counts all reads, and apart from them duplicates, for their yield."""
    stats = ["samtools", "stats", "-"]
    duplicates = ["samtools", "view", "--uncompressed", "-f", DUPLICATE, "-F", QC_FAIL, "-"]
    return [
        Reader("samtools stats", [stats], job.folder / "stats.txt"),
        Reader("samtools view", [duplicates, stats], job.folder / "duplicates.txt"),
    ]


def _panel_readers(panel: Panel, genome: Path, job: Job) -> list[Reader]:
    if not len(panel):
        return []
    bed = job.folder / "panel.bed"
    write_text(bed, sites_bed(panel))
    near = ["samtools", "view", "--uncompressed", "--targets-file", str(bed), "-"]
    pileup = ["samtools", "mpileup", *MPILEUP_OPTIONS, "--positions", str(bed)]
    pileup += ["--fasta-ref", str(genome), "-"]
    return [Reader("samtools mpileup", [near, pileup], job.folder / "pileup.txt")]


def _duplicate_bases(job: Job) -> int:
    text = (job.folder / "duplicates.txt").read_text(encoding="utf-8")
    return read_stats(text.splitlines()).q30_bases


def _failed_bases(stats: ReadStats, files: ReadFiles, job: Job) -> int:
    """Return the Q30 bases of reads that failed the vendor's checks, which few CRAMs have."""
    if not stats.number("reads QC failed"):
        return 0
    view = [*view_command(files, 1)[:-1], "-f", QC_FAIL, str(files.cram)]
    commands = [view, ["samtools", "stats", "-"]]
    with reading(commands, job.log, job.environment) as text:
        return read_stats(line.decode() for line in text).q30_bases


def _sites(task: ReadTask, panel: Panel, job: Job) -> _Sites:
    autosomes = task.assembly.autosomes
    if len(panel):
        with (job.folder / "pileup.txt").open("rb") as lines:
            pileup = read_pileup(lines, panel)
    else:
        pileup = read_pileup([], panel)
    called = genotypes(pileup, panel)
    contamination = estimate(pileup, panel, autosomes) if len(panel) else None
    return _Sites(panel, pileup, called, contamination, call_rate(called, panel.on(autosomes)))


def _sex(
    task: ReadTask, files: ReadFiles, lengths: Mapping[str, int], sites: _Sites, job: Job
) -> SexEvidence:
    targets = read_intervals(files.targets) if files.targets else None
    gaps = read_intervals(files.gaps)
    known = (sites.panel, sites.called) if len(sites.panel) else (None, None)
    return measure_sex(files.cram, task.assembly, lengths, gaps, targets, *known, log=job.log)


def _site_metrics(sites: _Sites) -> Metrics:
    found = sites.contamination
    return {
        "cross_contamination_rate": found.estimate if found else None,
        "contamination_low": found.low if found else None,
        "contamination_high": found.high if found else None,
        "panel_call_rate": sites.call_rate,
    }


def _sex_metrics(sex: SexEvidence) -> Metrics:
    return {
        "x_coverage_ratio": sex.x_ratio,
        "y_coverage_ratio": sex.y_ratio,
        "x_heterozygosity": sex.x_heterozygosity,
        "karyotype": sex.karyotype,
        "inferred_sex": sex.sex,
    }


def _curves(found: Collected, stats: ReadStats) -> dict[str, Any]:
    """Return what is drawn in the report."""
    targets = found.captures.get(TARGETS)
    return {
        "coverage_histogram": found.bases,
        "target_histogram": targets.bases if targets else None,
        "insert_sizes": stats.insert_sizes,
        "gc_bias": normalised_coverage(found.gc),
    }
