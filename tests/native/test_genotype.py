"""Calls from likelihoods, and what they say of their reads; genotype.cc drives it."""

from __future__ import annotations

import itertools
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

REFERENCE = "ACGTTGCATTTTTTTTGACCATGGCA"
START = 100
GOOD, BAD = -1.0, -5.5
Run = Callable[[str], str]
Call = dict[str, Any]


@pytest.fixture(scope="module")
def run(driver: Callable[[str], Run]) -> Run:
    return driver("genotype")


@dataclass
class Region:
    """A region of the reference from 100 on, its reads as likelihoods of its haplotypes."""

    variants: Sequence[tuple[int, int, str]]
    haplotypes: Sequence[Sequence[int]]
    copies: int = 2
    reference: str = REFERENCE
    reads: list[str] = field(default_factory=list)

    def read(
        self,
        best: int | Sequence[float],
        times: int = 1,
        *,
        cigar: str = "26M",
        start: int = START,
        mapq: int = 60,
        strand: str = "",
        quals: str = "30",
    ) -> Region:
        """Add reads that fit one haplotype best, on both strands by turns."""
        for n in range(times):
            values = best
            if isinstance(best, int):
                values = [GOOD if h == best else BAD for h in range(len(self.haplotypes))]
            assert not isinstance(values, int)
            side = strand or "+-"[n % 2]
            words = ",".join(map(str, values))
            self.reads.append(f"read {start} {cigar} {mapq} {side} {quals} {words}")
        return self

    def text(self) -> str:
        lines = [f"reference {START} {self.reference}", f"window {self.copies}"]
        lines += [f"variant {pos} {removed} {new or '.'}" for pos, removed, new in self.variants]
        lines += ["haplotype " + (",".join(map(str, h)) or ".") for h in self.haplotypes]
        return "\n".join([*lines, *self.reads]) + "\n"


def calls(run: Run, region: Region) -> list[Call]:
    return [json.loads(line) for line in run(region.text()).splitlines()]


def call(run: Run, region: Region) -> Call:
    (only,) = calls(run, region)
    return only


def snp(copies: int = 2) -> Region:
    return Region([(104, 1, "A")], [[], [0]], copies)


# --- genotypes and their likelihoods


@pytest.mark.parametrize("copies", [1, 2, 3])
@pytest.mark.parametrize("alleles", [1, 2, 4])
def test_genotypes_are_in_the_order_of_the_vcf_standard(
    run: Run, alleles: int, copies: int
) -> None:
    found = [line.split()[0] for line in run(f"genotypes {alleles} {copies}").splitlines()]
    every = itertools.combinations_with_replacement(range(alleles), copies)
    assert found == ["/".join(map(str, g)) for g in sorted(every, key=lambda g: g[::-1])]


def test_a_genotype_counts_the_orders_of_its_alleles(run: Run) -> None:
    orders = [float(line.split()[1]) for line in run("genotypes 2 3").splitlines()]
    assert orders == pytest.approx([0, math.log10(3), math.log10(3), 0])


def test_half_the_reads_with_a_base_are_a_heterozygous_snp(run: Run) -> None:
    found = call(run, snp().read(0, 10).read(1, 10))
    assert (found["pos"], found["ref"], found["alts"]) == (104, "T", ["A"])
    assert (found["gt"], found["ad"], found["dp"]) == ([0, 1], [10, 10, 0], 20)


def test_likelihoods_are_means_over_the_copies(run: Run) -> None:
    found = call(run, snp().read(0, 3).read(1, 5))
    far = 10**-4.5
    same = 10 * 8 * math.log10((1 + far) / 2)
    assert found["pl"][0] == round(same + 10 * 5 * 4.5)
    assert found["pl"][2] == round(same + 10 * 3 * 4.5)


def test_pl_of_any_other_allele_takes_it_for_the_second_best_of_each_read(run: Run) -> None:
    found = call(run, snp().read(1, 6))
    assert found["pl"] == [270, 18, 0, 270, 18, 270]


