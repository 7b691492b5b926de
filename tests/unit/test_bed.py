"""BED files that are right, and how mistakes of many lines are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.assembly import Interval
from schelde.bed import other_spelling, parse_bed, read_bed
from schelde.errors import Problem, UserError


def bed(folder: Path, text: str) -> Path:
    path = folder / "t.bed"
    path.write_text(text)
    return path


def test_headers_and_further_columns_are_left_out(tmp_path: Path) -> None:
    text = "browser position chr1\ntrack name=x\n# y\nchr2\t0\t9\tname\t0\t+\nchr1\t5\t6\n"
    assert read_bed(bed(tmp_path, text)) == [("chr2", 0, 9), ("chr1", 5, 6)]


def test_overlapping_and_equal_targets_are_taken(tmp_path: Path) -> None:
    assert len(read_bed(bed(tmp_path, "1\t5\t9\n1\t5\t7\n1\t6\t20\n"))) == 3


def test_contigs_may_stand_in_any_order_when_each_is_one_block(tmp_path: Path) -> None:
    assert len(read_bed(bed(tmp_path, "2\t5\t9\n10\t1\t2\n1\t0\t3\n"))) == 3


def test_a_target_may_end_where_its_contig_ends(tmp_path: Path) -> None:
    problems: list[Problem] = []
    parse_bed(str(bed(tmp_path, "1\t0\t100\n")), {"1": 100}, problems)
    assert not problems


@pytest.mark.parametrize(
    "numbers", ["-1\t5", "1.5\t5", "1,000\t2,000", "\t5", "\u0663\t\u0665", " 1\t5"]
)
def test_coordinates_that_are_not_plain_digits_are_refused(tmp_path: Path, numbers: str) -> None:
    path = tmp_path / "t.bed"
    path.write_text(f"1\t{numbers}\n", encoding="utf-8")
    with pytest.raises(UserError, match="are not whole numbers"):
        read_bed(path)


def test_a_mistake_of_many_lines_is_told_once_with_their_number(tmp_path: Path) -> None:
    problems: list[Problem] = []
    text = "".join(f"chr1\t{start}\t{start + 5}\n" for start in range(0, 5000, 10))
    parse_bed(str(bed(tmp_path, text)), {"1": 9999}, problems)
    assert [problem.line for problem in problems] == [1]
    assert problems[0].what.endswith("(and 499 more lines)")


CONTIGS = ["1", "2", "X"]
TARGETS = st.lists(
    st.tuples(st.sampled_from(CONTIGS), st.integers(0, 99), st.integers(1, 9)), min_size=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(targets=TARGETS)
def test_written_targets_read_back_when_sorted_and_only_then(
    tmp_path: Path, targets: list[Interval]
) -> None:
    intervals = [(contig, start, start + size) for contig, start, size in targets]
    lines = [f"{contig}\t{start}\t{end}\n" for contig, start, end in intervals]
    blocks = list(dict.fromkeys(contig for contig, _, _ in intervals))
    key = {contig: number for number, contig in enumerate(blocks)}
    ordered = intervals == sorted(intervals, key=lambda i: (key[i[0]], i[1]))
    path = bed(tmp_path, "".join(lines))
    if ordered:
        assert read_bed(path) == intervals
    else:
        with pytest.raises(UserError, match="sort it"):
            read_bed(path)


@pytest.mark.parametrize(
    ("contig", "known", "twin"),
    [
        ("chr1", ["1", "chr10"], "1"),
        ("X", ["chrX"], "chrX"),
        ("chrM", ["MT"], "MT"),
        ("MT", ["chrM"], "chrM"),
        ("chr1", ["2"], None),
        ("GL1", ["chr1"], None),
    ],
)
def test_the_other_spelling_of_a_contig_is_found(
    contig: str, known: list[str], twin: str | None
) -> None:
    assert other_spelling(contig, known) == twin
