"""pbrun: why it failed, in words; files that are real; files that are whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schelde import bgzf
from schelde.joblog import JobError
from schelde.pbrun import (
    Made,
    read_made,
    require_gpu,
    require_whole,
    stage,
    version_of_pbrun,
    why,
    write_made,
)
from schelde.pipes import ToolError

CUDA = "[PB Error][src/likehood_test.cu:1056] cudaSafeCall() failed: out of memory, exiting."


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (255, CUDA, "ran out of the memory of the GPU"),
        (255, "std::bad_alloc", "the memory of the machine is at its end"),
        (255, "[PB Error] Received signal: 9", "ended with status 137"),
        (-9, "", "ended with status 137"),
        (137, "", "ended with status 137"),
        (-11, "", "was ended by signal 11"),
        (139, "", "was ended by signal 11"),
        (255, "[PB Error] Received signal: 11", "was ended by signal 11"),
        (255, "[Parabricks Options Error]: a; b", "refused what it was given, 'a, b'"),
        (255, "one\nCould not run x\nExiting", "its own errors alike, and said 'Could not run x'"),
        (125, "no such image\n", "gave status 125, and said 'no such image'"),
        (255, "", "and said ''"),
    ],
)
def test_a_failure_is_told_as_what_it_was(status: int, said: str, expected: str) -> None:
    told, remedy = why("pbrun x", status, said).split("; ")
    assert told.startswith("pbrun x ")
    assert expected in told
    assert remedy


def test_a_staged_file_is_the_same_file_on_the_same_disk(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    staged = stage(tmp_path / "link", tmp_path / "room/b")
    assert staged.samefile(tmp_path / "a")
    assert not staged.is_symlink()


def test_a_staged_file_is_a_copy_of_the_same_age_where_it_cannot_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(target: Path, source: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    (tmp_path / "a").write_text("x")
    os.utime(tmp_path / "a", (1, 1))
    staged = stage(tmp_path / "a", tmp_path / "b")
    assert (staged.read_text(), staged.stat().st_mtime) == ("x", 1)


def test_a_file_without_its_end_is_refused(tmp_path: Path) -> None:
    for name, content in (("short", b"x"), ("cut", b"x" * 99), ("whole", b"x" * 99 + bgzf.END)):
        (tmp_path / name).write_bytes(content)
    require_whole(tmp_path / "whole")
    for name in ("short", "cut", "absent"):
        with pytest.raises(JobError, match=f"left {name} cut short"):
            require_whole(tmp_path / name)


def test_what_a_job_tells_the_next_one_is_read_back(tmp_path: Path) -> None:
    write_made(tmp_path / "made.json", Made("4.7.1-1"))
    assert read_made(tmp_path / "made.json") == Made("4.7.1-1")


@pytest.mark.parametrize(
    ("shown", "version"),
    [
        ("Please visit https://docs.nvidia.com/clara\n\npbrun: 4.7.1-1\n", "4.7.1-1"),
        ("no version\n", None),
    ],
)
def test_the_version_is_what_pbrun_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, version: str | None
) -> None:
    (tmp_path / "pbrun").write_text(f"#!/bin/sh\nprintf '{shown}'\n")
    (tmp_path / "pbrun").chmod(0o755)
    monkeypatch.setattr(
        "schelde.pbrun.command_in", lambda image, words, *, gpu, folders: [tmp_path / words[0]]
    )
    if version is None:
        with pytest.raises(ToolError, match="no version"):
            version_of_pbrun(os.environ, [])
    else:
        assert version_of_pbrun(os.environ, []) == version


def test_where_there_is_no_pbrun_it_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schelde.pbrun.command_in", lambda *_, **__: ["no-such-pbrun"])
    with pytest.raises(ToolError, match=r"no-such-pbrun cannot be run.*container_engine"):
        version_of_pbrun(os.environ, [])


def test_a_job_without_a_gpu_is_told_where_to_give_it_one() -> None:
    with pytest.raises(JobError, match=r"in config/jobs\.yaml"):
        require_gpu(0)
