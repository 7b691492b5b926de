"""How a job ends when its data or a tool is at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.errors import Problem, UserError
from schelde.joblog import JobError, job_log
from schelde.pipes import ToolError


@pytest.mark.parametrize("kind", [JobError, ToolError])
def test_a_fault_ends_the_job_with_its_message_in_the_log(
    tmp_path: Path, kind: type[Exception]
) -> None:
    with pytest.raises(SystemExit) as ended, job_log(tmp_path / "log") as log:
        log.write(b"at work\n")
        raise kind("a.fq: is cut short")
    assert ended.value.code == "a.fq: is cut short"
    assert (tmp_path / "log").read_text() == "at work\na.fq: is cut short\n"


def test_a_users_mistake_in_a_job_is_told_without_a_traceback(tmp_path: Path) -> None:
    wrong = UserError([Problem("panel.bed", 3, "is no SNP", "give another panel")])
    with pytest.raises(SystemExit) as ended, job_log(tmp_path / "log"):
        raise wrong
    assert "panel.bed:3: is no SNP; give another panel" in str(ended.value.code)
    assert "panel.bed:3" in (tmp_path / "log").read_text()


def test_a_mistake_of_ours_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), job_log(tmp_path / "log"):
        1 / 0  # noqa: B018
