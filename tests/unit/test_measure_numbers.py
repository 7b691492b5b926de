"""Metrics made of what tools counted: hand-worked numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.measure.collected import (
    Capture,
    Collected,
    EngineError,
    GcBin,
    column,
    normalised_coverage,
    read_table,
)
from schelde.measure.numbers import coverage_metrics, read_metrics, region_metrics, target_metrics
from schelde.measure.stats import StatsError, keep_stats, read_stats

HEAD = "# This file was produced by samtools stats (1.16.1+htslib-1.16)\n"
LINES = {
    "sequences": "200",
    "reads mapped": "190",
    "reads paired": "200",
    "reads duplicated": "19",
    "reads QC failed": "0",
    "bases mapped (cigar)": "18000",
    "error rate": "5.000000e-03",
    "insert size average": "301.4",
    "insert size standard deviation": "55.1",
    "reads properly paired": "183",
}
QUALITIES = [*(["1"] * 30), "40", "2"]


def stats_text(**changed: str) -> str:
    given = LINES | {name.replace("_", " "): value for name, value in changed.items()}
    summary = "".join(f"SN\t{name}:\t{value}\t# a comment\n" for name, value in given.items())
    cycles = "".join(f"{kind}\t1\t" + "\t".join(QUALITIES) + "\n" for kind in ("FFQ", "LFQ"))
    return f"{HEAD}{summary}{cycles}IS\t300\t7\t7\t0\t0\nIS\t301\t0\t0\t0\t0\n"


def test_shares_of_reads_are_percentages_as_ga4ghs_reference_has_them() -> None:
    metrics = read_metrics(read_stats(stats_text().splitlines()), 0, 0)
    assert metrics["pct_reads_mapped"] == 95
    assert metrics["pct_reads_properly_paired"] == 91.5
    assert metrics["pct_duplicates"] == 10
    assert metrics["error_rate_percent"] == 0.5
    assert (metrics["mean_insert_size"], metrics["insert_size_std_deviation"]) == (301.4, 55.1)


def test_bases_of_quality_30_count_in_both_ends_but_not_where_the_vendors_check_failed() -> None:
    stats = read_stats(stats_text().splitlines())
    assert stats.q30_bases == 84
    metrics = read_metrics(stats, of_duplicates=9, of_failed=5)
    assert (metrics["yield_bp_q30"], metrics["yield_bp_q30_unique"]) == (79, 70)


def test_insert_sizes_without_pairs_are_left_out() -> None:
    assert read_stats(stats_text().splitlines()).insert_sizes == [(300, 7)]


def test_single_end_reads_have_neither_pairs_nor_insert_sizes() -> None:
    text = stats_text(reads_paired="0", insert_size_average="0.0")
    metrics = read_metrics(read_stats(text.splitlines()), 0, 0)
    assert metrics["pct_reads_properly_paired"] is None
    assert metrics["mean_insert_size"] is None
    assert metrics["insert_size_std_deviation"] is None


def test_no_reads_at_all_have_no_shares() -> None:
    nothing = {"sequences": "0", "reads_mapped": "0", "bases_mapped_(cigar)": "0"}
    metrics = read_metrics(read_stats(stats_text(**nothing).splitlines()), 0, 0)
    names = ("pct_reads_mapped", "pct_duplicates", "error_rate_percent")
    assert [metrics[name] for name in names] == [None, None, None]


def test_the_command_line_is_taken_out_of_the_text_that_is_kept(tmp_path: Path) -> None:
    (tmp_path / "found").write_text(f"{HEAD}# The command line was:  stats -\n{stats_text()}")
    keep_stats(tmp_path / "found", tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == f"{HEAD}{stats_text()}"


@pytest.mark.parametrize("text", ["", "SN\tsequences:\t7\n"])
def test_a_text_without_the_numbers_is_refused(text: str) -> None:
    with pytest.raises(StatsError):
        read_metrics(read_stats(text.splitlines()), 0, 0)


def test_depth_of_the_autosomes_is_read_from_its_histogram() -> None:
    bases = [10, 0, *([0] * 13), 60, 0, 0, 0, 0, 30]  # at depths 0, 15 and 20
    metrics = coverage_metrics(Collected(bases, [], {}))
    assert metrics["mean_autosome_coverage"] == 15
    assert metrics["median_autosome_coverage"] == 15
    assert metrics["mad_autosome_coverage"] == 0
    assert [metrics[f"pct_autosomes_{d}x"] for d in (1, 15, 20, 30)] == [90, 90, 30, 0]


def test_dropouts_are_what_reads_lack_of_the_windows_below_and_above_half_gc() -> None:
    bins = [GcBin(30, 50, 20), GcBin(50, 25, 50), GcBin(60, 25, 30)]
    metrics = coverage_metrics(Collected([], bins, {}))
    assert (metrics["at_dropout"], metrics["gc_dropout"]) == (30, 0)
    assert normalised_coverage(bins) == [(30, 0.4), (50, 2.0), (60, 1.2)]


def test_without_reads_there_is_no_gc_bias() -> None:
    bins = [GcBin(30, 50, 0)]
    assert coverage_metrics(Collected([], bins, {}))["at_dropout"] is None
    assert normalised_coverage(bins) == []


def test_reads_of_an_exome_are_on_near_and_off_target() -> None:
    capture = Capture([1, 0, 0, 0, 9], on=60, near=30, off=10, at_dropout=1.5, gc_dropout=2.5)
    metrics = target_metrics(capture)
    places = [metrics[f"pct_{place}_target"] for place in ("on", "near", "off")]
    assert places == [60, 30, 10]
    assert metrics["mean_target_coverage"] == 3.6
    assert metrics["fold_80_base_penalty"] == 0.9
    assert metrics["pct_target_bases_1x"] == 90


def test_where_a_fifth_of_the_targets_has_no_reads_there_is_no_fold_80_penalty() -> None:
    capture = Capture([2, 8], on=1, near=0, off=0, at_dropout=0, gc_dropout=0)
    assert target_metrics(capture)["fold_80_base_penalty"] is None


def test_a_whole_genome_has_every_metric_of_an_exome_as_none() -> None:
    given = Capture([0, 1], on=1, near=1, off=1, at_dropout=0, gc_dropout=0)
    assert target_metrics(None) == dict.fromkeys(target_metrics(given))
    assert region_metrics(None) == dict.fromkeys(region_metrics(given))


def test_a_table_of_picards_begins_after_its_mark_and_ends_before_an_empty_line(
    tmp_path: Path,
) -> None:
    table = tmp_path / "metrics.txt"
    table.write_text("## htsjdk\n\n## METRICS CLASS\tX\nA\tB\n1\t\n\n## HISTOGRAM\tint\nC\n2\n3\n")
    assert read_table(table, after="## METRICS CLASS") == [{"A": "1", "B": ""}]
    assert column(read_table(table, after="## HISTOGRAM"), "C") == [2, 3]


def test_a_table_that_is_absent_or_lacks_a_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="was not written"):
        read_table(tmp_path / "absent")
    with pytest.raises(EngineError, match="'depth'"):
        column([{"bases": "1"}], "depth")