def test_any_other_allele_is_as_likely_as_the_median_of_those_that_are_not_best(run: Run) -> None:
    region = Region([(104, 1, "A"), (104, 1, "C"), (104, 1, "G")], [[], [0], [1], [2]], 1)
    found = call(run, region.read([-5.0, -1.0, -2.0, -4.0], 1).read(1, 4))
    assert found["pl"][4] == 4 * 45 + 10 * 3


def test_a_genotype_has_only_alleles_that_are_known(run: Run) -> None:
    region = Region([(104, 1, "A"), (104, 1, "C"), (104, 1, "G")], [[], [0], [1], [2]])
    for excluded in range(4):
        region.read([BAD if h == excluded else GOOD - h / 1000 for h in range(4)], 9)
    assert all(allele < 4 for allele in call(run, region)["gt"])


def test_one_copy_has_one_allele(run: Run) -> None:
    found = call(run, snp(copies=1).read(1, 8).read(0, 1))
    assert (found["gt"], len(found["pl"]), found["pl"][1]) == ([1], 3, 0)


def test_each_site_has_the_copies_of_its_place_also_where_a_window_has_both(run: Run) -> None:
    region = Region([(103, 1, "A"), (120, 1, "C")], [[], [0, 1]], copies=1).read(1, 8)
    text = region.text() + "interval 0 110 1\ninterval 110 200 2\n"
    found = [json.loads(line) for line in run(text).splitlines()]
    assert [(c["copies"], c["gt"], len(c["pl"])) for c in found] == [(1, [1], 3), (2, [1, 1], 6)]


def test_no_haplotype_is_further_behind_than_a_wrong_mapping_allows(run: Run) -> None:
    near = call(run, snp().read([-5.5, -1.0], 8))
    far = call(run, snp().read([-50.0, -1.0], 8))
    assert near == far


@pytest.mark.parametrize(("best", "depth"), [(-7.9, 9), (-8.1, 8)])
def test_a_read_that_no_haplotype_explains_is_left_out(run: Run, best: float, depth: int) -> None:
    long = "A" * 60
    region = Region([(104, 1, "C")], [[], [0]], reference=long).read(1, 8, cigar="60M")
    assert call(run, region.read([best, best - 1], cigar="60M"))["dp"] == depth


def test_a_short_read_may_have_fewer_errors(run: Run) -> None:
    assert call(run, snp().read(1, 8).read([-4.1, -8.6]))["dp"] == 8


@pytest.mark.parametrize(("start", "depth"), [(106, 9), (107, 8)])
def test_only_reads_that_come_near_the_alleles_count(run: Run, start: int, depth: int) -> None:
    region = snp().read(1, 8).read(1, start=start, cigar="19M")
    assert call(run, region)["dp"] == depth


def test_soft_clipped_bases_lie_where_they_would_be_aligned(run: Run) -> None:
    region = snp().read(1, 8).read(1, start=110, cigar="5S16M")
    assert call(run, region)["dp"] == 9


def test_bases_inserted_at_the_end_of_a_read_lie_before_the_next_base(run: Run) -> None:
    """As GATK has 40392561 of the benchmark: such reads do not reach the SNP."""
    assert call(run, snp().read(1, 8).read(1, start=90, cigar="12M7I"))["dp"] == 8


@pytest.mark.parametrize(("gap", "counted"), [(0.3, 9), (0.1, 8)])
def test_a_read_counts_for_an_allele_that_it_shows_clearly(
    run: Run, gap: float, counted: int
) -> None:
    assert call(run, snp().read(1, 8).read([-1 - gap, -1]))["ad"] == [0, counted, 0]


def test_noise_is_no_call(run: Run) -> None:
    assert calls(run, snp().read(0, 40).read(1, 2)) == []


def test_a_region_without_reads_has_no_calls(run: Run) -> None:
    assert calls(run, snp()) == []


# --- alleles


def test_an_insertion_is_named_by_the_base_before_it(run: Run) -> None:
    found = call(run, Region([(108, 0, "GG")], [[], [0]]).read(0, 9).read(1, 9))
    assert (found["pos"], found["ref"], found["alts"]) == (107, "A", ["AGG"])


