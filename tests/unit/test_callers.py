"""What the callers write, made alike; and signs that they died."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.callers.bcftools import uniform
from schelde.callers.freebayes import BANDS, SILENT, refuse_death, with_blocks
from schelde.callers.tools import CallError, Machine, job_on
from schelde.gvcf import block_line, parse
from schelde.pipes import ToolError


def base(contig: str, pos: int) -> str:
    return "ACGT"[pos % 4]


def bcftools_line(pos: int, ref: str, alt: str, info: str, sample: str = "0/0:7") -> bytes:
    return f"1\t{pos}\t.\t{ref}\t{alt}\t.\t.\t{info}\tGT:DP\t{sample}\n".encode()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (bcftools_line(5, "A", ".", "END=9;MinDP=7"), block_line("1", 5, 9, "A", 2, 7)),
        (bcftools_line(5, "A", ".", "MinDP=7"), block_line("1", 5, 5, "A", 2, 7)),
        (bcftools_line(5, "A", ".", "MinDP=7", "0:7"), block_line("1", 5, 5, "A", 1, 7)),
        # reads, but no base of theirs is good enough
        (bcftools_line(5, "A", ".", "END=9;MinDP=0"), block_line("1", 5, 9, "A", 2, 0)),
        (bcftools_line(5, "A", "C", "DP=7", "0/1:7"), bcftools_line(5, "A", "C", "DP=7", "0/1:7")),
        (bcftools_line(5, "CAA", "CA", "INDEL"), bcftools_line(5, "CA", "C", "INDEL")),
    ],
)
def test_blocks_of_bcftools_become_those_of_every_caller(line: bytes, expected: bytes) -> None:
    assert list(uniform([line])) == [expected]


def test_an_indel_of_bcftools_that_was_not_called_is_no_second_block() -> None:
    lines = [bcftools_line(5, "A", ".", "END=9;MinDP=7"), bcftools_line(9, "TT", ".", "MinDP=7")]
    later = bcftools_line(10, "T", ".", "MinDP=7")
    places = [(found.pos, found.end) for found in map(parse, uniform([*lines, later]))]
    assert places == [(5, 9), (10, 10)]


def freebayes_line(pos: int, length: int, contig: str = "1") -> bytes:
    return f"{contig}\t{pos}\t.\t{'A' * length}\tC\t9\t.\t.\tGT\t0/1\n".encode()


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=80),
    st.dictionaries(st.integers(1, 90), st.integers(1, 9), max_size=6),
)
def test_depths_between_variants_become_blocks_of_one_band_each(
    depths: list[int | None], variants: dict[int, int]
) -> None:
    covered = {pos: depth for pos, depth in enumerate(depths, start=1) if depth is not None}
    lines = [f"1\t{pos}\t{depth}\n".encode() for pos, depth in covered.items()]
    written = [freebayes_line(pos, length) for pos, length in sorted(variants.items())]
    found = [parse(line) for line in with_blocks(written, lines, {"1": 0}, base)]
    assert [record.pos for record in found] == sorted(record.pos for record in found)
    assert [record.line for record in found if not record.is_block] == written
    deleted = {p for pos, length in variants.items() for p in range(pos, pos + length)}
    blocks = [record for record in found if record.is_block]
    tiled = [pos for block in blocks for pos in range(block.pos, block.end + 1)]
    assert tiled == [pos for pos in covered if pos not in deleted]
    for block in blocks:
        inside = [covered[pos] for pos in range(block.pos, block.end + 1)]
        assert len({sum(depth >= least for least in BANDS) for depth in inside}) == 1
        assert block.line.decode().rstrip().endswith(f":{min(inside)}")


def test_variants_of_contigs_without_reads_stand_in_order() -> None:
    depths = [b"2\t5\t20\n", b"4\t5\t20\n"]
    variants = [freebayes_line(7, 1, contig) for contig in "12345"]
    found = [
        parse(line)
        for line in with_blocks(variants, depths, dict(zip("12345", range(5), strict=True)), base)
    ]
    places = [(record.contig, record.pos) for record in found]
    assert places == [("1", 7), ("2", 5), ("2", 7), ("3", 7), ("4", 5), ("4", 7), ("5", 7)]


def blocks(total: int, size: int) -> Iterable[bytes]:
    for pos in range(1, total, size):
        yield block_line("1", pos, pos + size - 1, "A", 2, 20)


def test_a_freebayes_that_fell_silent_is_noticed() -> None:
    with pytest.raises(CallError, match="freebayes has no record in the 1010000 covered bases"):
        list(refuse_death(blocks(SILENT + 20_000, 10_000)))


def test_a_freebayes_that_finds_something_now_and_then_is_alive() -> None:
    variant = b"1\t900001\t.\tA\tC\t1\t.\tAB=0\tGT\t0/0\n"
    lines = sorted([*blocks(1_800_000, 10_000), variant], key=lambda line: int(line.split()[1]))
    assert list(refuse_death(lines)) == lines


def machine(folder: Path) -> Machine:
    return Machine(1, 1000, folder, folder / "log")


@pytest.mark.parametrize(
    "words",
    [
        "A USER ERROR has occurred: Bad input: no such contig",
        "java.lang.OutOfMemoryError: Java heap space",
        'Exception in thread "main" java.lang.IllegalStateException: x',
        "java.lang.NullPointerException",
        "org.broadinstitute.hellbender.exceptions.GATKException: x",
        "htsjdk.samtools.SAMFormatException: x",
        "# A fatal error has been detected by the Java Runtime Environment:",
        "Segmentation fault (core dumped)",
        "[E::cram_read_container] Container header CRC32 failure",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "Killed",
    ],
)
def test_a_tool_whose_log_shows_a_crash_failed_whatever_its_status(
    tmp_path: Path, words: str
) -> None:
    with pytest.raises(CallError, match="the log shows a crash"), job_on(machine(tmp_path)) as job:
        job.run([sys.executable, "-c", f"print({words!r})"])
    assert "CallError" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "words",
    [
        "12:00:00.000 WARN  InbreedingCoeff - will not be calculated at position 20:1043",
        "12:00:00.000 INFO  NativeLibraryLoader - Loading libgkl_utils.so",
        "[W::find_file_url] Failed to open reference",
        "Lines   total/split/realigned/skipped:\t5/3/0/0",
        "[mpileup] maximum number of reads per input file set to -d 5000",
    ],
)
def test_a_warning_is_no_crash(tmp_path: Path, words: str) -> None:
    with job_on(machine(tmp_path)) as job:
        job.run([sys.executable, "-c", f"print({words!r})"])


@pytest.mark.parametrize(
    ("words", "why"), [("", "see .*log"), ("java.lang.Error: no such contig", "no such contig")]
)
def test_a_tool_that_fails_fails_the_job_and_says_why(tmp_path: Path, words: str, why: str) -> None:
    code = f"print({words!r}); raise SystemExit(3)"
    with pytest.raises(ToolError, match=f"status 3: .*{why}"), job_on(machine(tmp_path)) as job:
        job.run([sys.executable, "-c", code])


def test_the_scratch_of_a_job_goes_away(tmp_path: Path) -> None:
    with job_on(machine(tmp_path)) as job:
        (job.folder / "big").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_job_never_asks_the_network_for_a_reference(tmp_path: Path) -> None:
    with job_on(machine(tmp_path), tmp_path / "md5") as job:
        assert job.environment["REF_PATH"] == f"{tmp_path}/md5/%2s/%2s/%s"
    with job_on(machine(tmp_path)) as job:
        assert "://" not in job.environment["REF_PATH"]
