"""Names of a build, read from YAML, and the copies of each contig that a person has."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.assembly import Assembly, read_assembly
from schelde.errors import UserError
from schelde.sheet import Sex

ROOT = Path(__file__).parents[2]
TOY = Assembly("toy", ("1", "2"), "X", "Y", "MT", {"X": ((10, 20), (80, 90)), "Y": ((5, 15),)})
LENGTHS = {"1": 50, "2": 40, "X": 100, "Y": 60, "MT": 16}


def text_problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "build.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        read_assembly(file)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_an_assembly_is_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "toy.yaml"
    file.write_text(
        "name: toy\nautosomes: [1, 2]\nx: X\ny: Y\nmitochondrion: MT\n"
        "par:\n  X: [[80, 90], [10, 20]]\n  Y: [[5, 15]]\n"
    )
    assert read_assembly(file) == TOY


def test_names_keep_their_leading_zeros_and_look_like_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "toy.yaml"
    file.write_text("name: 1.0\nautosomes: [01, 1e3, yes, 0x1]\n")
    assert read_assembly(file) == Assembly("1.0", ("01", "1e3", "yes", "0x1"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("- a\n", "1: is not a set of 'key: value' lines"),
        ("name: [a\n", "is not YAML"),
        ("autosomes: [1]\n", "'name' is missing"),
        ("name: a\n", "'autosomes' is missing"),
        ("name: a\nautosomes: 1\n", "2: 'autosomes' is not a list"),
        ("name: a\nautosomes: []\n", "2: 'autosomes' is not a list"),
        ("name: a\nautosomes: [[1]]\n", "2: 'autosomes' is not a name"),
        ("name: a\nautosomes: [1]\nx:\n  - X\n", "4: 'x' is not a name"),
        ("name: a\nautosomes: [1]\nautosome: [2]\n", "3: unknown key 'autosome'; did you mean"),
        ("name: a\nautosomes: [1]\nname: b\n", "3: 'name' is given twice"),
        ("name: a\nautosomes: [1, 1]\n", "2: contig '1' is named twice"),
        ("name: a\nautosomes: [1]\nx: 1\n", "2: contig '1' is named twice"),
        ("name: a\nautosomes: [1]\npar: 5\n", "3: 'par' is not"),
        ("name: a\nautosomes: [1]\npar:\n  X: [[1, 2]]\n", "PAR is given for 'X'"),
        ("name: a\nautosomes: [1]\nx: X\npar:\n  X: [[2, 1]]\n", "5: an interval of PAR"),
        ("name: a\nautosomes: [1]\nx: X\npar:\n  X: [[-1, 1]]\n", "5: an interval of PAR"),
        ("name: a\nautosomes: [1]\nx: X\npar:\n  X: [1, 2]\n", "5: an interval of PAR"),
        ("name: a\nautosomes: [1]\nx: X\npar:\n  X: [[1, 5], [4, 9]]\n", "overlap"),
    ],
)
def test_a_wrong_assembly_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    assert any(problem in told for told in text_problems(tmp_path, text))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    assert len(text_problems(tmp_path, "nam: a\nautosomes: [1, 1]\npar:\n  X: [[2, 1]]\n")) == 5


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: .*exist"):
        read_assembly(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        # Lengths of X and Y: GRC, as in the SAM headers of everyone's files.
        ("GRCh38", {"chrX": 156_040_895, "chrY": 57_227_415}),
        ("GRCh37", {"X": 155_270_560, "Y": 59_373_566}),
    ],
)
def test_par_is_as_long_on_x_as_on_y(name: str, lengths: dict[str, int]) -> None:
    assembly = read_assembly(ROOT / "resources" / "assemblies" / f"{name}.yaml")
    x, y = ([end - start for start, end in assembly.par[contig]] for contig in lengths)
    assert x == y
    assert [assembly.par[contig][-1][1] for contig in lengths] == [
        length - 10_000 for length in lengths.values()
    ]


@pytest.mark.parametrize("name", ["GRCh38", "GRCh37"])
def test_a_human_assembly_has_25_contigs(name: str) -> None:
    assembly = read_assembly(ROOT / "resources" / "assemblies" / f"{name}.yaml")
    assert assembly.name == name
    assert len(set(assembly.primary)) == 25


@pytest.mark.parametrize(
    ("sex", "x", "y"),
    [
        (Sex.FEMALE, [2, 2, 2, 2, 2], [0, 0, 0]),
        (Sex.MALE, [1, 2, 1, 2, 1], [1, 0, 1]),
        (Sex.UNKNOWN, [2, 2, 2, 2, 2], [1, 0, 1]),
    ],
)
def test_copies_follow_sex_and_par(sex: Sex, x: list[int], y: list[int]) -> None:
    rows = TOY.ploidy(sex, LENGTHS)
    assert [row[3] for row in rows if row[0] == "X"] == x
    assert [row[3] for row in rows if row[0] == "Y"] == y
    assert [row for row in rows if row[0] == "MT"] == [("MT", 0, 16, 1)]
    assert {row[3] for row in rows if row[0] in ("1", "2")} == {2}


@given(sex=st.sampled_from(Sex), shown=st.sets(st.sampled_from(sorted(LENGTHS))))
def test_ploidy_covers_each_base_once(sex: Sex, shown: set[str]) -> None:
    lengths = {contig: LENGTHS[contig] for contig in shown}
    rows = TOY.ploidy(sex, lengths)
    for contig, length in lengths.items():
        covered = [place for name, s, e, _ in rows if name == contig for place in range(s, e)]
        assert covered == list(range(length))
    assert {row[0] for row in rows} == shown
