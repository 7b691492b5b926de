"""Shards that are there and whole; folders that are never left half-made."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.callers.tfrecords import count_records, found_shards, shard_paths
from schelde.callers.tools import CallError


def framed(records: list[bytes]) -> bytes:
    return b"".join(len(r).to_bytes(8, "little") + bytes(4) + r + bytes(4) for r in records)


@given(st.lists(st.lists(st.binary(max_size=40), max_size=5), min_size=1, max_size=4))
def test_records_of_all_files_are_counted(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / str(number) for number in range(len(files))]
    for path, records in zip(paths, files, strict=True):
        path.write_bytes(gzip.compress(framed(records)))
    assert count_records(paths, 2) == sum(map(len, files))


@pytest.mark.parametrize("lost", [1, 8, 9, 300])
def test_a_file_that_was_cut_anywhere_is_not_whole(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(framed([random.Random(1).randbytes(2000)]))[:-lost])
    with pytest.raises(CallError, match=r"a\.gz is not whole"):
        count_records([path], 1)


@pytest.mark.parametrize("text", [framed([b"abc"])[:-1], framed([b"abc"])[:5], b"\xff" * 12])
def test_a_record_that_is_cut_is_noticed_in_a_gzip_file_that_is_whole(
    tmp_path: Path, text: bytes
) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(text))
    with pytest.raises(CallError, match="is not whole"):
        count_records([tmp_path / "a.gz"], 1)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"a\.gz was not written"):
        count_records([tmp_path / "a.gz"], 1)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_shards_are_found_however_many_there_are(tmp_path: Path, number: int) -> None:
    made = shard_paths(tmp_path, "calls@.tfrecord.gz", number)
    for path in made:
        path.touch()
    (tmp_path / "others.json").touch()
    assert found_shards(tmp_path, "calls@.tfrecord.gz") == made


@pytest.mark.parametrize("left", [[0, 1], [1, 2], [2]])
def test_a_missing_shard_is_a_failure(tmp_path: Path, left: list[int]) -> None:
    for number in left:
        shard_paths(tmp_path, "calls@.gz", 3)[number].touch()
    with pytest.raises(CallError, match="shards are missing"):
        found_shards(tmp_path, "calls@.gz")


def test_shards_of_two_runs_are_not_taken_for_one(tmp_path: Path) -> None:
    for path in (*shard_paths(tmp_path, "calls@.gz", 1), *shard_paths(tmp_path, "calls@.gz", 2)):
        path.touch()
    with pytest.raises(CallError, match="shards are missing"):
        found_shards(tmp_path, "calls@.gz")
