"""The pair-HMM: against its definition, GATK's vectors, Intel's library, and form against form."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

FORMS = ("plain", "avx2", "avx512", "gpu")
BASES = "ACGT"


@dataclass(frozen=True)
class Pair:
    haplotype: str
    read: str
    quals: str
    insertion: str
    deletion: str

    def __str__(self) -> str:
        return f"{self.haplotype} {self.read} {self.quals} {self.insertion} {self.deletion}"


@dataclass(frozen=True)
class Found:
    sums: list[str]
    likelihoods: list[float]


def phred(text: str) -> list[int]:
    return [ord(one) - 33 for one in text]


def text_of(quals: list[int]) -> str:
    return "".join(chr(one + 33) for one in quals)


def at_least_6(quals: str) -> str:
    return text_of([max(6, one) for one in phred(quals)])


@cache
def defined(pair: Pair, gap: int = 10) -> float:
    """Return the log10 likelihood as native/pairhmm.h defines it, in double precision."""
    g, width = 10 ** (-gap / 10), len(pair.haplotype)
    start = 2.0**1000
    m, i, d = np.zeros(width + 1), np.zeros(width + 1), np.full(width + 1, start / width)
    rows = zip(pair.read, *map(phred, (pair.quals, pair.insertion, pair.deletion)), strict=True)
    for base, q, open_insertion, open_deletion in rows:
        e, a, b = 10 ** (-q / 10), 10 ** (-open_insertion / 10), 10 ** (-open_deletion / 10)
        equal = [base == "N" or other in ("N", base) for other in pair.haplotype]
        p = np.where(equal, 1 - e, e / 3)
        match = np.append(0, p * ((1 - (a + b)) * m[:-1] + (1 - g) * (i[:-1] + d[:-1])))
        insertion = np.append(0, a * m[1:] + g * i[1:])
        deletion = np.zeros(width + 1)
        for j in range(1, width + 1):
            deletion[j] = b * match[j - 1] + g * deletion[j - 1]
        m, i, d = match, insertion, deletion
    return math.log10((m + i).sum()) - math.log10(start)


def random_pair(rng: np.random.Generator, longest: int = 60) -> Pair:
    """Return a read with errors from a haplotype, or, one time in four, from nowhere."""
    haplotype = "".join(
        rng.choice(list("ACGTN"), rng.integers(1, longest), p=(0.24,) * 4 + (0.04,))
    )
    length = int(rng.integers(1, longest))
    start = int(rng.integers(0, len(haplotype)))
    read = (haplotype[start : start + length] or "A") if rng.random() < 0.75 else ""
    read = read or "".join(rng.choice(list(BASES), length))
    read = "".join(rng.choice(list("ACGTN")) if rng.random() < 0.05 else one for one in read)
    qualities = [text_of(rng.integers(low, 46, len(read)).tolist()) for low in (2, 10, 10)]
    return Pair(haplotype, read, *qualities)


def random_pairs(seed: int, count: int, longest: int = 60) -> list[Pair]:
    rng = np.random.default_rng(seed)
    return [random_pair(rng, longest) for _ in range(count)]


def far_off(mismatches: int) -> Pair:
    """Return a read of 140 bases of which some are sure and wrong, as far apart as they can be."""
    haplotype = "".join(np.random.default_rng(6).choice(list(BASES), 160))
    read = list(haplotype[10:150])
    for place in (140 * one // mismatches for one in range(mismatches)):
        read[place] = BASES[(BASES.index(read[place]) + 2) % 4]
    sure, gap = text_of([40] * 140), text_of([45] * 140)
    return Pair(haplotype, "".join(read), sure, gap, gap)


@pytest.fixture(scope="module")
def pair_hmm(driver):
    run = driver("pairhmm")

    def call(pairs: list[Pair], form: str = "best", gap: int = 10) -> Found:
        try:
            text = run("".join(f"{pair}\n" for pair in pairs), form, str(gap))
        except RuntimeError as error:
            if "lacks the instructions" in str(error):
                pytest.skip(f"this processor has no {form}")
            raise
        rows = [line.split() for line in text.splitlines()]
        return Found([row[0] for row in rows], [float(row[1]) for row in rows])

    return call


@pytest.mark.parametrize("form", FORMS)
def test_likelihoods_are_as_defined(pair_hmm, form):
    pairs = random_pairs(1, 150)
    expected = [defined(pair) for pair in pairs]
    np.testing.assert_allclose(pair_hmm(pairs, form).likelihoods, expected, rtol=0, atol=1e-5)


def test_the_gap_continuation_is_used(pair_hmm):
    pairs = random_pairs(2, 30)
    expected = [defined(pair, gap=3) for pair in pairs]
    np.testing.assert_allclose(pair_hmm(pairs, gap=3).likelihoods, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "plain"])
def test_every_form_gives_the_same_bits(pair_hmm, form):
    pairs = [*random_pairs(3, 300, longest=90), *(far_off(wrong) for wrong in range(1, 40))]
    assert pair_hmm(pairs, form) == pair_hmm(pairs, "plain")


def test_optimising_changes_no_bit(pair_hmm, driver):
    pairs = random_pairs(4, 200)
    text = driver("pairhmm", checked=False)("".join(f"{pair}\n" for pair in pairs), "plain", "10")
    assert [line.split()[0] for line in text.splitlines()] == pair_hmm(pairs, "plain").sums


def test_the_company_of_a_pair_changes_no_bit(pair_hmm):
    pairs = random_pairs(5, 100)
    alone = [pair_hmm([pair]).likelihoods[0] for pair in pairs[:10]]
    assert pair_hmm(pairs).likelihoods[:10] == alone
    assert pair_hmm(pairs[::-1]).likelihoods[::-1] == pair_hmm(pairs).likelihoods


def test_the_vectors_of_gatk_are_met(pair_hmm, shared: Path):
    lines = (shared / "data/pairhmm/pairhmm-testdata.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    # GATK's test raises base qualities to 6, and so it must be here.
    pairs = [
        Pair(h, r, text_of([max(6, one) for one in phred(q)]), i, d) for h, r, q, i, d, *_ in rows
    ]
    assert len(pairs) == 104
    assert {phred(row[5])[0] for row in rows} == {10}
    expected = [float(row[6]) for row in rows]
    for form in ("best", "gpu"):
        found = pair_hmm(pairs, form).likelihoods
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_simple_vector_of_intel_is_met(pair_hmm):
    quals = text_of([43] * 4)
    found = pair_hmm([Pair("ACGT", "ACGT", quals, quals, quals)], gap=43).likelihoods
    assert found == pytest.approx([-0.6022797], abs=1e-5)  # GKL, PairHmmUnitTest.simpleTest


def test_n_matches_every_base_in_read_and_haplotype(pair_hmm):
    quals = text_of([30] * 4)
    pairs = [Pair(h, r, quals, quals, quals) for h, r in [("ACGT", "ANGT"), ("ANGT", "ACGT")]]
    plain = pair_hmm([Pair("ACGT", "ACGT", quals, quals, quals)]).likelihoods[0]
    assert pair_hmm(pairs).likelihoods == pytest.approx([plain, plain], abs=0.01)


def test_a_read_may_be_longer_than_the_haplotype(pair_hmm):
    quals = text_of([30] * 20)
    pair = Pair("A", "A" * 20, quals, quals, quals)
    assert pair_hmm([pair]).likelihoods == pytest.approx([defined(pair)], abs=1e-5)


def test_no_pairs_are_no_likelihoods(pair_hmm):
    for form in ("best", "plain", "gpu"):
        assert pair_hmm([], form).likelihoods == []


def test_a_read_without_bases_is_refused(pair_hmm):
    with pytest.raises(RuntimeError, match="a read or a haplotype has no bases"):
        pair_hmm([Pair("ACGT", "-", "-", "-", "-")])


@pytest.mark.parametrize("wrong", [14, 16, 20, 40])
def test_what_is_too_small_for_single_precision_is_exact_all_the_same(pair_hmm, wrong):
    pair = far_off(wrong)
    found = pair_hmm([pair])
    # Below 1e-28, where rounding to single precision would show, and from double precision.
    assert all(float.fromhex(one) < 1e-28 for one in pair_hmm([pair], "plain").sums)
    assert found.likelihoods == pytest.approx([defined(pair)], abs=1e-9)


def test_a_likelihood_is_finite_even_if_double_precision_cannot_tell_it(pair_hmm):
    # Not even one insertion of the whole read, at a phred of 10 for each base, is likelier.
    quals = text_of([60] * 700)
    pair = Pair("A" * 700, "C" * 700, quals, quals, quals)
    assert -700 < pair_hmm([pair]).likelihoods[0] < -600


# ---- Intel's library, which GATK ships


@pytest.fixture(scope="module")
def gkl(need):
    """Give the likelihoods that Intel's GKL works out for pairs."""
    need("gatk", "java", "javac")
    options = Path(shutil.which("gatk") or "").parents[1] / "gatk.options"  # holds the class path

    def call(pairs: list[Pair], gap: int = 10) -> list[float]:
        windows = "".join(
            f"R {pair.read} {pair.quals} {pair.insertion} {pair.deletion}\nH {pair.haplotype}\n.\n"
            for pair in pairs
        )
        command = ["java", f"@{options}", str(Path(__file__).with_name("Gkl.java")), str(gap), "1"]
        done = subprocess.run(command, input=windows, capture_output=True, text=True)
        if "does not load" in done.stderr:
            pytest.skip("GKL does not load on this machine")
        assert done.returncode == 0, done.stderr
        return [float(line) for line in done.stdout.split()]

    return call


def test_likelihoods_are_those_of_intel(pair_hmm, gkl):
    pairs = [*random_pairs(7, 300, longest=300), *(far_off(wrong) for wrong in (10, 14, 20, 30))]
    for gap in (10, 6):
        expected, found = gkl(pairs, gap), pair_hmm(pairs, gap=gap).likelihoods
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
