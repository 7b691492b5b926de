from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from schelde.assembly import Assembly
from schelde.karyotype import (
    GENOME_WINDOWS,
    MIN_SITES,
    WINDOW_LENGTH,
    DepthError,
    chosen_windows,
    depth_ratios,
    karyotype_of,
    measure_sex,
    spread,
    upper_quartile,
    window_depths,
    x_heterozygosity,
)
from schelde.panel import Panel
from schelde.pileup import Genotypes

ASSEMBLY = Assembly(
    name="tiny", autosomes=("1",), x="X", y="Y", par={"X": ((0, 5_000),), "Y": ((0, 5_000),)}
)
LENGTHS = {"1": 40_000, "X": 35_000, "Y": 25_000}


@pytest.mark.parametrize(
    ("x", "y", "heterozygosity", "sites", "name", "sex"),
    [
        (1.00, 0.00, 1.00, 900, "XX", "female"),
        (0.50, 0.50, 0.01, 900, "XY", "male"),
        (0.49, 0.27, 0.03, 900, "XY", "male"),  # an exome that reaches half of Y
        (0.50, 0.00, 0.01, 900, "X0", "female"),
        (1.00, 0.50, 0.98, 900, "XXY", "male"),
        (0.50, 1.00, 0.00, 900, "XYY", "male"),
        (1.50, 0.00, 1.45, 900, "XXX", "female"),
        (1.00, 1.00, 1.00, 900, "XXYY", "male"),
        (1.00, 0.02, None, 0, "XX", "female"),
        (1.00, 0.02, 0.0, MIN_SITES - 1, "XX", "female"),  # too few sites to contradict
        (0.72, 0.00, 1.00, 900, None, "unknown"),
        (0.50, 0.15, 0.00, 900, None, "unknown"),
        (0.20, 0.50, 0.00, 900, None, "unknown"),
        (1.00, 0.00, 0.02, 900, None, "unknown"),
        (0.50, 0.50, 0.90, 900, None, "unknown"),
        (None, 0.50, None, 0, None, "unknown"),
        (1.00, None, 1.00, 900, None, "unknown"),
    ],
)
def test_a_karyotype_is_named_only_when_depth_is_clear_and_heterozygosity_agrees(
    x, y, heterozygosity, sites, name, sex
):
    found = karyotype_of(x, y, heterozygosity, sites)
    assert (found.name, found.sex) == (name, sex)
    assert (found.note is None) == (name is not None)


@pytest.mark.parametrize(
    ("x", "y", "heterozygosity", "note"),
    [
        (0.72, 0.0, 1.0, "depth of X is 0.72 of the autosomes, between 1 and 2 copies"),
        (0.20, 0.5, 0.0, "depth of X is 0.20 of the autosomes, fewer than 1 copy"),
        (0.50, 1.9, 0.0, "depth of Y is 1.90 of the autosomes, above 2 copies"),
        (
            *(1.0, 0.0, 0.02),
            "by depth XX, but X has 0.02 of the heterozygous sites "
            "that two copies have (900 sites)",
        ),
    ],
)
def test_an_unclear_karyotype_says_why(x, y, heterozygosity, note):
    assert karyotype_of(x, y, heterozygosity, 900).note == note


def test_windows_of_a_genome_are_few_and_spread_from_end_to_end():
    regions = [("1", 0, 100_000_000), ("2", 0, 50_000_000)]
    windows = spread(regions, 300)
    starts = [start for contig, start, _ in windows if contig == "1"]
    assert len(windows) == 300
    assert {end - start for _, start, end in windows} == {WINDOW_LENGTH}
    assert len(starts) == 200
    assert {b - a for a, b in pairwise(starts)} == {500_000}


def test_windows_leave_out_par_and_long_gaps_and_cover_all_else_of_small_contigs():
    gaps = [("1", 10_000, 20_000)]
    autosomes, x, y = chosen_windows(ASSEMBLY, LENGTHS, gaps, None)
    assert sum(end - start for _, start, end in autosomes) == 30_000
    assert not any(10_000 <= start < 20_000 for _, start, _ in autosomes)
    assert (x[0][1], x[-1][2]) == (5_000, 35_000)
    assert y == [("Y", 5_000, 15_000), ("Y", 15_000, 25_000)]


def test_windows_of_an_exome_are_its_targets_outside_par():
    targets = [("1", 5, 9), ("X", 4_990, 5_010), ("Y", 100, 200)]
    parts = chosen_windows(ASSEMBLY, LENGTHS, [], targets)
    assert parts == ([("1", 5, 9)], [("X", 5_000, 5_010)], [])


def test_windows_of_grch38_are_at_most_those_stated():
    lengths = {"chr1": 248_956_422, "chrX": 156_040_895, "chrY": 57_227_415}
    assembly = Assembly("GRCh38", ("chr1",), "chrX", "chrY", par={"chrX": ((10_000, 2_781_479),)})
    assert tuple(map(len, chosen_windows(assembly, lengths, [], None))) == GENOME_WINDOWS


def test_an_assembly_without_y_has_no_karyotype(alignment, log):
    assembly = Assembly(name="no Y", autosomes=("1",), x="X")
    found = measure_sex(alignment, assembly, LENGTHS, [], None, log=log)
    assert (found.y_depth, found.karyotype, found.sex) == (None, None, "unknown")


def test_a_quarter_of_the_bases_lie_in_windows_above_the_upper_quartile():
    windows = [("1", start, start + 100) for start in range(0, 800, 100)]
    assert upper_quartile(windows, [0, 0, 0, 0, 9, 10, 11, 500]) == 10
    assert upper_quartile([], []) is None


