"""The folder for what is not whole yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.parts import part_folder


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
