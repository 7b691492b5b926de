"""Haplotypes that reads show in a window; haplotypes.cc drives them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.native.scene import Scene, Variant, random_bases, with_variants

REFERENCE = random_bases(1200, 2)
MIDDLE = 600
INSERTED = random_bases(300, 3)
Run = Callable[..., str]
Haplotype = tuple[str, tuple[Variant, ...]]


@pytest.fixture(scope="module")
def run(driver: Callable[..., Run]) -> Run:
    return driver("haplotypes", checked=False)


def variant(text: str) -> Variant:
    pos, removed, inserted = text.split(":")
    return int(pos), int(removed), "" if inserted == "-" else inserted


class Region:
    """A region as the driver prints it."""

    def __init__(self, first: list[str]) -> None:
        self.core = int(first[1]), int(first[2])
        self.span = int(first[3]), int(first[4])
        self.haplotypes: list[Haplotype] = []
        self.reads: list[tuple[int, int, int]] = []

    def has(self, reference: str, variants: Sequence[Variant]) -> bool:
        """Tell whether the reference with these variants is among the haplotypes."""
        changed = with_variants(reference, variants)
        tail = len(reference) - self.span[1]
        return changed[self.span[0] : len(changed) - tail] in dict(self.haplotypes)


def regions(run: Run, scene: Scene) -> list[Region]:
    found: list[Region] = []
    for line in run(scene.text()).splitlines():
        words = line.split()
        if words[0] == "region":
            found.append(Region(words))
        elif words[0] == "haplotype":
            found[-1].haplotypes.append((words[1], tuple(map(variant, words[2:]))))
        else:
            found[-1].reads.append((int(words[1]), int(words[2]), int(words[3])))
    return found


def region(run: Run, scene: Scene) -> Region:
    (only,) = regions(run, scene)
    return only


def snp(pos: int, reference: str = REFERENCE) -> Variant:
    return pos, 1, "ACGT"[("ACGT".index(reference[pos]) + 1) % 4]


A, B = snp(MIDDLE), snp(MIDDLE + 12)
SHORT = (MIDDLE + 20, 2, "")


def sets(found: Region) -> set[tuple[Variant, ...]]:
    return {variants for _, variants in found.haplotypes}


# ---- candidates seen together on reads


def test_the_first_haplotype_is_the_reference(run: Run) -> None:
    found = region(run, Scene(REFERENCE, candidates={A}).draw([A]))
    assert found.haplotypes[0] == (REFERENCE[slice(*found.span)], ())


def test_snps_in_cis_are_on_one_haplotype(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A, B}).draw([]).draw([A, B])
    assert sets(region(run, scene)) == {(), (A, B)}


def test_snps_in_trans_are_not_combined(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A, B}).draw([A]).draw([B])
    assert sets(region(run, scene)) == {(), (A,), (B,)}


def test_mates_tell_what_is_seen_together(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A, B})
    for fragment in range(10):
        for pos, which in ((MIDDLE - 40, [A]), (MIDDLE + 5, [B])):
            bases = with_variants(REFERENCE, which)[pos : pos + 45]
            scene.read(pos, "45M", bases, fragment=fragment)
    assert (A, B) in sets(region(run, scene))
    assert (A,) not in sets(region(run, scene))


def test_variants_that_no_fragment_has_both_of_combine_freely(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A, B})
    for which, between in (
        ([A], (500, 605)),
        ([B], (605, 700)),
        ([], (500, 605)),
        ([], (605, 700)),
    ):
        scene.draw(which, length=90, step=3, between=between)
    assert sets(region(run, scene)) == {(), (A,), (B,), (A, B)}


def test_a_snp_beside_an_indel_goes_with_it(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={B, SHORT}).draw([]).draw([B, SHORT])
    assert sets(region(run, scene)) == {(), (B, SHORT)}


def test_bad_bases_say_nothing_of_a_variant(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A, B}).draw([A, B])
    bases = with_variants(REFERENCE, [A])[MIDDLE - 20 : MIDDLE + 40]
    for _ in range(5):
        scene.read(MIDDLE - 20, "60M", bases, "I" * 32 + "#" + "I" * 27)
    assert sets(region(run, scene)) == {(), (A, B)}


def test_overlapping_deletions_are_never_on_one_haplotype(run: Run) -> None:
    reference = random_bases(1200, 5)
    long, short = (600, 8, ""), (604, 3, "")
    scene = Scene(reference, candidates={long, short}).draw([long]).draw([short])
    found = region(run, scene)
    assert found.has(reference, [long])
    assert found.has(reference, [short])
    assert not any(len(variants) > 1 for variants in sets(found))


def test_a_slip_of_a_homopolymer_is_seen_wherever_it_is_aligned(run: Run) -> None:
    reference = REFERENCE[:600] + "C" + "T" * 12 + "G" + REFERENCE[613:]
    slip = (601, 1, "")
    scene = Scene(reference, candidates={slip, snp(620, reference)}).draw([])
    for start in range(530, 590, 5):
        changed = with_variants(reference, [(610, 1, ""), snp(620, reference)])
        bases = changed[start : start + 100]
        scene.read(start, f"{610 - start}M1D{start - 510}M", bases)
    assert sets(region(run, scene)) == {(), (slip, snp(620, reference))}


def test_alleles_of_one_site_are_haplotypes_of_their_own(run: Run) -> None:
    other = (A[0], 1, "ACGT"[("ACGT".index(A[2]) + 1) % 4])
    scene = Scene(REFERENCE, candidates={A, other}).draw([A]).draw([other])
    assert sets(region(run, scene)) == {(), (A,), (other,)}


def many_sites(seed: int) -> tuple[Scene, list[list[Variant]]]:
    """Return 12 sites of which reads show one combination in five of six, the others rarely."""
    sites = [snp(MIDDLE + 9 * n) for n in range(12)]
    scene = Scene(REFERENCE, candidates=set(sites))
    often = [sites[::2], sites[1::2]]
    for which in often:
        scene.draw(which, length=150, step=5)
    rare = random.Random(seed)
    for _ in range(60):
        chosen = [site for site in sites if rare.random() < 0.5]
        start = rare.randrange(460, 590)
        bases = with_variants(REFERENCE, chosen)[start : start + 150]
        scene.read(start, "150M", bases)
    return scene, often


def test_there_are_at_most_32_haplotypes_and_the_best_supported_are_kept(run: Run) -> None:
    scene, often = many_sites(7)
    found = region(run, scene)
    assert len(found.haplotypes) == 32
    assert {tuple(which) for which in often} <= sets(found)


def test_a_variant_that_a_fifth_of_the_reads_show_is_kept(run: Run) -> None:
    scene, _ = many_sites(8)
    carried = {one for variants in sets(region(run, scene)) for one in variants}
    assert carried == scene.candidates


def test_a_variant_among_sites_of_which_each_read_says_something_else_is_kept(run: Run) -> None:
    sites = [snp(MIDDLE + 5 * n) for n in range(30)]
    strong = snp(MIDDLE + 160)
    scene = Scene(REFERENCE, candidates={*sites, strong}).draw([])
    for seed in range(40):
        chosen = random.Random(seed).sample(sites, 15)
        bases = with_variants(REFERENCE, [*chosen, strong])[MIDDLE - 20 : MIDDLE + 180]
        scene.read(MIDDLE - 20, "200M", bases)
    assert any(strong in variants for one in regions(run, scene) for variants in sets(one))


def test_no_two_haplotypes_have_the_same_bases(run: Run) -> None:
    scene, _ = many_sites(9)
    found = region(run, scene)
    assert len(dict(found.haplotypes)) == len(found.haplotypes)


def test_of_two_ways_to_write_a_haplotype_the_better_alignment_is_taken(run: Run) -> None:
    # As in the mitochondrion at 302-315, where aligners write the second way more often.
    reference = REFERENCE[:600] + "ACCCCCCCTCCCCCG" + REFERENCE[600:]
    insertions = ((601, 0, "C"), (609, 0, "C"))
    longer = ((608, 0, "CT"), (608, 1, "C"))
    scene = Scene(reference, candidates={*insertions, *longer})
    scene.draw([]).draw(insertions, step=20).draw(longer)
    found = sets(region(run, scene))
    assert insertions in found
    assert longer not in found


# ---- what the alignments do not show


def clipped_scene(which: Variant, reference: str = REFERENCE) -> Scene:
    """Return reads of both haplotypes where the variant is in no alignment."""
    breakpoints = sorted({which[0], which[0] + which[1]})
    return Scene(reference, breakpoints=breakpoints).draw([]).draw([which], longest=8)


@pytest.mark.parametrize("length", [12, 40, 120])
def test_an_insertion_that_only_clips_show_is_assembled(run: Run, length: int) -> None:
    which = (MIDDLE, 0, INSERTED[:length])
    assert region(run, clipped_scene(which)).has(REFERENCE, [which])


@pytest.mark.parametrize("length", [12, 60, 140])
def test_a_deletion_that_only_clips_show_is_assembled(run: Run, length: int) -> None:
    which = (MIDDLE, length, "")
    assert region(run, clipped_scene(which)).has(REFERENCE, [which])


def test_a_tandem_duplication_is_assembled(run: Run) -> None:
    which = (MIDDLE, 0, REFERENCE[MIDDLE : MIDDLE + 50])
    scene = clipped_scene(which)
    scene.breakpoints = [MIDDLE, MIDDLE + 50]
    assert region(run, scene).has(REFERENCE, [which])


def test_what_is_assembled_stands_as_far_left_as_it_goes(run: Run) -> None:
    which = (MIDDLE, 0, REFERENCE[MIDDLE : MIDDLE + 50])
    scene = clipped_scene(which)
    scene.breakpoints = [MIDDLE, MIDDLE + 50]
    assert all(pos <= MIDDLE for variants in sets(region(run, scene)) for pos, _, _ in variants)


def test_an_insertion_longer_than_what_one_read_has_is_joined_from_both_sides(run: Run) -> None:
    which = (MIDDLE, 0, INSERTED[:110])
    scene = Scene(REFERENCE, breakpoints=[MIDDLE]).draw([])
    # Reads that begin left of it have 60 of its bases, those that end right of it too.
    for between in ((530, 660), (MIDDLE + 45, MIDDLE + 180)):
        scene.draw([which], length=100, step=4, longest=8, between=between)
    assert region(run, scene).has(REFERENCE, [which])


def test_an_error_of_one_read_is_not_assembled(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={(MIDDLE, 12, "")}).draw([]).draw([(MIDDLE, 12, "")])
    bases = with_variants(REFERENCE, [snp(MIDDLE + 40)])[MIDDLE : MIDDLE + 100]
    scene.read(MIDDLE, "100M", bases)
    assert sets(region(run, scene)) == {(), ((MIDDLE, 12, ""),)}


def test_repeated_kmers_are_told_apart_by_longer_ones(run: Run) -> None:
    unit = random_bases(30, 11)
    reference = REFERENCE[:580] + unit + unit + REFERENCE[640:]
    which = (645, 0, INSERTED[:30])
    found = region(run, clipped_scene(which, reference))
    assert found.has(reference, [which])


def test_an_assembled_variant_is_called_in_one_window_only(run: Run) -> None:
    which = (MIDDLE, 30, "")
    scene = clipped_scene(which)
    scene.candidates = {snp(MIDDLE + 30 + 70)}
    found = regions(run, scene)
    with_it = [one for one in found if one.has(REFERENCE, [which])]
    assert len(found) == 2
    assert len(with_it) == 1


# ---- reads


def test_only_reads_over_the_core_are_compared(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A})
    for start in (MIDDLE - 100, MIDDLE - 99, MIDDLE, MIDDLE + 1):
        scene.read(start, "100M", REFERENCE[start : start + 100])
    assert [place for place, _, _ in region(run, scene).reads] == [1, 2]


def test_reads_are_cut_to_the_window(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A})
    scene.read(MIDDLE - 200, "400M", REFERENCE[MIDDLE - 200 : MIDDLE + 200])
    found = region(run, scene)
    assert found.reads == [(0, found.span[0] - 400, found.span[1] - 400)]


def test_clipped_bases_are_compared(run: Run) -> None:
    scene = Scene(REFERENCE, candidates={A})
    scene.read(MIDDLE + 10, "40S60M", REFERENCE[MIDDLE - 30 : MIDDLE + 70])
    (_, first, _) = region(run, scene).reads[0]
    assert first < 40


def test_clips_that_a_deletion_takes_beyond_the_window_are_cut(run: Run) -> None:
    which = (MIDDLE, 40, "")
    scene = clipped_scene(which)
    scene.candidates = {which, snp(MIDDLE + 110)}
    bases = with_variants(REFERENCE, [which])[MIDDLE - 30 : MIDDLE + 120]
    scene.read(MIDDLE - 30, "30M120S", bases)
    first, _ = regions(run, scene)
    place = len(scene.reads) - 1
    assert (place, 0, first.span[1] - 40 - (MIDDLE - 30)) in first.reads


def test_the_pairs_of_a_region_are_bounded(run: Run) -> None:
    scene, _ = many_sites(3)
    for _ in range(9000):
        scene.read(MIDDLE, "20M", REFERENCE[MIDDLE : MIDDLE + 20])
    found = region(run, scene)
    assert len(found.reads) * len(found.haplotypes) <= 60000
    assert len(found.haplotypes) >= 8


def content(run: Run, scene: Scene) -> list[object]:
    found = regions(run, scene)
    reads = [[scene.reads[place] for place, _, _ in one.reads] for one in found]
    return [
        (one.core, one.span, one.haplotypes, sorted(of_one))
        for one, of_one in zip(found, reads, strict=True)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_reads_changes_nothing(run: Run, seed: int) -> None:
    scene, _ = many_sites(seed)
    scene.breakpoints = [MIDDLE + 50]
    before = content(run, scene)
    random.Random(seed).shuffle(scene.reads)
    assert content(run, scene) == before


# ---- properties


def letters(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("ACGT", min_size=least, max_size=most)


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """Return a reference and a haplotype that differs in a few places; few letters: repeats."""
    reference = draw(st.text("AC", min_size=30, max_size=60) | letters(30, 60))
    haplotype = reference
    for _ in range(draw(st.integers(0, 4))):
        pos = draw(st.integers(1, len(haplotype) - 1))
        removed = draw(st.integers(0, 6))
        haplotype = haplotype[:pos] + draw(letters(0, 6)) + haplotype[pos + removed :]
    return reference, reference[0] + haplotype[1:] + reference[-1]


@settings(max_examples=100, deadline=None)
@given(pairs=st.lists(changed(), min_size=20, max_size=20))
def test_the_differences_put_into_the_reference_give_the_haplotype(
    run: Run, pairs: list[tuple[str, str]]
) -> None:
    text = "".join(f"100 {reference} {haplotype}\n" for reference, haplotype in pairs)
    lines = run(text, "differences").splitlines()
    for (reference, haplotype), line in zip(pairs, lines, strict=True):
        bases, *found = line.split()
        assert bases == haplotype
        variants = [variant(word) for word in found]
        assert all(
            not removed or not inserted or removed == len(inserted) == 1
            for _, removed, inserted in variants
        )
        moved = [(pos - 100, removed, inserted) for pos, removed, inserted in variants]
        assert with_variants(reference, moved) == haplotype


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_variants_of_a_haplotype_give_its_bases(run: Run, data: st.DataObject) -> None:
    reference = data.draw(st.text("AC", min_size=60, max_size=60) | letters(60, 60))
    reference = REFERENCE[:570] + reference + REFERENCE[630:]
    scene = Scene(reference)
    for _ in range(2):
        sites = data.draw(st.lists(st.integers(572, 625), max_size=4, unique=True))
        carried = []
        for pos, after in itertools.pairwise([*sorted(sites), 640]):
            room = max(0, min(12, after - pos - 2))
            indel = data.draw(st.sampled_from(["snp", "deletion", "insertion"]))
            if indel == "insertion":
                carried.append((pos, 0, data.draw(letters(1, 12))))
            elif indel == "deletion" and room:
                carried.append((pos, data.draw(st.integers(1, room)), ""))
            else:
                carried.append(snp(pos, reference))
        scene.candidates |= set(carried)
        scene.draw(carried, longest=data.draw(st.sampled_from([3, 20])))
    scene.breakpoints = data.draw(st.lists(st.integers(580, 620), max_size=1))
    for found in regions(run, scene):
        start, end = found.span
        for bases, variants in found.haplotypes:
            moved = [(pos - start, removed, inserted) for pos, removed, inserted in variants]
            assert with_variants(reference[start:end], moved) == bases
        assert len(dict(found.haplotypes)) == len(found.haplotypes) <= 32
        assert found.haplotypes[0][1] == ()
