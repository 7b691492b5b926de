"""Whose word decides the copies of X and Y that are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schelde.calling_sex import calling_sex
from schelde.joblog import JobError
from schelde.sheet import Sex


def metrics(folder: Path, karyotype: str | None) -> Path:
    path = folder / "s.reads.json"
    path.write_text(json.dumps({"sex": {"karyotype": karyotype}}))
    return path


def test_the_declared_sex_decides_where_the_reads_are_not_asked() -> None:
    assert calling_sex("male", None) is Sex.MALE


@pytest.mark.parametrize(
    ("karyotype", "sex"),
    [
        ("XX", Sex.FEMALE),
        ("XXX", Sex.FEMALE),
        ("X0", Sex.FEMALE),
        ("XY", Sex.MALE),
        ("XYY", Sex.MALE),
        ("XXY", Sex.UNKNOWN),
    ],
)
def test_a_clear_karyotype_stands_above_the_declared_sex(
    tmp_path: Path, karyotype: str, sex: Sex
) -> None:
    declared = "male" if sex is Sex.FEMALE else "female"
    assert calling_sex(declared, metrics(tmp_path, karyotype)) is sex


def test_an_unclear_karyotype_leaves_the_declared_sex(tmp_path: Path) -> None:
    assert calling_sex("male", metrics(tmp_path, None)) is Sex.MALE


def test_a_file_that_does_not_tell_of_sex_ends_the_job(tmp_path: Path) -> None:
    path = tmp_path / "s.reads.json"
    path.write_text("{}")
    with pytest.raises(JobError, match="does not tell of sex"):
        calling_sex("male", path)
