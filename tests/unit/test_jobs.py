"""config/jobs.yaml is read strictly, and memory grows with the attempt."""

from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.jobs import read_jobs


def write(folder: Path, text: str) -> Path:
    path = folder / "jobs.yaml"
    path.write_text(text)
    return path


def test_memory_and_minutes_grow_with_the_attempt(tmp_path: Path) -> None:
    jobs = read_jobs(write(tmp_path, "a: {threads: 2, mem_mb: 100, runtime: 5, disk_mb: 7}\n"))
    resources = jobs("a").resources
    grown = {
        key: value(wildcards=None, attempt=3) if callable(value) else value
        for key, value in resources.items()
    }
    assert grown == {"mem_mb": 300, "runtime": 15, "disk_mb": 7}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{thread: 2, mem_mb: 1, runtime: 1}", "unknown key 'thread'; did you mean 'threads'?"),
        ("{threads: 0, mem_mb: 1, runtime: 1}", "'threads' of rule 'a' is 0"),
        ("{threads: 1, mem_mb: 2G, runtime: 1}", "'mem_mb' of rule 'a' is '2G'"),
        ("{threads: 1, mem_mb: 1}", "'runtime' of rule 'a' is None"),
        ("3", "'threads' of rule 'a' is None"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(tmp_path: Path, entry: str, told: str) -> None:
    path = write(tmp_path, f"# numbers\na: {entry}\n")
    with pytest.raises(UserError) as caught:
        read_jobs(path)
    assert any(f"{path}:2: {told}" in str(problem) for problem in caught.value.problems)


def test_a_rule_without_entry_is_named(tmp_path: Path) -> None:
    jobs = read_jobs(write(tmp_path, "a: {threads: 2, mem_mb: 100, runtime: 5}\n"))
    with pytest.raises(KeyError, match="no entry for rule 'b'"):
        jobs("b")
