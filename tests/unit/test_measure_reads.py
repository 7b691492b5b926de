"""Both engines on drawn reads, metric by metric against Picard, samtools and pysam."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysam
import pytest
from tests.unit.drawn_reads import ASSEMBLY, TARGETS, draw

from schelde.callers.tools import Machine
from schelde.joblog import JobError
from schelde.measure.picard import interval_lines
from schelde.measure.reads import ReadFiles, ReadOutput, ReadTask, measure_reads
from schelde.measure.riker import read_depths
from schelde.panel import read_panel
from schelde.pileup import MPILEUP_OPTIONS, read_pileup
from schelde.pipes import ToolError

ONLY_COUNTED = 0xB00
"""Flags of reads that coverage leaves out by GA4GH's definition. Picard leaves out those that
failed the vendor's checks and secondary ones, but counts supplementary ones."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> ReadFiles:
    need("samtools")
    return draw(tmp_path_factory.mktemp("drawn"))


def measured(engine: str, files: ReadFiles, folder: Path, *, paired: bool = True) -> ReadOutput:
    output = ReadOutput(folder / "stats.txt", folder / "reads.json", folder / "panel.tsv.gz")
    machine = Machine(threads=2, memory_mb=1500, scratch=folder, log=folder / "log")
    measure_reads(ReadTask("S1", ASSEMBLY, engine, paired), files, machine, output)
    return output


def found(output: ReadOutput) -> dict[str, Any]:
    return dict(json.loads(output.metrics.read_text()))


def panel_rows(output: ReadOutput) -> list[dict[str, str]]:
    with gzip.open(output.panel_counts, "rt") as table:
        return list(csv.DictReader(table, delimiter="\t"))


@pytest.fixture(scope="module")
def riker(
    drawn: ReadFiles, tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]
) -> ReadOutput:
    need("riker")
    return measured("riker", drawn, tmp_path_factory.mktemp("riker"))


@pytest.fixture(scope="module")
def counted(drawn: ReadFiles) -> Path:
    """The reads that coverage counts, by their flags."""
    path = drawn.cram.with_name("counted.bam")
    options = ["--output-fmt", "BAM", "--reference", str(drawn.genome), "-F", str(ONLY_COUNTED)]
    subprocess.run(["samtools", "view", *options, "-o", str(path), str(drawn.cram)], check=True)
    return path


def picard(tool: str, reads: Path, files: ReadFiles, *options: str) -> dict[str, str]:
    """Run a tool of Picard's as a user would; return its one row of metrics."""
    output = reads.with_name(f"{tool}.txt")
    command = ["gatk", "--java-options", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", tool]
    command += ["--INPUT", str(reads), "--REFERENCE_SEQUENCE", str(files.genome)]
    command += ["--OUTPUT", str(output), *options]
    subprocess.run(command, check=True, capture_output=True)
    lines = output.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("## METRICS CLASS"))
    return dict(zip(lines[at + 1].split("\t"), lines[at + 2].split("\t"), strict=False))


def interval_list(bed: Path, files: ReadFiles) -> str:
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    intervals = [(contig, int(start), int(end)) for contig, start, end in rows]
    path = bed.with_suffix(".interval_list")
    header = files.genome.with_suffix(".dict").read_text()
    path.write_text(header + "".join(interval_lines(intervals)))
    return str(path)


def test_coverage_is_that_of_picard_collect_wgs_metrics(
    riker: ReadOutput, drawn: ReadFiles, counted: Path, need: Callable[..., None]
) -> None:
    need("gatk")
    row = picard(
        "CollectWgsMetrics", counted, drawn, "--INTERVALS", interval_list(drawn.autosomes, drawn)
    )
    metrics = found(riker)["metrics"]
    for name in ("mean", "sd", "median", "mad"):
        expected = float(row[f"{name.upper()}_COVERAGE"])
        assert metrics[f"{name}_autosome_coverage"] == pytest.approx(expected, abs=1e-6)
    for depth in (1, 10, 15, 20, 30):
        expected = 100 * float(row[f"PCT_{depth}X"])
        assert metrics[f"pct_autosomes_{depth}x"] == pytest.approx(expected, abs=1e-4)


