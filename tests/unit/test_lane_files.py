"""One look at a FASTQ file."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from schelde.errors import Problem
from schelde.lane_files import check_fastqs, content_fault, look
from schelde.sheet import Lane

FASTQ = b"@r1\nACGT\n+\nIIII\n"


def gzipped(data: bytes) -> bytes:
    """Without the time, since data of a parameter are part of a test's name."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    "data", [FASTQ, gzipped(FASTQ), gzipped(FASTQ * 9999), b"@H", gzipped(b"")]
)
def test_fastq_is_known_by_content_plain_or_gzipped(data: bytes) -> None:
    assert content_fault("x.txt", data[:512]) is None


@pytest.mark.parametrize(
    ("data", "called"),
    [
        (bz2.compress(FASTQ), "compressed with bzip2"),
        (lzma.compress(FASTQ), "compressed with xz"),
        (b"\x28\xb5\x2f\xfd\x04", "compressed with zstd"),
        (gzipped(b">r1\nACGT\n"), "FASTA, without qualities"),
        (b"CRAM\x03\x00", "CRAM"),
        (b"@HD\tVN:1.6\n", "SAM"),
        (gzipped(b"@SQ\tSN:1\n"), "SAM"),
        (b"\n@r1\n", "not FASTQ: it does not begin with '@'"),
    ],
)
def test_other_formats_are_called_by_their_name(data: bytes, called: str) -> None:
    fault = content_fault("x.fq", data[:512])
    assert fault is not None
    assert fault.what == f"'x.fq' is {called}"


def test_links_to_one_file_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(FASTQ)
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").hardlink_to(tmp_path / "a")
    (tmp_path / "d").write_bytes(FASTQ)
    identities = [look(str(tmp_path / name)).identity for name in "abcd"]
    assert len(set(identities[:3])) == 1
    assert identities[3] not in identities[:3]


def test_r1_and_r2_that_are_links_to_one_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(FASTQ)
    (tmp_path / "b").symlink_to("a")
    lane = Lane("S1", "l", "f", "1", (str(tmp_path / "a"),), (str(tmp_path / "b"),), line=7)
    problems: list[Problem] = []
    check_fastqs("lanes.tsv", [lane], problems)
    assert [(problem.line, problem.what.endswith("the same file")) for problem in problems] == [
        (7, True)
    ]


def test_ends_may_differ_in_compression(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(FASTQ)
    (tmp_path / "b").write_bytes(gzipped(FASTQ))
    lane = Lane("S1", "l", "f", "1", (str(tmp_path / "a"),), (str(tmp_path / "b"),))
    problems: list[Problem] = []
    check_fastqs("lanes.tsv", [lane], problems)
    assert not problems
