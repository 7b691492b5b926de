"""Pipes of tools and the VCFs that are written through them: whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pysam
import pytest

from schelde.pipes import ToolError
from schelde.streams import feeding, reading, vcf_writer

HEADER = "##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
BODY = "".join(f"1\t{pos}\t.\tA\tC\t9\t.\t.\n" for pos in range(1, 50_000))


@pytest.fixture
def log(tmp_path: Path, need: Callable[..., None]) -> Iterator[IO[bytes]]:
    need("bgzip", "tabix")
    with (tmp_path / "log").open("wb") as file:
        yield file


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_vcf_is_written_with_its_index_and_its_md5(tmp_path: Path, log: IO[bytes]) -> None:
    path = tmp_path / "out" / "s.vcf.gz"
    with vcf_writer(path, md5=tmp_path / "out" / "s.md5", log=log) as sink:
        sink.write((HEADER + BODY).encode())
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    assert (tmp_path / "out" / "s.md5").read_text() == f"{digest}  s.vcf.gz\n"
    with pysam.TabixFile(str(path)) as file:
        assert list(file.fetch("1", 9, 11)) == BODY.splitlines()[9:11]
    assert sorted(p.name for p in path.parent.iterdir()) == ["s.md5", "s.vcf.gz", "s.vcf.gz.tbi"]


def test_a_vcf_is_the_same_at_any_number_of_threads(tmp_path: Path, log: IO[bytes]) -> None:
    for threads in (1, 3):
        with vcf_writer(tmp_path / f"{threads}.vcf.gz", threads=threads, log=log) as sink:
            sink.write((HEADER + BODY).encode())
    assert (tmp_path / "1.vcf.gz").read_bytes() == (tmp_path / "3.vcf.gz").read_bytes()


def test_nothing_is_left_of_a_vcf_that_was_not_finished(tmp_path: Path, log: IO[bytes]) -> None:
    def write_half() -> None:
        with vcf_writer(tmp_path / "s.vcf.gz", md5=tmp_path / "s.md5", log=log) as sink:
            sink.write((HEADER + BODY).encode())
            raise ValueError("the caller failed")

    with pytest.raises(ValueError, match="the caller failed"):
        write_half()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_vcf_that_cannot_be_indexed_is_no_vcf(tmp_path: Path, log: IO[bytes]) -> None:
    with (
        pytest.raises(ToolError, match="tabix ended with status"),
        vcf_writer(tmp_path / "s.vcf.gz", log=log) as sink,
    ):
        sink.write((HEADER + "1\t9\t.\tA\tC\t9\t.\t.\n1\t5\t.\tA\tC\t9\t.\t.\n").encode())
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


FULL = """
import resource, sys
from pathlib import Path
from schelde.streams import vcf_writer
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
with open(sys.argv[1] + "/log", "wb") as log:
    with vcf_writer(Path(sys.argv[1], "s.vcf.gz"), log=log) as sink:
        for pos in range(1, 2_000_000):
            sink.write(b"1\\t%d\\t.\\tA\\tC\\t9\\t.\\t.\\n" % pos)
"""


def test_a_full_disk_leaves_no_vcf_and_says_so(tmp_path: Path, need: Callable[..., None]) -> None:
    need("bgzip", "tabix")
    source = Path(__file__).parents[2] / "workflow/src"
    done = subprocess.run(
        [*python(FULL), str(tmp_path)],
        env={"PYTHONPATH": str(source), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "OSError: [Errno 27] File too large" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_the_output_of_a_pipe_is_read_line_by_line(log: IO[bytes]) -> None:
    with reading([python("print('b\\na')"), ["sort"]], log) as text:
        assert list(text) == [b"a\n", b"b\n"]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_tool_of_a_pipe_that_fails_is_named(log: IO[bytes], failing: int) -> None:
    commands = [python("print(1)"), ["cat"]]
    commands[failing] = python("import sys; sys.stdin.read(); sys.exit(4)")
    with (
        pytest.raises(ToolError, match=r"python\S* -c ended with status 4"),
        reading(commands, log) as text,
    ):
        list(text)


def test_a_pipe_whose_reader_gives_up_is_ended(log: IO[bytes]) -> None:
    def give_up() -> None:
        with reading([python("while True: print(1)")], log) as text:
            next(text)
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        give_up()


def test_a_pipe_that_stops_reading_is_named(tmp_path: Path, log: IO[bytes]) -> None:
    def feed() -> None:
        with feeding([["cat"], python("raise SystemExit(4)")], log, log) as sink:
            for _ in range(1000):
                sink.write(BODY.encode())

    with pytest.raises(ToolError, match="ended with status 4"):
        feed()


def test_what_is_fed_to_a_pipe_comes_out_of_it(tmp_path: Path, log: IO[bytes]) -> None:
    with (tmp_path / "out").open("wb") as out, feeding([["cat"], ["sort"]], out, log) as sink:
        sink.write(b"b\na\n")
    assert io.BytesIO((tmp_path / "out").read_bytes()).readlines() == [b"a\n", b"b\n"]
