"""Read groups of BAM and CRAM files, and the rows that take them."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

from schelde.alignments import HeaderError, check_alignments, read_group_ids
from schelde.errors import Problem
from schelde.sheet import Lane


def write(path: Path, *groups: str, mode: str = "wb") -> str:
    header = {"SQ": [{"SN": "1", "LN": 9}], "RG": [{"ID": group} for group in groups]}
    pysam.AlignmentFile(str(path), mode, header=header).close()
    return str(path)


def check(path: str, *groups: str | None) -> list[Problem]:
    lanes = [
        Lane("S1", "lib1", "FC", str(line), alignment=path, read_group=group, line=line)
        for line, group in enumerate(groups, start=2)
    ]
    problems: list[Problem] = []
    check_alignments("lanes.tsv", lanes, problems)
    return problems


@pytest.mark.parametrize("mode", ["wb", "wc"])
def test_read_groups_of_bam_and_cram_are_read_without_a_reference(
    tmp_path: Path, mode: str
) -> None:
    assert read_group_ids(write(tmp_path / "a", "x", "y.1", mode=mode)) == ["x", "y.1"]


def test_sam_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match="neither BAM nor CRAM"):
        read_group_ids(write(tmp_path / "a.sam", "x", mode="wh"))


def test_a_file_with_one_read_group_needs_no_name(tmp_path: Path) -> None:
    assert not check(write(tmp_path / "a.bam", "x"), None)


def test_a_file_without_read_groups_gives_all_its_reads(tmp_path: Path) -> None:
    assert not check(write(tmp_path / "a.bam"), None)


def test_every_read_group_may_have_its_row(tmp_path: Path) -> None:
    assert not check(write(tmp_path / "a.bam", "x", "y"), "y", "x")


def test_all_read_groups_left_out_are_named(tmp_path: Path) -> None:
    (problem,) = check(write(tmp_path / "a.bam", "x", "y", "z"), "y")
    assert "'x', 'z'" in problem.what


def test_one_read_group_taken_by_name_and_without_is_told(tmp_path: Path) -> None:
    (problem,) = check(write(tmp_path / "a.bam", "x"), "x", None)
    assert problem.line == 3
    assert "already used on line 2" in problem.what


def test_links_to_one_file_share_their_read_groups(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bam", "x", "y")
    link = tmp_path / "b.bam"
    link.symlink_to(path)
    lanes = [
        Lane("S1", "lib1", "FC", "1", alignment=path, read_group="x", line=2),
        Lane("S1", "lib1", "FC", "2", alignment=str(link), read_group="y", line=3),
    ]
    problems: list[Problem] = []
    check_alignments("lanes.tsv", lanes, problems)
    assert not problems


def test_a_truncated_header_is_told(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.bam", "x"))
    path.write_bytes(path.read_bytes()[:40])
    (problem,) = check(str(path), None)
    assert problem.what.endswith("its header cannot be read")
