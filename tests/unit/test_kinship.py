from __future__ import annotations

import csv
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from schelde.kinship import MIN_HETEROZYGOUS, Relation, kinship_of, relation_of

SITES = 5_000
NAMES = (
    *("father", "mother", "son", "daughter", "twin", "stranger", "half brother", "wife"),
    *("grandchild", "other wife", "other grandchild"),
)


def _founder(draw: np.random.Generator, frequency: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return two strands, shape (2, sites)."""
    return (draw.random((2, len(frequency))) < frequency).astype(np.int8)


def _child(draw: np.random.Generator, *parents: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the strands of a child; neighbouring sites recombine once in 50."""
    sites = parents[0].shape[1]
    strands = []
    for parent in parents:
        crossed = np.cumsum(draw.random(sites) < 0.02) + draw.integers(2)
        strands.append(parent[crossed % 2, np.arange(sites)])
    return np.array(strands)


def _wrong(draw: np.random.Generator, row: NDArray[np.int8], share: float) -> NDArray[np.int8]:
    """Return a row with this share of genotypes one copy off, and as many not called."""
    row = row.copy()
    off = draw.random(len(row)) < share
    row[off] = np.where(row[off] == 1, 2, 1)
    row[draw.random(len(row)) < share] = -1
    return row


@pytest.fixture(scope="module")
def family() -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    draw = np.random.default_rng(4)
    frequency = draw.uniform(0.1, 0.9, SITES)
    father, mother, stranger, wife, other_wife = (_founder(draw, frequency) for _ in range(5))
    son, daughter, grown = (_child(draw, father, mother) for _ in range(3))
    half_brother = _child(draw, stranger, mother)
    people = [
        *(father, mother, son, daughter, son, stranger, half_brother, wife),
        *(_child(draw, grown, wife), other_wife, _child(draw, son, other_wife)),
    ]
    rows = [_wrong(draw, strands.sum(axis=0).astype(np.int8), 0.002) for strands in people]
    return np.array(rows), frequency


@pytest.mark.parametrize(
    ("first", "second", "expected", "relation"),
    [
        ("son", "twin", 0.5, Relation.DUPLICATE),
        ("father", "son", 0.25, Relation.PARENT_CHILD),
        ("mother", "half brother", 0.25, Relation.PARENT_CHILD),
        ("son", "daughter", 0.25, Relation.SIBLINGS),
        ("son", "half brother", 0.125, Relation.SECOND),
        ("father", "grandchild", 0.125, Relation.SECOND),
        ("son", "grandchild", 0.125, Relation.SECOND),  # uncle
        ("grandchild", "other grandchild", 0.0625, Relation.THIRD),  # cousins
        ("father", "mother", 0.0, Relation.UNRELATED),
        ("stranger", "daughter", 0.0, Relation.UNRELATED),
    ],
)
def test_a_simulated_family_falls_into_its_degrees(family, first, second, expected, relation):
    found = kinship_of(*family).pair(NAMES.index(first), NAMES.index(second))
    assert found.kinship == pytest.approx(expected, abs=0.03)
    assert found.relation is relation


def test_strangers_are_opposite_homozygotes_as_often_as_frequencies_say(family):
    found = kinship_of(*family).pair(NAMES.index("father"), NAMES.index("mother"))
    assert found.ibs0_ratio == pytest.approx(1, abs=0.15)


def test_the_standard_error_is_the_spread_over_repeated_draws():
    draw = np.random.default_rng(1)
    frequency = np.full(2_000, 0.4)
    rows = np.array([_founder(draw, frequency).sum(axis=0) for _ in range(40)], dtype=np.int8)
    found = kinship_of(rows, frequency)
    pairs = np.triu_indices(40, k=1)
    spread = float(found.kinship[pairs].std())
    assert float(np.mean(found.standard_error[pairs])) == pytest.approx(spread, rel=0.15)


def _pair(first: list[int], second: list[int], times: int = 40):
    rows = np.array([first * times, second * times], dtype=np.int8)
    return kinship_of(rows, np.full(rows.shape[1], 0.5)).pair(0, 1)


def test_kinship_of_equal_heterozygosity_is_that_worked_by_hand():
    # Both heterozygous at 3 sites of 8, opposite at 1, each heterozygous at 4:
    # (3 - 2) / (2 * 4) + 1/2 - (4 + 4) / (4 * 4) = 0.125
    found = _pair([1, 1, 1, 0, 2, 0, 1, 2], [1, 1, 0, 0, 0, 1, 1, 2])
    assert (found.kinship, found.ibs0) == (0.125, 0.125)
    assert (found.sites, found.heterozygous) == (320, 160)


def test_kinship_of_unequal_heterozygosity_is_that_worked_by_hand():
    # Both heterozygous at 2, heterozygous at 4 and 2 of the sites called in both; the last site
    # does not count: 2 / (2 * 2) + 1/2 - (4 + 2) / (4 * 2) = 0.25
    found = _pair([1, 1, 1, 1, 0, 2, 1], [1, 0, 1, 2, 0, 2, -1])
    assert (found.kinship, found.ibs0, found.sites) == (0.25, 0.0, 240)


def test_kinship_is_that_of_counting_site_by_site(family):
    rows, frequency = family
    found = kinship_of(rows, frequency)
    for i, j in ((0, 2), (2, 3), (5, 6)):
        both = [(a, b) for a, b in zip(rows[i], rows[j], strict=True) if a >= 0 and b >= 0]
        shared = sum(pair == (1, 1) for pair in both)
        opposite = sum(pair in ((0, 2), (2, 0)) for pair in both)
        first, second = (sum(pair[k] == 1 for pair in both) for k in (0, 1))
        fewer = min(first, second)
        expected = (shared - 2 * opposite) / (2 * fewer) + 0.5 - (first + second) / (4 * fewer)
        pair = found.pair(i, j)
        assert pair.kinship == pytest.approx(expected, abs=1e-6)
        assert (pair.sites, pair.heterozygous) == (len(both), fewer)
        assert pair.ibs0 == pytest.approx(opposite / len(both))


def test_the_order_of_two_samples_does_not_matter(family):
    found = kinship_of(*family)
    assert found.pair(2, 6) == found.pair(6, 2)


def test_too_few_heterozygous_sites_determine_nothing():
    found = _pair([1, 0], [1, 0], times=MIN_HETEROZYGOUS - 1)
    assert (found.kinship, found.standard_error) == (None, None)
    assert found.relation is Relation.UNDETERMINED
    assert _pair([1, 0], [1, 0], times=MIN_HETEROZYGOUS).relation is Relation.DUPLICATE


def test_heterozygous_sites_side_by_side_determine_nothing():
    ones, zeros = np.ones(40, dtype=np.int8), np.zeros(4_000, dtype=np.int8)
    row = np.concatenate([ones, zeros])
    found = kinship_of(np.array([row, row]), np.full(len(row), 0.5)).pair(0, 1)
    assert (found.heterozygous, found.kinship) == (40, None)
    assert found.relation is Relation.UNDETERMINED


def test_samples_without_a_common_site_are_undetermined():
    found = _pair([1, -1], [-1, 1])
    assert (found.sites, found.ibs0, found.relation) == (0, None, Relation.UNDETERMINED)


def test_a_panel_without_sites_determines_nothing():
    found = kinship_of(np.zeros((2, 0), dtype=np.int8), np.zeros(0))
    assert found.pair(0, 1).relation is Relation.UNDETERMINED
    assert found.related() == []


@pytest.mark.parametrize(
    ("kinship", "relation"),
    [
        (0.355, Relation.DUPLICATE),
        (0.354, Relation.FIRST),
        (0.178, Relation.FIRST),
        (0.177, Relation.SECOND),
        (0.0884, Relation.THIRD),
        (0.0442, Relation.UNRELATED),
        (-0.3, Relation.UNRELATED),
    ],
)
def test_relations_have_the_published_cut_offs(kinship, relation):
    assert relation_of(kinship, None) is relation


@pytest.mark.parametrize(
    ("kinship", "relation"),
    [(0.11, Relation.SECOND), (0.09, Relation.UNDETERMINED), (0.02, Relation.UNRELATED)],
)
def test_a_relation_within_two_standard_errors_of_a_stranger_is_undetermined(kinship, relation):
    assert relation_of(kinship, None, 0.05) is relation


def test_a_thousand_samples_take_seconds():
    draw = np.random.default_rng(2)
    frequency = draw.uniform(0.1, 0.9, 20_000)
    rows = draw.integers(-1, 3, (1_000, 20_000), dtype=np.int8)
    rows[7] = rows[3]
    begin = time.process_time()
    found = kinship_of(rows, frequency)
    assert found.pair(3, 7).relation is Relation.DUPLICATE
    assert time.process_time() - begin < 60


def test_kinship_equals_plink2s_king_robust(
    family: tuple[NDArray[np.int8], NDArray[np.float64]],
    tmp_path: Path,
    need: Callable[..., None],
) -> None:
    need("plink2")
    genotypes, frequency = family
    ours = kinship_of(genotypes, frequency)
    words = {-1: "./.", 0: "0/0", 1: "0/1", 2: "1/1"}
    names = [f"s{number}" for number in range(len(genotypes))]
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=1>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]
    lines.append("\t".join(columns))
    for number, column in enumerate(genotypes.T):
        site = ["1", str(1000 * (number + 1)), ".", "A", "G", ".", ".", ".", "GT"]
        lines.append("\t".join([*site, *(words[int(copies)] for copies in column)]))
    (tmp_path / "people.vcf").write_text("\n".join(lines) + "\n")
    command = ["plink2", "--vcf", "people.vcf", "--make-king-table", "--out", "king"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "king.kin0").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert len(rows) == len(names) * (len(names) - 1) // 2
    for row in rows:
        first, second = (names.index(row[key]) for key in ("#IID1", "IID2"))
        told = ours.pair(first, second)
        assert told.kinship == pytest.approx(float(row["KINSHIP"]), abs=1e-5)
