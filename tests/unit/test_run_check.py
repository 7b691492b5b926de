"""What a run calls and where it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.config import Settings
from schelde.errors import Problem
from schelde.run_check import ALWAYS, OUTPUTS, check_outputs, tools_of


@pytest.mark.parametrize(
    ("align", "call", "qc", "more"),
    [
        ({}, {}, {}, {"bwa", "gatk", "riker"}),
        ({"aligner": "minibwa"}, {"caller": "bcftools"}, {}, {"minibwa", "riker"}),
        ({"aligner": "bwa-mem2"}, {"caller": "freebayes"}, {}, {"bwa-mem2", "freebayes", "riker"}),
        ({}, {"caller": "bcftools", "bqsr": True}, {}, {"bwa", "gatk", "riker"}),
        ({}, {"caller": "bcftools"}, {"engine": "picard"}, {"bwa", "gatk"}),
        (
            {},
            {"caller": "bcftools"},
            {"contamination": "verifybamid2"},
            {"bwa", "riker", "verifybamid2"},
        ),
        ({}, {"caller": "pairhmm"}, {}, {"bwa", "riker"}),
        ({}, {"caller": "deepvariant"}, {}, {"bwa", "deepvariant", "riker"}),
        ({}, {"caller": "parabricks"}, {}, {"bwa", "gatk", "parabricks", "riker"}),
        ({}, {"caller": "parabricks-deepvariant"}, {}, {"bwa", "parabricks", "riker"}),
        (
            {"aligner": "parabricks"},
            {"caller": "bcftools"},
            {},
            {"bwa", "parabricks", "riker"},
        ),
    ],
)
def test_only_the_programs_of_the_chosen_backends_are_needed(
    align: dict[str, object], call: dict[str, object], qc: dict[str, object], more: set[str]
) -> None:
    settings = Settings.model_validate(
        {"reference": {"name": "a"}, "align": align, "call": call, "qc": qc}
    )
    assert set(tools_of(settings)) == {*ALWAYS, *more}


def test_folders_that_are_there_or_can_be_made_are_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("elsewhere").mkdir()
    Path("logs").symlink_to("elsewhere")
    problems: list[Problem] = []
    check_outputs(problems)
    assert not problems
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "logs", "results"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_file_in_the_place_of_a_folder_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    problems: list[Problem] = []
    check_outputs(problems)
    assert [problem.file for problem in problems] == [name]