def test_a_deletion_is_named_by_the_base_before_it(run: Run) -> None:
    found = call(run, Region([(108, 3, "")], [[], [0]]).read(0, 9).read(1, 9))
    assert (found["pos"], found["ref"], found["alts"]) == (107, "ATTT", ["A"])


def test_two_lengths_of_a_homopolymer_are_one_site_with_two_alleles(run: Run) -> None:
    region = Region([(108, 1, ""), (108, 2, "")], [[], [0], [1]]).read(1, 9).read(2, 9)
    found = call(run, region)
    assert (found["ref"], found["alts"], found["gt"]) == ("ATT", ["A", "AT"], [1, 2])


def test_two_insertions_at_one_place_are_one_site(run: Run) -> None:
    region = Region([(108, 0, "C"), (108, 0, "GA")], [[], [0], [1]]).read(1, 9).read(2, 9)
    found = call(run, region)
    assert (found["ref"], found["alts"], found["gt"]) == ("A", ["AC", "AGA"], [1, 2])


def test_insertion_and_deletion_at_one_place_share_a_reference_allele(run: Run) -> None:
    region = Region([(108, 0, "T"), (108, 1, "")], [[], [0], [1]]).read(1, 9).read(2, 9)
    found = call(run, region)
    assert (found["ref"], found["alts"], found["gt"]) == ("AT", ["A", "ATT"], [1, 2])


def test_a_snp_at_the_base_before_an_indel_is_one_allele_with_it(run: Run) -> None:
    region = Region([(107, 1, "C"), (108, 2, "")], [[], [0, 1]]).read(0, 9).read(1, 9)
    found = call(run, region)
    assert (found["pos"], found["ref"], found["alts"]) == (107, "ATT", ["C"])


def test_a_snp_inside_the_deletion_of_the_other_haplotype_has_a_deleted_allele(run: Run) -> None:
    region = Region([(107, 6, ""), (110, 1, "G")], [[], [0], [1]]).read(1, 10).read(2, 10)
    deletion, inside = calls(run, region)
    assert (deletion["pos"], deletion["alts"], deletion["gt"]) == (106, ["C"], [0, 1])
    assert (inside["pos"], inside["alts"], inside["gt"]) == (110, ["G", "*"], [1, 2])


def test_a_deletion_that_was_not_called_gives_no_deleted_allele(run: Run) -> None:
    region = Region([(107, 6, ""), (110, 1, "G")], [[], [0], [1]]).read(0, 10).read(2, 10)
    assert [c["alts"] for c in calls(run, region)] == [["G"]]


def test_a_haplotype_with_an_uncalled_deletion_is_not_the_reference_inside_it(run: Run) -> None:
    region = Region([(107, 6, ""), (110, 1, "G")], [[], [0], [1]]).read(0, 10).read(2, 10)
    region.read([-5.5, -1.0, -4.0])
    assert call(run, region)["ad"][0] == 10


def test_a_site_inside_a_homozygous_deletion_that_is_only_deleted_is_no_call(run: Run) -> None:
    region = Region([(107, 6, ""), (110, 1, "G")], [[], [0], [1]]).read(1, 20)
    assert [c["pos"] for c in calls(run, region)] == [106]


def test_a_deleted_allele_alone_is_not_a_variant(run: Run) -> None:
    pl = "100,0,100,200,200,200,120,120,120,120"  # 0/1 with `*` the first alternate
    quality = float(run(f"quality {pl} 10,0.01,0.01,0.00125 2 1"))
    assert quality < 1


def test_an_allele_of_a_longer_event_is_seen_at_its_own_site_only(run: Run) -> None:
    region = Region([(104, 1, "A"), (108, 2, "")], [[], [0, 1]]).read(0, 9).read(1, 9)
    assert [(c["pos"], c["gt"]) for c in calls(run, region)] == [(104, [0, 1]), (107, [0, 1])]