def test_windows_count_by_their_length():
    windows = [("1", 0, 90), ("1", 100, 105), ("1", 200, 205)]
    assert upper_quartile(windows, [10, 50, 60]) == 10


@pytest.mark.parametrize(
    ("bases", "windows", "fewest", "expected"),
    [(2_500, 1, 1, 0.5), (2_400, 1, 1, None), (9_000, 19, 20, None), (9_000, 20, 20, 0.5)],
)
def test_too_little_of_x_gives_no_ratio(bases, windows, fewest, expected):
    x = [("X", 0, bases // windows)] * windows
    parts = ([("1", 0, 100_000)] * 20, x, x)
    assert depth_ratios(parts, (20.0, 10.0, 10.0), fewest) == (expected, expected)


def test_no_depth_gives_no_ratio():
    parts = ([("1", 0, 100_000)], [("X", 0, 100_000)], [("Y", 0, 100_000)])
    assert depth_ratios(parts, (0.0, 0.0, 0.0), 1) == (None, None)


def _panel(contigs: list[str], positions: list[int], frequency: list[float]) -> Panel:
    count = len(contigs)
    return Panel(
        *(tuple(contigs), np.array(positions, dtype=np.int32), ("A",) * count, ("C",) * count),
        *(np.array(frequency), np.zeros((count, 0))),
    )


def test_heterozygosity_is_that_of_called_sites_of_x_outside_par_over_hardy_weinberg():
    panel = _panel(
        ["1", "X", "X", "X", "X", "X", "Y"],
        [50, 5_000, 5_001, 6_000, 7_000, 8_000, 9_000],
        [0.5, 0.5, 0.5, 0.1, 0.5, 0.5, 0.5],
    )
    genotype = np.array([1, 1, 1, 0, 1, -1, 1], dtype=np.int8)
    # Outside PAR, with a genotype: 5,001 (0.5), 6,000 (0.18) and 7,000 (0.5); two heterozygous.
    found, sites = x_heterozygosity(panel, genotype, ASSEMBLY)
    assert found == pytest.approx(2 / 1.18)
    assert sites == 3


def test_no_called_site_of_x_has_no_heterozygosity():
    found = x_heterozygosity(_panel(["1"], [5], [0.5]), np.array([1], dtype=np.int8), ASSEMBLY)
    assert found == (None, 0)


def _sam() -> Iterator[str]:
    """Yield 20x on the autosome, 10x on X and Y outside PAR, and reads that must not count."""
    yield "@HD\tVN:1.6\tSO:coordinate"
    for contig, length in LENGTHS.items():
        yield f"@SQ\tSN:{contig}\tLN:{length}"
    for contig, step in (("1", 5), ("X", 10), ("Y", 10)):
        for position in range(1, LENGTHS[contig] - 99, step):
            flags = [(0, 60)]
            if position <= 4_800 and contig != "1":
                flags += [(0, 60)] * 5  # in PAR
            if position % 50 == 1:  # duplicate, supplementary, secondary, QC-fail, ambiguous
                flags += [(1024, 60), (2048, 60), (256, 60), (512, 60), (0, 19)]
            for flag, quality in flags:
                fields = ("r", flag, contig, position, quality, "100M", "*", 0, 0, "A" * 100, "*")
                yield "\t".join(map(str, fields))


@pytest.fixture
def log(tmp_path) -> Iterator[IO[bytes]]:
    with (tmp_path / "log").open("wb") as file:
        yield file


@pytest.fixture(scope="module")
def alignment(need, tmp_path_factory) -> Path:
    need("samtools")
    cram = tmp_path_factory.mktemp("karyotype") / "s.cram"
    text = "".join(f"{line}\n" for line in _sam()).encode()
    options = ["--output-fmt-option", "no_ref=1", "--write-index"]
    subprocess.run(
        ["samtools", "view", "-C", *options, "-o", str(cram), "-"],
        input=text,
        check=True,
        capture_output=True,
    )
    return cram


def test_depth_counts_placed_primary_reads_once(alignment, log):
    windows = [("1", 10_000, 20_000), ("X", 10_000, 12_000), ("Y", 8_000, 8_010)]
    assert window_depths(alignment, windows, log) == [20, 10, 10]


def test_depth_is_that_of_samtools_depth(alignment, log):
    window = ("1", 39_500, 40_000)
    done = subprocess.run(
        ["samtools", "depth", "-a", "-Q", "20", "-G", "0x800", "-r", "1:39501-40000", alignment],
        check=True,
        capture_output=True,
        text=True,
    )
    depths = [int(line.split("\t")[2]) for line in done.stdout.splitlines()]
    assert window_depths(alignment, [window], log) == [sum(depths) / 500]


def test_a_man_is_found_from_his_alignments_and_heterozygosity(alignment, log):
    panel = _panel(["X"] * 60, list(range(6_000, 6_060)), [0.5] * 60)
    zeros = np.zeros(60, dtype=np.int8)
    called = Genotypes(zeros, zeros.astype(np.int16), zeros.astype(np.int32))
    found = measure_sex(alignment, ASSEMBLY, LENGTHS, [], None, panel, called, log=log)
    assert (found.karyotype, found.sex, found.note) == ("XY", "male", None)
    assert (found.x_ratio, found.y_ratio) == pytest.approx((0.5, 0.5), abs=0.01)
    assert (found.x_heterozygosity, found.x_sites) == (0.0, 60)


def test_a_window_outside_the_reference_is_an_error(alignment, log):
    with pytest.raises(DepthError, match="bedcov"):
        window_depths(alignment, [("2", 0, 10)], log)