def test_captures_are_those_of_picard_collect_hs_metrics(
    riker: ReadOutput, drawn: ReadFiles, need: Callable[..., None]
) -> None:
    need("gatk")
    assert drawn.targets is not None
    listed = interval_list(drawn.targets, drawn)
    options = ["--BAIT_INTERVALS", listed, "--TARGET_INTERVALS", listed]
    row = picard("CollectHsMetrics", drawn.cram, drawn, *options)
    metrics = found(riker)["metrics"]
    for name in ("mean_target_coverage", "median_target_coverage", "fold_80_base_penalty"):
        assert metrics[name] == pytest.approx(float(row[name.upper()]), abs=1e-6)
    for depth in (1, 10, 20, 30, 50, 100):
        expected = 100 * float(row[f"PCT_TARGET_BASES_{depth}X"])
        assert metrics[f"pct_target_bases_{depth}x"] == pytest.approx(expected, abs=1e-4)
    aligned = int(row["PF_BASES_ALIGNED"])
    for place in ("on", "near", "off"):
        expected = 100 * int(row[f"{place.upper()}_BAIT_BASES"]) / aligned
        assert metrics[f"pct_{place}_target"] == pytest.approx(expected)
    for kind in ("at", "gc"):
        expected = float(row[f"{kind.upper()}_DROPOUT"])
        assert metrics[f"target_{kind}_dropout"] == pytest.approx(expected, abs=0.005)


def test_the_yield_is_that_of_picard_collect_quality_yield_metrics(
    riker: ReadOutput, drawn: ReadFiles, need: Callable[..., None]
) -> None:
    need("gatk")
    row = picard("CollectQualityYieldMetrics", drawn.cram, drawn)
    assert found(riker)["metrics"]["yield_bp_q30"] == int(row["PF_Q30_BASES"])


def test_the_unique_yield_is_without_duplicates_and_failed_reads(
    riker: ReadOutput, drawn: ReadFiles
) -> None:
    with pysam.AlignmentFile(str(drawn.cram), reference_filename=str(drawn.genome)) as reads:
        bases = sum(
            quality >= 30
            for read in reads.fetch(until_eof=True)
            if not read.flag & 0xF00
            for quality in read.query_qualities or []
        )
    assert found(riker)["metrics"]["yield_bp_q30_unique"] == bases


def test_the_kept_text_is_that_of_samtools_stats_on_the_cram(
    riker: ReadOutput, drawn: ReadFiles
) -> None:
    command = ["samtools", "stats", "--reference", str(drawn.genome), str(drawn.cram)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in text.splitlines() if not line.startswith("# The command line")]
    assert riker.stats.read_text().splitlines() == lines


def test_shares_of_reads_are_those_that_samtools_view_counts(
    riker: ReadOutput, drawn: ReadFiles
) -> None:
    def count(*flags: str) -> int:
        command = ["samtools", "view", "--count", "--reference", str(drawn.genome), *flags]
        done = subprocess.run([*command, str(drawn.cram)], capture_output=True, check=True)
        return int(done.stdout)

    metrics = found(riker)["metrics"]
    primary = count("-F", "0x900")
    assert metrics["pct_reads_mapped"] == 100 * count("-F", "0x904") / primary
    proper = count("-f", "0x2", "-F", "0x900")
    assert metrics["pct_reads_properly_paired"] == 100 * proper / primary
    duplicates = count("-f", "0x400", "-F", "0x104")  # samtools counts supplementary ones here
    assert metrics["pct_duplicates"] == 100 * duplicates / count("-F", "0x904")


