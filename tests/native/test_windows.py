"""Windows round candidates, and the cuts between chunks; windows.cc drives them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.native.scene import Scene, Variant, random_bases

REFERENCE = random_bases(6000, 1)
Run = Callable[[str], str]


@pytest.fixture(scope="module")
def run(driver: Callable[[str], Run]) -> Run:
    return driver("windows")


def snp(pos: int, reference: str = REFERENCE) -> Variant:
    return (pos, 1, "C" if reference[pos] != "C" else "G")


def scene(*positions: int, **more: object) -> Scene:
    return Scene(REFERENCE, candidates={snp(pos) for pos in positions}, **more)  # type: ignore[arg-type]


def windows(run: Run, made: Scene) -> list[list[int]]:
    """Return core, window, assembled, copies of each window."""
    lines = [line.split() for line in run(made.text()).splitlines()]
    return [list(map(int, line[1:7])) for line in lines if line[0] == "window"]


def cut(run: Run, made: Scene) -> tuple[int, int]:
    words = run(made.text()).splitlines()[0].split()
    return int(words[1]), int(words[2])


def repeat(unit: str, times: int) -> str:
    """Return a reference with a repeat from 1000 on between bases that do not go on with it."""
    assert unit in ("T", "GATA", "GA")
    return REFERENCE[:999] + "C" + unit * times + "C" + REFERENCE[1000:4000]


def test_candidates_25_bp_apart_are_one_window(run: Run) -> None:
    assert len(windows(run, scene(1000, 1026))) == 1


def test_candidates_further_apart_are_two_windows(run: Run) -> None:
    assert [w[:2] for w in windows(run, scene(1000, 1027))] == [[1000, 1001], [1027, 1028]]


def test_a_window_reaches_20_bp_beyond_a_snp(run: Run) -> None:
    (window,) = windows(run, scene(1000))
    assert window[2] <= 980
    assert window[3] >= 1021


def test_a_window_reaches_75_bp_beyond_an_indel(run: Run) -> None:
    (window,) = windows(run, Scene(REFERENCE, candidates={(1000, 2, "")}))
    assert window[2] <= 924
    assert window[3] >= 1077


def test_a_window_ends_where_the_core_of_its_neighbour_begins(run: Run) -> None:
    left, _ = windows(run, Scene(REFERENCE, candidates={(1000, 2, ""), snp(1040)}))
    assert left[3] == 1040


def test_the_core_of_an_indel_is_all_of_its_repeat(run: Run) -> None:
    reference = repeat("T", 20)
    (window,) = windows(run, Scene(reference, candidates={(1000, 1, "")}))
    assert window[:2] == [999, 1021]


def test_the_core_of_an_insertion_is_all_of_its_repeat(run: Run) -> None:
    reference = repeat("GATA", 10)
    (window,) = windows(run, Scene(reference, candidates={(1000, 0, "GATA")}))
    assert window[:2] == [999, 1041]


def test_the_core_of_an_indel_is_all_of_a_repeat_with_unequal_copies(run: Run) -> None:
    unit = random_bases(22, 4)
    copies = [unit, unit[:20] + "A" + unit[21:], unit, unit]
    reference = REFERENCE[:1000] + "".join(copies) + REFERENCE[1000:]
    (window,) = windows(run, Scene(reference, candidates={(1044, 0, unit)}))
    assert window[0] <= 1000
    assert window[1] >= 1088


def test_a_snp_behind_the_repeat_of_an_indel_is_in_its_window(run: Run) -> None:
    reference = repeat("GATA", 20)
    made = Scene(reference, candidates={(1000, 4, ""), snp(1100, reference)})
    assert len(windows(run, made)) == 1


def test_the_flank_of_a_snp_goes_beyond_a_repeat_beside_it(run: Run) -> None:
    reference = repeat("GA", 30)
    (window,) = windows(run, Scene(reference, candidates={snp(999, reference)}))
    assert window[3] >= 1060 + 20


def test_a_core_that_is_too_long_is_cut_at_the_widest_gap(run: Run) -> None:
    positions = [*range(1000, 1200, 20), *range(1205, 1400, 20)]
    cores = [w[:2] for w in windows(run, scene(*positions))]
    assert cores == [[1000, 1181], [1205, 1386]]


def test_cores_never_overlap(run: Run) -> None:
    found = windows(run, scene(*range(1000, 3000, 7)))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))
    assert all(core_end - core_start <= 300 for core_start, core_end, *_ in found)


def test_a_long_repeat_full_of_indels_is_cut_between_them(run: Run) -> None:
    reference = REFERENCE[:1000] + random_bases(22, 4) * 80 + REFERENCE[1000:]
    made = Scene(reference, candidates={(pos, 3, "") for pos in range(1000, 2700, 40)})
    found = [line.split() for line in run(made.text()).splitlines()[1:]]
    assert len(found) > 1
    for words, after in itertools.pairwise([*found, ["", "100000"]]):
        positions = [int(word.split(":")[0]) for word in words[7:]]
        assert int(words[2]) <= int(after[1])
        assert int(words[1]) <= min(positions) - 1
        assert max(positions) + 3 <= int(words[2])
        assert int(words[2]) - int(words[1]) <= 600


@pytest.mark.parametrize(
    ("candidates", "breakpoints", "assembled"),
    [
        ({snp(1000)}, [], False),
        ({snp(1000)}, [1010], True),
        (set(), [1010], True),
        ({(1000, 9, "")}, [], False),
        ({(1000, 10, "")}, [], True),
        ({(1000, 0, "ACGTACGTAC")}, [], True),
        ({snp(1000 + 5 * n) for n in range(5)}, [], False),
        ({snp(1000 + 5 * n) for n in range(6)}, [], True),
    ],
)
def test_what_alignments_may_not_show_is_assembled(
    run: Run, candidates: set[Variant], breakpoints: list[int], assembled: bool
) -> None:
    (window,) = windows(run, Scene(REFERENCE, candidates=candidates, breakpoints=breakpoints))
    assert window[4] == assembled


def test_a_difference_inside_the_repeat_of_an_indel_is_assembled(run: Run) -> None:
    reference = repeat("T", 20)
    made = Scene(reference, candidates={(1000, 1, ""), (1010, 1, "G")})
    assert windows(run, made)[0][4] == 1


def test_both_ends_of_a_deletion_that_only_clips_show_are_one_window(run: Run) -> None:
    (window,) = windows(run, Scene(REFERENCE, breakpoints=[1000, 1150]))
    assert window[0] < 1000
    assert window[1] > 1150


def test_what_is_assembled_takes_in_neighbours_within_60_bp(run: Run) -> None:
    made = scene(1055)
    made.breakpoints = [1000]
    assert len(windows(run, made)) == 1


def test_copies_are_those_of_the_interval(run: Run) -> None:
    made = scene(1000, 3000, intervals=[(500, 2000, 1), (2000, 5000, 2)])
    assert [w[5] for w in windows(run, made)] == [1, 2]


def test_a_window_outside_all_intervals_is_left_out(run: Run) -> None:
    made = scene(1000, 3000, intervals=[(2500, 5000, 2)])
    assert [w[0] for w in windows(run, made)] == [3000]


def test_a_window_stays_inside_of_what_the_chunk_has_reads_for(run: Run) -> None:
    made = scene(520, 5480, first=500, last=5500)
    left, right = windows(run, made)
    assert left[2] == 500
    assert right[3] == 5500


def test_a_candidate_before_the_chunk_is_the_business_of_its_neighbour(run: Run) -> None:
    made = scene(990, 1100, start=1000, end=5000)
    assert [w[0] for w in windows(run, made)] == [1100]


def test_a_cut_is_at_the_boundary_if_nothing_is_near(run: Run) -> None:
    assert cut(run, scene(1940, 4060, start=2000, end=4000, cuts=(1, 1))) == (2000, 4000)


def test_a_cut_gives_way_to_candidates(run: Run) -> None:
    assert cut(run, scene(1990, 2080, start=2000, end=4000, cuts=(1, 1))) == (2131, 4000)


def test_a_cut_gives_way_to_breakpoints(run: Run) -> None:
    made = scene(start=2000, end=4000, cuts=(1, 1))
    made.breakpoints = [2010]
    assert cut(run, made) == (2061, 4000)


def test_a_cut_is_at_most_1000_bp_behind_the_boundary(run: Run) -> None:
    made = scene(*range(1900, 3300, 40), start=2000, end=4000, cuts=(1, 0))
    assert cut(run, made) == (3000, 4000)


def test_there_is_no_cut_where_no_chunk_touches(run: Run) -> None:
    assert cut(run, scene(2010, 3990, start=2000, end=4000)) == (2000, 4000)


@pytest.mark.parametrize("deletion", [(1400, 620, ""), (2010, 1950, "")])
def test_a_deletion_that_only_one_neighbour_knows_moves_no_cut(run: Run, deletion: Variant) -> None:
    made = scene(start=2000, end=5900, cuts=(1, 0))
    made.candidates.add(deletion)
    assert cut(run, made) == (2000, 5900)


@settings(max_examples=60, deadline=None)
@given(positions=st.sets(st.integers(100, 5800), max_size=120), data=st.data())
def test_neighbours_find_the_same_cut_and_share_all_windows(
    run: Run, positions: set[int], data: st.DataObject
) -> None:
    boundary = data.draw(st.integers(2000, 3500))
    left = scene(*(p for p in positions if p < boundary + 2000))
    left.start, left.end, left.last, left.cuts = 0, boundary, boundary + 2000, (0, 1)
    right = scene(*(p for p in positions if p >= boundary - 500))
    right.start, right.end, right.first, right.cuts = boundary, 6000, boundary - 500, (1, 0)
    assert cut(run, left)[1] == cut(run, right)[0]

    both = windows(run, left) + windows(run, right)
    cores = sorted(w[:2] for w in both)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(cores))
    inside = [any(start <= p < end for start, end in cores) for p in sorted(positions)]
    assert all(inside)
