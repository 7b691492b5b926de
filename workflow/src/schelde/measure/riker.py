"""Fulcrum Genomics' riker: Picard's collectors in one pass, fed with the shared stream of reads.

Pinned to 0.5.0 in envs/riker/. Its own figures have two decimals, so only its counts are taken.
It also draws PDFs, which go with the scratch folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schelde.callers.tools import Job
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
from schelde.measure.share import Reader
from schelde.versions import version_of

COUNT_DEPTHS = 'NR > 1 { n[$5]++ } END { for (depth in n) print depth "\\t" n[depth] }'
"""For awk: riker's line for each base of a target to the number of bases at each depth. A Python
loop over the 40 million lines of an exome would take four times as long."""


def readers(
    genome: Path, autosomes: Path, captures: Mapping[str, Path], job: Job, *, paired: bool
) -> list[Reader]:
    """Return what has to read the reads, in coordinate order as uncompressed BAM."""
    stream = job.folder / "stream.bam"  # riker knows a format by its suffix
    stream.symlink_to("/dev/stdin")
    multi = ["riker", "multi", "--threads", "1", "--input", str(stream)]
    multi += ["--reference", str(genome), "--output", str(job.folder / "genome")]
    multi += ["--tools", "wgs", "gcbias", f"--wgs::intervals={autosomes}"]
    multi += [f"--wgs::min-mapq={LEAST_MAPQ}", f"--wgs::min-bq={LEAST_BASE_QUALITY}"]
    multi += [f"--wgs::coverage-cap={DEPTH_CAP}", f"--gcbias::window-size={WINDOW_BP}"]
    if not paired:
        multi += ["--wgs::include-unpaired-reads"]
    found = [Reader("riker multi", [multi], job.folder / "genome.out")]
    for name, bed in captures.items():
        prefix = job.folder / name
        hybcap = ["riker", "hybcap", "--threads", "1", "--input", str(stream)]
        hybcap += ["--reference", str(genome), "--output", str(prefix)]
        hybcap += ["--baits", str(bed), "--targets", str(bed)]
        hybcap += ["--min-mapping-quality", str(LEAST_MAPQ)]
        hybcap += ["--min-base-quality", str(LEAST_BASE_QUALITY)]
        hybcap += ["--near-distance", str(NEAR_BP), "--per-base-coverage", "uncompressed"]
        # A line for each base is some GB for an exome: it goes to awk, and never to disk.
        Path(f"{prefix}.hybcap-per-base.txt").symlink_to("/dev/stdout")
        count = ["awk", "-F", "\t", COUNT_DEPTHS]
        found.append(Reader("riker hybcap", [hybcap, count], job.folder / f"{name}.depths"))
    return found


def version() -> str:
    """Ask riker for its version; raise `ToolError` when it is absent or says none."""
    return version_of("riker")


def collect(captures: Mapping[str, Path], job: Job) -> Collected:
    """Read what `readers` left in the scratch folder; raise `EngineError` where it is not whole."""
    coverage = read_table(job.folder / "genome.wgs-coverage.txt")
    detail = read_table(job.folder / "genome.gcbias-detail.txt")
    bins = zip(
        column(detail, "gc"), column(detail, "windows"), column(detail, "read_starts"), strict=True
    )
    return Collected(
        bases=column(coverage, "bases"),
        gc=[GcBin(*row) for row in bins],
        captures={name: _capture(job.folder / name) for name in captures},
    )


def _capture(prefix: Path) -> Capture:
    rows = read_table(Path(f"{prefix}.hybcap-metrics.txt"))
    if len(rows) != 1:
        raise EngineError(f"riker hybcap left {len(rows)} rows of metrics, not 1")
    on, near, off = (column(rows, f"{place}_bait_bases")[0] for place in ("on", "near", "off"))
    dropout = {name: float(rows[0][name]) for name in ("at_dropout", "gc_dropout")}
    depths = read_depths(Path(f"{prefix}.depths").read_text(encoding="utf-8"))
    if sum(depths) != column(rows, "target_territory")[0]:
        raise EngineError("riker hybcap did not give the depth of every base")
    return Capture(bases=depths, on=on, near=near, off=off, **dropout)


def read_depths(text: str) -> list[int]:
    """Return the bases at each depth from lines ``depth<tab>bases`` in any order.

    >>> read_depths("2\\t7\\n0\\t1\\n")
    [1, 0, 7]
    """
    rows = [line.split("\t") for line in text.splitlines()]
    counts = {int(depth): int(bases) for depth, bases in rows}
    return [counts.get(depth, 0) for depth in range(max(counts, default=-1) + 1)]