def test_counts_at_the_panel_are_those_of_a_pileup_of_the_whole_cram(
    riker: ReadOutput, drawn: ReadFiles
) -> None:
    assert drawn.panel is not None
    panel = read_panel(drawn.panel)
    command = ["samtools", "mpileup", *MPILEUP_OPTIONS, "--positions", f"{drawn.panel}.bed"]
    command += ["--fasta-ref", str(drawn.genome), str(drawn.cram)]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    expected = read_pileup(text.splitlines(), panel)
    rows = panel_rows(riker)
    assert [int(row["ref_count"]) for row in rows] == expected.ref_counts.tolist()
    assert [int(row["alt_count"]) for row in rows] == expected.alt_counts.tolist()
    assert sum(expected.depth.tolist()) > 10 * len(panel)


def test_the_histogram_of_targets_counts_every_base_of_them(riker: ReadOutput) -> None:
    assert sum(found(riker)["target_histogram"]) == sum(end - start for _, start, end in TARGETS)


@pytest.mark.slow  # htsjdk waits a minute for a pool of threads after CollectGcBiasMetrics
def test_both_engines_find_the_same(
    drawn: ReadFiles, counted: Path, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("riker", "gatk")
    subprocess.run(["samtools", "index", str(counted)], check=True)
    files = replace(drawn, cram=counted)
    outputs = {}
    for engine in ("riker", "picard"):
        (tmp_path / engine).mkdir()
        outputs[engine] = found(measured(engine, files, tmp_path / engine))
    ours, theirs = outputs["riker"], outputs["picard"]
    assert ours.keys() == theirs.keys()
    for name, value in ours["metrics"].items():
        # By a base, see GcBin: much on 34 kb, and a thousandth on 10 Mb. Those of targets riker
        # rounds.
        error = 0.6 if name.endswith("dropout") else 1e-12
        assert value == pytest.approx(theirs["metrics"][name], abs=error), name
    for name in ours.keys() - {"metrics", "engine", "gc_bias"}:
        assert ours[name] == theirs[name], name
    assert [gc for gc, _ in ours["gc_bias"]] == [gc for gc, _ in theirs["gc_bias"]]


def test_without_targets_regions_and_panel_their_numbers_are_absent(
    drawn: ReadFiles, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("riker")
    files = replace(drawn, targets=None, regions=None, panel=None)
    output = measured("riker", files, tmp_path)
    document = found(output)
    absent = ("mean_target_coverage", "mean_regions_coverage", "panel_call_rate")
    assert [document["metrics"][name] for name in absent] == [None, None, None]
    assert document["target_histogram"] is None
    assert document["contamination"] is None
    assert panel_rows(output) == []


def test_a_cram_that_breaks_off_is_an_error_and_leaves_no_output(
    drawn: ReadFiles, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("riker")
    broken = tmp_path / "broken.cram"
    whole = drawn.cram.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((ToolError, JobError)):
        measured("riker", replace(drawn, cram=broken), tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_depths_that_no_base_has_are_zeros_in_the_histogram() -> None:
    assert read_depths("3\t1\n1\t5\n") == [0, 5, 0, 1]
    assert read_depths("") == []


def test_reads_without_mates_count_for_coverage_where_there_are_no_pairs(
    drawn: ReadFiles, need: Callable[..., None], tmp_path: Path
) -> None:
    need("riker", "samtools")
    single = tmp_path / "single.bam"
    with (
        pysam.AlignmentFile(str(drawn.cram), reference_filename=str(drawn.genome)) as reads,
        pysam.AlignmentFile(str(single), "wb", template=reads) as written,
    ):
        for read in reads:
            read.flag &= ~0xEB  # nothing of mates
            written.write(read)
    pysam.index(str(single))
    files = replace(drawn, cram=single)
    for paired, covered in ((True, False), (False, True)):
        folder = tmp_path / str(paired)
        folder.mkdir()
        metrics = found(measured("riker", files, folder, paired=paired))["metrics"]
        assert (metrics["mean_autosome_coverage"] > 1) is covered