def test_at_most_six_alternates_stay_the_best_supported_ones(run: Run) -> None:
    inserted = ["A" * n for n in range(1, 9)]
    region = Region([(108, 0, new) for new in inserted], [[], *([n] for n in range(8))])
    for haplotype in range(1, 9):
        region.read(haplotype, 2 if haplotype in (3, 5) else 9)
    found = call(run, region)
    assert [len(a) - 1 for a in found["alts"]] == [1, 2, 4, 6, 7, 8]


def test_bases_that_no_remaining_allele_needs_are_taken_off(run: Run) -> None:
    inserted = [(108, 0, "A" * n) for n in range(1, 7)]
    region = Region([*inserted, (108, 5, "")], [[], *([n] for n in range(7))])
    for haplotype in range(1, 7):
        region.read(haplotype, 9)
    found = call(run, region.read(7, 1))
    assert (found["ref"], len(found["alts"])) == ("A", 6)


def test_a_variant_that_no_haplotype_has_is_no_site(run: Run) -> None:
    region = Region([(104, 1, "A"), (108, 2, "")], [[], [0]]).read(1, 9)
    assert [c["pos"] for c in calls(run, region)] == [104]


def test_an_indel_before_the_first_known_base_is_left_out(run: Run) -> None:
    assert calls(run, Region([(100, 1, "")], [[], [0]]).read(1, 9)) == []


# --- QUAL


def posteriors(
    pl: Sequence[int], frequencies: Sequence[float], copies: int
) -> dict[tuple[int, ...], float]:
    """Probabilities of genotypes, given the frequencies of the alleles."""
    every = itertools.combinations_with_replacement(range(len(frequencies)), copies)
    weights = {}
    for genotype, value in zip(sorted(every, key=lambda g: g[::-1]), pl, strict=True):
        repeats = math.prod(math.factorial(genotype.count(a)) for a in set(genotype))
        likelihood = 10 ** (-value / 10) * math.factorial(copies) / repeats
        weights[genotype] = likelihood * math.prod(frequencies[a] for a in genotype)
    total = sum(weights.values())
    return {genotype: weight / total for genotype, weight in weights.items()}


def quality(pl: Sequence[int], counts: Sequence[float], copies: int) -> float:
    """QUAL in plain numbers: frequencies and genotypes by turns, from equal frequencies on."""
    frequencies = [1 / len(counts)] * len(counts)
    before = [0.0] * len(counts)
    settled = False
    while not settled:
        shares = posteriors(pl, frequencies, copies)
        seen = [sum(p * g.count(a) for g, p in shares.items()) for a in range(len(counts))]
        settled = max(abs(a - b) for a, b in zip(before, seen, strict=True)) <= 0.1
        total = sum(counts) + sum(seen)
        frequencies = [(a + b) / total for a, b in zip(counts, seen, strict=True)]
        before = seen
    return -10 * math.log10(posteriors(pl, frequencies, copies)[(0,) * copies])


def test_qual_is_that_of_gatk_for_a_record_that_it_wrote(run: Run) -> None:
    """HaplotypeCaller 4.6.2.0 on 20:35600700 of the benchmark: C to G, QUAL 1419.06."""
    found = run("quality 1433,102,0,1433,102,1433 10,0.01,0.00125 2 -1")
    assert round(float(found), 2) == 1419.06


