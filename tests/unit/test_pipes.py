"""Pipes tell every failure, and files are whole or not there."""

from pathlib import Path

import pytest

from schelde.pipes import ToolError, pipe, whole


def test_bytes_go_through_all_commands(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        pipe([["printf", "b\\na\\n"], ["sort"], ["tr", "a-z", "A-Z"]], stdout=out)
    assert (tmp_path / "out").read_text() == "A\nB\n"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_failure_anywhere_in_the_pipe_is_an_error(place: int) -> None:
    commands = [["true"], ["cat"], ["cat"]]
    commands[place] = ["false"]
    with pytest.raises(ToolError, match="false ended with status 1"):
        pipe(commands)


def test_a_writer_cut_short_by_its_reader_is_an_error() -> None:
    with pytest.raises(ToolError, match="yes ended with status"):
        pipe([["yes"], ["true"]])


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "folder" / "file"
    with pytest.raises(ZeroDivisionError), whole(final) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert list(final.parent.iterdir()) == []
    with whole(final) as part:
        part.write_text("all")
        assert not final.exists()
    assert final.read_text() == "all"
