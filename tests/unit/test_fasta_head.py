"""Contig lengths: from notes, an index or the FASTA itself, always of the file as it is now."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from schelde import paths
from schelde.fasta_head import read_head
from schelde.reference import FastaError

TEXT = b">1 first\nACGTN\nACG\n>chrUn_2\nacgtn\r\n"
LENGTHS = {"1": 8, "chrUn_2": 5}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(paths.GENOME_FACTS).parent.mkdir(parents=True)
    return tmp_path


def note(fasta: Path) -> None:
    """Note a FASTA as the reference stage does, with another length to know it by."""
    found = fasta.stat()
    facts = {
        "source_bytes": found.st_size,
        "source_mtime_ns": found.st_mtime_ns,
        "source_md5": "noted",
        "contigs": [{"name": "1", "length": 77}],
    }
    Path(paths.GENOME_FACTS).write_text(json.dumps(facts))


def later(path: Path, than: Path, seconds: int) -> None:
    """Set the time of a file relative to another's."""
    time = than.stat().st_mtime_ns + seconds * 10**9
    os.utime(path, ns=(time, time))


def bgzipped(text: bytes) -> bytes:
    Path("x").write_bytes(text)
    pysam.tabix_compress("x", "x.gz")
    return Path("x.gz").read_bytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzipped])
def test_a_fasta_is_read_plain_gzipped_or_bgzipped(
    folder: Path, pack: Callable[[bytes], bytes]
) -> None:
    data = pack(TEXT)
    Path("a.fa").write_bytes(data)
    head = read_head("a.fa", md5=True)
    assert head.lengths == LENGTHS
    assert head.md5 == hashlib.md5(data).hexdigest()


def test_lengths_are_those_of_samtools(folder: Path) -> None:
    Path("a.fa").write_bytes(b">1 x\nACGTN\nACG\n>2\nAC\n>3\n" + b"ACGTACGT\n" * 9)
    pysam.faidx("a.fa")
    rows = [line.split("\t") for line in Path("a.fa.fai").read_text().splitlines()]
    Path("a.fa.fai").unlink()
    assert list(read_head("a.fa", md5=False).lengths.items()) == [(r[0], int(r[1])) for r in rows]


def test_an_index_that_is_newer_spares_reading_the_fasta(folder: Path) -> None:
    Path("a.fa").write_bytes(TEXT)
    Path("a.fa.fai").write_text("1\t99\t3\t5\t6\n")
    later(Path("a.fa.fai"), Path("a.fa"), 1)
    assert read_head("a.fa", md5=False).lengths == {"1": 99}


def test_an_index_that_is_older_is_not_believed(folder: Path) -> None:
    Path("a.fa").write_bytes(TEXT)
    Path("a.fa.fai").write_text("1\t99\t3\t5\t6\n")
    later(Path("a.fa.fai"), Path("a.fa"), -1)
    assert read_head("a.fa", md5=False).lengths == LENGTHS


def test_a_broken_index_is_told(folder: Path) -> None:
    Path("a.fa").write_bytes(TEXT)
    Path("a.fa.fai").write_text("1\tx\n")
    later(Path("a.fa.fai"), Path("a.fa"), 1)
    with pytest.raises(FastaError, match=r"its index 'a\.fa\.fai' is broken"):
        read_head("a.fa", md5=False)


def test_what_the_last_run_noted_spares_reading_the_fasta_again(folder: Path) -> None:
    Path("a.fa").write_bytes(TEXT)
    note(Path("a.fa"))
    head = read_head("a.fa", md5=True)
    assert (head.lengths, head.md5) == ({"1": 77}, "noted")


@pytest.mark.parametrize("change", ["time", "size"])
def test_a_fasta_that_changed_since_the_last_run_is_read_again(folder: Path, change: str) -> None:
    fasta = Path("a.fa")
    fasta.write_bytes(TEXT)
    note(fasta)
    if change == "size":
        time = fasta.stat().st_mtime_ns
        fasta.write_bytes(TEXT + b"A\n")
        os.utime(fasta, ns=(time, time))
    else:
        later(fasta, fasta, 1)
    assert read_head("a.fa", md5=False).lengths["1"] == 8


@pytest.mark.parametrize("facts", ["", "[]", "{", "{}"])
def test_notes_that_cannot_be_read_are_left_aside(folder: Path, facts: str) -> None:
    Path("a.fa").write_bytes(TEXT)
    Path(paths.GENOME_FACTS).write_text(facts)
    assert read_head("a.fa", md5=False).lengths == LENGTHS
