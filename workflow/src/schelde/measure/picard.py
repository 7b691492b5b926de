"""Picard, as it is inside GATK's jar: the same counts as riker's, one reading of the CRAM for each.

For machines that riker cannot be built on, and as its yardstick.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from schelde.assembly import Interval
from schelde.callers.gatk import BESIDE_HEAP_MB
from schelde.callers.tools import Job
from schelde.intervals import read_intervals
from schelde.measure.collected import (
    DEPTH_CAP,
    LEAST_BASE_QUALITY,
    LEAST_MAPQ,
    NEAR_BP,
    WINDOW_BP,
    Capture,
    Collected,
    EngineError,
    GcBin,
    column,
    read_table,
)
from schelde.pipes import write_text

METRICS, HISTOGRAM = "## METRICS CLASS", "## HISTOGRAM"
"""Lines before the two tables of a file of Picard's."""

CAPTURE_DEPTH_CAP = 10_000
"""Depth of targets that deeper positions count as. Picard's own default, 200, would cap the
median and the fifth of the bases that the fold-80 penalty looks at."""

NO_SENSITIVITY = ("--SAMPLE_SIZE", "1")
"""Hardly any draws for Picard's theoretical sensitivity: nobody asks for it, and with our cap of
depth it takes minutes."""


def collect(
    cram: Path,
    genome: Path,
    autosomes: Path,
    captures: Mapping[str, Path],
    job: Job,
    *,
    paired: bool,
) -> Collected:
    """Run Picard's collectors one after the other; raise `ToolError` or `EngineError`."""
    header = _header(genome)
    for name, bed in {"autosomes": autosomes, **captures}.items():
        text = header + "".join(interval_lines(read_intervals(bed)))
        write_text(job.folder / f"{name}.interval_list", text)
    return Collected(
        bases=_coverage(cram, genome, job, paired=paired),
        gc=_gc(cram, genome, _without_r(job)),
        captures={name: _capture(name, cram, genome, job) for name in captures},
    )


def version() -> str:
    """Ask GATK which Picard is inside; raise `EngineError` when it does not say."""
    done = subprocess.run(["gatk", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"^Picard Version: (\S+)", done.stdout + done.stderr, re.MULTILINE)
    if not found:
        raise EngineError("'gatk --version' shows no version of Picard")
    return found[1]


def interval_lines(intervals: Sequence[Interval]) -> Iterator[str]:
    """Return the lines of an interval list, which counts from 1 and includes the end.

    >>> list(interval_lines([("a", 0, 5)]))
    ['a\\t1\\t5\\t+\\t1\\n']
    """
    for number, (contig, start, end) in enumerate(intervals, start=1):
        yield f"{contig}\t{start + 1}\t{end}\t+\t{number}\n"


def _header(genome: Path) -> str:
    return genome.with_suffix(".dict").read_text(encoding="utf-8")


def _run(tool: str, cram: Path, genome: Path, job: Job, options: Sequence[str]) -> None:
    heap = max(job.machine.memory_mb - BESIDE_HEAP_MB, BESIDE_HEAP_MB)
    command = ["gatk", "--java-options", f"-XX:+UseSerialGC -Xmx{heap}m", tool]
    command += ["--INPUT", str(cram), "--REFERENCE_SEQUENCE", str(genome)]
    command += ["--TMP_DIR", str(job.folder), "--VERBOSITY", "WARNING", "--QUIET", "true"]
    # Else it ends at what aligners write, such as a mapping quality of an unmapped read.
    command += ["--VALIDATION_STRINGENCY", "SILENT"]
    job.run([*command, *options])


def _coverage(cram: Path, genome: Path, job: Job, *, paired: bool) -> list[int]:
    output = job.folder / "wgs.txt"
    options = ["--OUTPUT", str(output), "--COVERAGE_CAP", str(DEPTH_CAP)]
    options += ["--INTERVALS", str(job.folder / "autosomes.interval_list")]
    options += ["--MINIMUM_MAPPING_QUALITY", str(LEAST_MAPQ)]
    options += ["--MINIMUM_BASE_QUALITY", str(LEAST_BASE_QUALITY), *NO_SENSITIVITY]
    options += ["--COUNT_UNPAIRED", str(not paired).lower()]
    _run("CollectWgsMetrics", cram, genome, job, options)
    return _depths(output)


def _without_r(job: Job) -> Job:
    """Return the job with an R that does nothing, where CollectGcBiasMetrics would draw a chart.

    It has no option to leave the chart out, and without R it counts nothing.
    """
    folder = job.folder / "bin"
    folder.mkdir()
    for name in ("R", "Rscript"):
        (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{job.environment['PATH']}"
    return replace(job, environment={**job.environment, "PATH": path})


def _gc(cram: Path, genome: Path, job: Job) -> list[GcBin]:
    output = job.folder / "gc.txt"
    options = ["--OUTPUT", str(output), "--SUMMARY_OUTPUT", str(job.folder / "gc_summary.txt")]
    options += ["--CHART_OUTPUT", str(job.folder / "gc.pdf")]
    options += ["--SCAN_WINDOW_SIZE", str(WINDOW_BP)]
    _run("CollectGcBiasMetrics", cram, genome, job, options)
    rows = read_table(output, after=METRICS)
    counts = (column(rows, name) for name in ("GC", "WINDOWS", "READ_STARTS"))
    return [GcBin(*row) for row in zip(*counts, strict=True)]


def _capture(name: str, cram: Path, genome: Path, job: Job) -> Capture:
    output, intervals = job.folder / f"{name}.hs.txt", job.folder / f"{name}.interval_list"
    options = ["--OUTPUT", str(output), "--COVERAGE_CAP", str(CAPTURE_DEPTH_CAP)]
    options += ["--BAIT_INTERVALS", str(intervals), "--TARGET_INTERVALS", str(intervals)]
    options += ["--MINIMUM_MAPPING_QUALITY", str(LEAST_MAPQ)]
    options += ["--MINIMUM_BASE_QUALITY", str(LEAST_BASE_QUALITY)]
    options += ["--NEAR_DISTANCE", str(NEAR_BP), *NO_SENSITIVITY]
    _run("CollectHsMetrics", cram, genome, job, options)
    rows = read_table(output, after=METRICS)
    if len(rows) != 1:
        raise EngineError(f"CollectHsMetrics left {len(rows)} rows of metrics, not 1")
    on, near, off = (column(rows, f"{place}_BAIT_BASES")[0] for place in ("ON", "NEAR", "OFF"))
    dropout = {name.lower(): float(rows[0][name]) for name in ("AT_DROPOUT", "GC_DROPOUT")}
    bases = _depths(output)
    while bases and not bases[-1]:
        bases.pop()
    return Capture(bases=bases, on=on, near=near, off=off, **dropout)


def _depths(output: Path) -> list[int]:
    rows = read_table(output, after=HISTOGRAM)
    name = next((key for row in rows for key in row if key.startswith("high_quality")), "")
    return column(rows, name)
