"""Metrics of reads, by the ids of resources/metrics.yaml, from what the tools counted.

Every function gives the same ids whatever it is given: None is a number that does not exist.
Nothing is rounded here. Percent run from 0 to 100.
"""

from __future__ import annotations

from schelde.measure import depths
from schelde.measure.collected import Capture, Collected, dropout
from schelde.measure.stats import ReadStats

Metrics = dict[str, float | int | str | None]

AUTOSOME_DEPTHS = (1, 10, 15, 20, 30)
TARGET_DEPTHS = (1, 10, 20, 30, 50, 100)

FOLD_80 = 0.2
"""Share of target bases below the depth that the fold-80 penalty divides the mean by."""


def read_metrics(stats: ReadStats, of_duplicates: int, of_failed: int) -> Metrics:
    """Return what ``samtools stats`` tells of primary reads.

    Shares of all reads as in GA4GH's reference implementation (c-BIG/NPM-sample-qc v0.13.5), not
    from samtools' own percentage, which has one decimal. Its ``reads duplicated`` has the few
    supplementary ones too. ``of_duplicates`` and ``of_failed``: bases of quality 30 and more in
    duplicates (PF) and in reads that failed the vendor's checks, which yields leave out. Raises
    `StatsError` when a line is absent.
    """
    paired = stats.number("reads paired")
    # samtools writes 0 where it saw no pair on one contig.
    insert = stats.number("insert size average") or None
    yielded = stats.q30_bases - of_failed
    errors = 100 * stats.number("error rate") if stats.number("bases mapped (cigar)") else None
    return {
        "yield_bp_q30": yielded,
        "yield_bp_q30_unique": yielded - of_duplicates,
        "pct_reads_mapped": stats.percent("reads mapped", "sequences"),
        "pct_reads_properly_paired": (
            stats.percent("reads properly paired", "sequences") if paired else None
        ),
        "mean_insert_size": insert,
        "insert_size_std_deviation": (
            stats.number("insert size standard deviation") if insert else None
        ),
        "pct_duplicates": stats.percent("reads duplicated", "reads mapped"),
        "error_rate_percent": errors,
    }


def coverage_metrics(found: Collected) -> Metrics:
    """Return depth of the autosomes without gaps (Picard CollectWgsMetrics) and GC bias.

    Dropouts are those of Picard CollectGcBiasMetrics.
    """
    metrics: Metrics = {
        "mean_autosome_coverage": depths.mean(found.bases),
        "sd_autosome_coverage": depths.deviation(found.bases),
        "median_autosome_coverage": depths.median(found.bases),
        "mad_autosome_coverage": depths.absolute_deviation(found.bases),
        "at_dropout": dropout(found.gc, 0, 50),
        "gc_dropout": dropout(found.gc, 50, 100),
    }
    for depth in AUTOSOME_DEPTHS:
        metrics[f"pct_autosomes_{depth}x"] = depths.percent_at(found.bases, depth)
    return metrics


def target_metrics(capture: Capture | None) -> Metrics:
    """Return what Picard CollectHsMetrics tells of targets that are the baits too."""
    bases = capture.bases if capture else []
    fifth = depths.quantile(bases, FOLD_80)
    middle = depths.mean(bases)
    metrics: Metrics = {
        "mean_target_coverage": middle,
        "median_target_coverage": depths.median(bases),
        "fold_80_base_penalty": middle / fifth if middle and fifth else None,
        "pct_on_target": None,
        "pct_near_target": None,
        "pct_off_target": None,
        "target_at_dropout": capture.at_dropout if capture else None,
        "target_gc_dropout": capture.gc_dropout if capture else None,
    }
    for depth in TARGET_DEPTHS:
        metrics[f"pct_target_bases_{depth}x"] = depths.percent_at(bases, depth)
    aligned = capture.on + capture.near + capture.off if capture else 0
    if capture and aligned:
        metrics["pct_on_target"] = 100 * capture.on / aligned
        metrics["pct_near_target"] = 100 * capture.near / aligned
        metrics["pct_off_target"] = 100 * capture.off / aligned
    return metrics


def region_metrics(capture: Capture | None) -> Metrics:
    """Return the depth of the regions that a programme asks for, counted as that of targets."""
    bases = capture.bases if capture else []
    return {
        "mean_regions_coverage": depths.mean(bases),
        "pct_regions_20x": depths.percent_at(bases, 20),
    }
