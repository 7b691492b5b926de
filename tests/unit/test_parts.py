"""Folders for what is not whole yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.parts import part_folder, whole_folder


def test_what_a_killed_job_left_is_gone(tmp_path: Path) -> None:
    left = tmp_path / "lane.json.parts" / "old"
    left.mkdir(parents=True)
    with part_folder(tmp_path / "lane.json") as folder:
        assert folder == left.parent
        assert not list(folder.iterdir())


def test_nothing_is_left_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), part_folder(tmp_path / "lane.json") as folder:
        (folder / "half").write_text("x")
        raise ValueError("broken")
    assert not list(tmp_path.iterdir())


def test_a_folder_has_its_name_only_when_the_block_ended_well(tmp_path: Path) -> None:
    path = tmp_path / "made"
    with pytest.raises(ZeroDivisionError), whole_folder(path) as part:
        (part / "half").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with whole_folder(path) as part:
        (part / "all").touch()
    assert [file.name for file in path.iterdir()] == ["all"]


def test_a_folder_has_nothing_of_what_a_killed_job_or_an_earlier_run_left(tmp_path: Path) -> None:
    for name in ("made.parts", "made"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").touch()
    with whole_folder(tmp_path / "made") as part:
        (part / "new").touch()
    assert [file.name for file in (tmp_path / "made").iterdir()] == ["new"]
