"""One stream for several readers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from schelde.measure.share import Reader, share
from schelde.pipes import ToolError

MANY = ["head", "--bytes", "9000000", "/dev/zero"]


def reader(folder: Path, name: str, *commands: list[str]) -> Reader:
    return Reader(name, commands, folder / f"{name}.txt")


def test_every_reader_gets_every_byte(tmp_path: Path) -> None:
    readers = [reader(tmp_path, "a", ["md5sum"]), reader(tmp_path, "b", ["cat"], ["md5sum"])]
    with (tmp_path / "log").open("wb") as log:
        share(MANY, readers, log=log)
    expected = f"{hashlib.md5(bytes(9000000)).hexdigest()}  -\n"
    assert [(tmp_path / name).read_text() for name in ("a.txt", "b.txt")] == [expected, expected]


def test_a_reader_that_stops_early_is_named(tmp_path: Path) -> None:
    readers = [reader(tmp_path, "all", ["md5sum"]), reader(tmp_path, "some", ["head", "-c", "9"])]
    with (
        (tmp_path / "log").open("wb") as log,
        pytest.raises(ToolError, match="some stopped before the end of the reads"),
    ):
        share(MANY, readers, log=log)


def test_a_reader_that_reads_all_and_then_fails_is_an_error(tmp_path: Path) -> None:
    readers = [reader(tmp_path, "late", ["sh", "-c", "cat > /dev/null; exit 3"])]
    with (tmp_path / "log").open("wb") as log, pytest.raises(ToolError, match="status 3"):
        share(MANY, readers, log=log)


def test_a_source_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    source = ["sh", "-c", "echo begun; exit 4"]
    with (tmp_path / "log").open("wb") as log, pytest.raises(ToolError, match="status 4"):
        share(source, [reader(tmp_path, "a", ["cat"])], log=log)