@settings(max_examples=50)
@given(data=st.data(), copies=st.sampled_from([1, 2]), alleles=st.integers(2, 4))
def test_qual_is_what_plain_numbers_give(
    run: Run, data: st.DataObject, copies: int, alleles: int
) -> None:
    size = math.comb(alleles + copies - 1, copies)
    pl = data.draw(st.lists(st.integers(0, 200), min_size=size, max_size=size))
    counts = [
        10.0,
        *data.draw(
            st.lists(st.sampled_from([0.01, 0.00125]), min_size=alleles - 1, max_size=alleles - 1)
        ),
    ]
    words = f"quality {','.join(map(str, pl))} {','.join(map(str, counts))} {copies} -1"
    expected = max(0.0, quality(pl, counts, copies))
    assert float(run(words)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(
    rows=st.lists(st.lists(st.integers(-90, 0), min_size=3, max_size=3), min_size=1, max_size=20),
    copies=st.sampled_from([1, 2]),
)
def test_a_call_has_one_likeliest_genotype_and_its_quality_is_the_distance_to_the_next(
    run: Run, rows: list[list[int]], copies: int
) -> None:
    region = Region([(104, 1, "A"), (104, 1, "C")], [[], [0], [1]], copies)
    for row in rows:
        region.read([tenths / 10 for tenths in row])
    for found in calls(run, region):
        pl = sorted(found["pl"])
        assert (pl[0], found["gq"]) == (0, min(99, pl[1]))
        place = sorted(
            itertools.combinations_with_replacement(range(4), copies), key=lambda g: g[::-1]
        ).index(tuple(found["gt"]))
        assert found["pl"][place] == 0


# --- annotations


def fisher(table: Sequence[int]) -> float:
    """Phred of the two-sided exact test, by fractions of whole numbers."""
    first, second, forward = table[0] + table[1], table[2] + table[3], table[0] + table[2]
    ways = {
        k: math.comb(first, k) * math.comb(second, forward - k)
        for k in range(max(0, forward - second), min(first, forward) + 1)
    }
    observed = ways[table[0]]
    as_rare = sum(n for n in ways.values() if n <= observed * (1 + 1e-7))
    return -10 * math.log10(as_rare / sum(ways.values()))


STRANDS = st.lists(st.integers(0, 60), min_size=4, max_size=4)


@given(table=STRANDS.filter(lambda table: sum(table) > 2))
def test_fs_is_the_exact_test(run: Run, table: list[int]) -> None:
    found = float(run("fisher " + ",".join(map(str, table))))
    assert found == pytest.approx(fisher(table), abs=1e-6)


def test_fs_of_a_big_table_is_that_of_one_of_200_reads(run: Run) -> None:
    assert run("fisher 400,200,100,300") == run("fisher 80,40,20,60")


def test_fs_of_two_reads_is_0(run: Run) -> None:
    assert float(run("fisher 1,0,0,1")) == 0


def test_sor_is_that_of_the_example_in_gatks_documentation(run: Run) -> None:
    assert float(run("odds 1450,345,160,212")) == pytest.approx(0.592, abs=5e-4)


def ranks(values: Sequence[float]) -> list[float]:
    return [
        sum(other < value for other in values) + (sum(v == value for v in values) + 1) / 2
        for value in values
    ]


def exact_z(alternate: Sequence[float], reference: Sequence[float]) -> float:
    """z over all ways to choose which values are the alternate's, half of those that are equal."""
    every = ranks([*alternate, *reference])
    observed = sum(every[: len(alternate)])
    sums = [sum(chosen) for chosen in itertools.combinations(every, len(alternate))]
    below = sum(s < observed for s in sums) + sum(s == observed for s in sums) / 2
    return statistics.NormalDist().inv_cdf(below / len(sums))


def normal_z(alternate: Sequence[float], reference: Sequence[float]) -> float:
    values = [*alternate, *reference]
    n, a, b = len(values), len(alternate), len(reference)
    groups = [values.count(value) for value in set(values)]
    ties = sum(size**3 - size for size in groups if size != n)
    u = sum(ranks(values)[:a]) - a * (a + 1) / 2
    sigma = math.sqrt(a * b / 12 * (n + 1 - ties / (n * (n - 1))))
    return (u - a * b / 2 + (0.5 if ties else 0)) / sigma


def rank_sum(run: Run, alternate: Sequence[float], reference: Sequence[float]) -> float:
    text = ["," if not one else ",".join(map(str, one)) for one in (alternate, reference)]
    return float(run(f"ranks {text[0]} {text[1]}"))


FEW = st.lists(st.integers(0, 6), min_size=1, max_size=6)
MANY = st.lists(st.integers(0, 40), min_size=10, max_size=30)


@settings(max_examples=50)
@given(alternate=FEW, reference=FEW)
def test_few_values_are_ranked_exactly(
    run: Run, alternate: list[int], reference: list[int]
) -> None:
    expected = exact_z(alternate, reference)
    assert rank_sum(run, alternate, reference) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=50)
