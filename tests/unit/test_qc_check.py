"""The user's files of quality control, checked before the first job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schelde.config import read_settings
from schelde.errors import Problem
from schelde.qc_check import check_qc

ROOT = Path(__file__).parents[2]
LENGTHS = {"chr20": 1000}
BED = "chr20\t99\t100\tA\tG\nchr20\t199\t200\tC\tT\n"
MU = "chr20:100\t0.5\nchr20:200\t1.2\n"
Check = Callable[..., list[Problem]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)

    def run(qc: dict[str, object], **files: str) -> list[Problem]:
        for name, text in files.items():
            Path(name.replace("_", ".")).write_text(text)
        Path("config.yaml").write_text("reference: {name: a}\n")
        problems: list[Problem] = []
        draft = read_settings({"qc": qc}, [Path("config.yaml")], problems)
        assert draft is not None
        check_qc(draft, ROOT, LENGTHS, problems, thorough=True)
        return problems

    return run


def test_a_panel_of_verifybamid2_is_fine(check: Check) -> None:
    assert check({"panel": "panel"}, panel_bed=BED, panel_mu=MU) == []


def test_no_panel_is_fine_as_long_as_no_tool_needs_one(check: Check) -> None:
    assert check({}) == []
    told = check({"contamination": "gatk"})
    assert [problem.what for problem in told] == [
        "gatk needs a panel of sites, but qc.panel is empty"
    ]


def test_a_panel_that_is_not_there_is_told_at_the_key(check: Check) -> None:
    told = check({"panel": "no/panel"})
    assert {problem.file for problem in told} == {"--config"}
    assert any("no/panel.bed" in problem.what for problem in told)


def test_a_panel_of_another_assembly_is_refused(check: Check) -> None:
    told = check(
        {"panel": "panel"}, panel_bed=BED.replace("chr", ""), panel_mu=MU.replace("chr", "")
    )
    assert "has contigs such as '20', none of the reference" in told[0].what


def test_mistakes_in_a_panel_are_told_with_their_lines(check: Check) -> None:
    told = check({"panel": "panel"}, panel_bed=BED.replace("\tG", "\tGG"), panel_mu=MU)
    assert (told[0].file, told[0].line) == ("panel.bed", 1)


@pytest.mark.parametrize("panel", ["panel.vcf", "panel"])
def test_a_panel_without_components_cannot_go_to_verifybamid2(check: Check, panel: str) -> None:
    files = {"panel_vcf": "", "panel_bed": BED, "panel_mu": MU}
    told = check({"panel": panel, "contamination": "verifybamid2"}, **files)
    assert any(f"verifybamid2 cannot use panel '{panel}'" in problem.what for problem in told)


def test_regions_past_the_end_of_a_contig_are_refused(check: Check) -> None:
    told = check({"regions": "regions.bed"}, regions_bed="chr20\t10\t2000\n")
    assert (told[0].file, told[0].line) == ("regions.bed", 1)


def test_an_unknown_profile_is_told_with_the_nearest_name(check: Check) -> None:
    told = check({"profiles": ["defualt"]})
    assert "default" in told[0].remedy
