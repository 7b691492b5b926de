"""A BED says which alleles count."""

import gzip
from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.evaluate.alleles import Edit
from schelde.evaluate.regions import Regions, read_bed

LENGTHS = {"1": 1000, "2": 500}


def bed(folder: Path, text: str) -> Regions:
    path = folder / "some.bed"
    path.write_text(text)
    return read_bed(path, LENGTHS)


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        ((10, 11, "A"), True),
        ((19, 20, "A"), True),
        ((9, 10, "A"), False),
        ((20, 21, "A"), False),
        ((8, 11, ""), True),  # a deletion that reaches in
        ((19, 25, ""), True),
        ((8, 10, ""), False),
        ((5, 25, ""), True),
        ((10, 10, "A"), False),  # an insertion before the first base
        ((11, 11, "A"), True),
        ((20, 20, "A"), False),
        ((30, 30, "A"), True),  # where two intervals touch
    ],
)
def test_an_allele_counts_as_in_hap_py(tmp_path: Path, edit: Edit, counts: bool) -> None:
    regions = bed(tmp_path, "1\t28\t30\n1\t10\t20\n1\t30\t35\n1\t12\t14\n")
    assert regions.count("1", edit) is counts


def test_an_allele_on_a_contig_without_intervals_does_not_count(tmp_path: Path) -> None:
    assert not bed(tmp_path, "1\t0\t10\n").count("2", (1, 2, "A"))


def test_headers_and_more_columns_are_let_be(tmp_path: Path) -> None:
    text = "#me\nbrowser hide all\ntrack name=x\n\n1\t0\t10\tname\t0\t+\n"
    assert bed(tmp_path, text).span("1") == (0, 10)


def test_a_gzipped_bed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.bed.gz"
    path.write_bytes(gzip.compress(b"2\t3\t4\n"))
    assert read_bed(path, LENGTHS).span("2") == (3, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "some.bed: no interval"),
        ("1\t5\n", "some.bed:1: not contig, start and end"),
        ("1\ta\tb\n", "some.bed:1: not contig, start and end"),
        (
            "1\t0\t9\nchr1\t0\t9\nchr1\t20\t29\n",
            "some.bed:2: contig 'chr1' is not in the reference",
        ),
        ("2\t490\t501\n", "some.bed:1: 2 ends at 500 in the reference, not at 501 or later"),
        ("1\t9\t9\n", "some.bed:1: an interval from 9 to 9"),
        ("1\t-1\t9\n", "some.bed:1: an interval from -1 to 9"),
    ],
)
def test_a_wrong_bed_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        bed(tmp_path, text)
    (problem,) = caught.value.problems
    assert message in str(problem)


def test_all_kinds_of_wrong_lines_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        bed(tmp_path, "3\t1\t2\n4\t1\t2\n1\t7\t6\n")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


@pytest.mark.parametrize("content", [None, b"\x1f\x8bnot gzip", b"\xff\xfe1\t0\t9"])
def test_a_bed_that_cannot_be_read_is_a_users_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "some.bed"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        read_bed(path, LENGTHS)