@given(alternate=MANY, reference=FEW)
def test_many_values_are_ranked_by_the_normal_distribution(
    run: Run, alternate: list[int], reference: list[int]
) -> None:
    expected = normal_z(alternate, reference)
    assert rank_sum(run, alternate, reference) == pytest.approx(expected, abs=1e-6)


def test_values_of_one_kind_have_no_rank_sum(run: Run) -> None:
    assert math.isnan(rank_sum(run, [1, 2], []))


def test_strands_of_the_reference_and_of_the_others_are_counted(run: Run) -> None:
    region = snp().read(0, 3, strand="+").read(0, 4, strand="-").read(1, 5, strand="+")
    assert call(run, region.read(1, 6, strand="-"))["sb"] == [3, 4, 5, 6]


def test_mq_is_the_root_mean_square_of_all_reads(run: Run) -> None:
    found = call(run, snp().read(0, 8, mapq=60).read(1, 8, mapq=30))
    assert (found["mq_squares"], found["mq_reads"]) == (8 * 3600 + 8 * 900, 16)
    assert found["mq"] == pytest.approx(math.sqrt((3600 + 900) / 2))


def test_reads_with_the_alternate_that_map_worse_have_a_negative_rank_sum(run: Run) -> None:
    found = call(run, snp().read(0, 8, mapq=60).read(1, 8, mapq=30))
    assert found["mq_rank_sum"] == pytest.approx(exact_z([30] * 8, [60] * 8), abs=1e-6)


def test_qualities_are_those_of_the_base_at_the_site(run: Run) -> None:
    low = ",".join("12" if i == 4 else "40" for i in range(26))
    found = call(run, snp().read(0, 8, quals="40").read(1, 8, quals=low))
    assert found["base_quality_rank_sum"] == pytest.approx(exact_z([1] * 8, [2] * 8), abs=1e-6)


def test_a_read_has_no_quality_where_it_has_a_deletion(run: Run) -> None:
    found = call(run, snp().read(0, 8).read(1, 8, cigar="3M3D20M"))
    assert found["base_quality_rank_sum"] is None


def test_a_position_is_counted_from_the_nearer_end_of_the_read(run: Run) -> None:
    region = snp().read(0, 8, start=101, cigar="25M").read(1, 8, start=95, cigar="11M")
    found = call(run, region)
    assert found["read_position_rank_sum"] == pytest.approx(exact_z([1] * 8, [3] * 8), abs=1e-6)


def test_bases_that_were_not_compared_count_for_the_position(run: Run) -> None:
    region = snp().read(0, 8, start=101, cigar="6H20M").read(1, 8, start=95, cigar="11M")
    found = call(run, region)
    assert found["read_position_rank_sum"] == pytest.approx(exact_z([1] * 8, [9] * 8), abs=1e-6)


def test_a_read_that_begins_with_the_inserted_bases_shows_them_at_its_end(run: Run) -> None:
    region = Region([(108, 0, "GG")], [[], [0]]).read(0, 8, start=103, cigar="20M")
    found = call(run, region.read(1, 8, start=108, cigar="2I16M"))
    assert found["read_position_rank_sum"] == pytest.approx(exact_z([0] * 8, [4] * 8), abs=1e-6)


def test_qd_is_qual_over_the_reads_that_show_an_allele(run: Run) -> None:
    found = call(run, snp().read(0, 6).read(1, 6).read([-1.0, -1.0], 5))
    assert found["qd"] == pytest.approx(found["qual"] / 12)


def test_qd_is_not_drawn_at_random_where_it_is_high(run: Run) -> None:
    found = call(run, snp().read([-5.5, -1.0], 2))
    assert found["qd"] == pytest.approx(found["qual"] / 2)


def test_the_same_region_gives_the_same_calls(run: Run) -> None:
    region = Region([(107, 6, ""), (110, 1, "G")], [[], [0], [1]]).read(1, 10).read(2, 10)
    assert run(region.text()) == run(region.text())
