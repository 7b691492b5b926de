"""Samples judged: people against one another, then each by each profile."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import ROOT

from schelde.catalogue import metrics
from schelde.judge import JudgeFiles, JudgeOutput, calling_words, judge_samples
from schelde.karyotype import SexEvidence
from schelde.panel import Panel
from schelde.pileup import Genotypes, Pileup, write_counts
from schelde.profiles import load_profiles
from schelde.qc import QcError
from schelde.sheet import Assay, Person, Sex

SITES = 2000
PANEL = Panel(
    ("1",) * SITES,
    np.arange(1, SITES + 1, dtype=np.int32) * 100,
    ("A",) * SITES,
    ("C",) * SITES,
    np.full(SITES, 0.5),
    np.zeros((SITES, 0)),
)
GOOD = {
    "mean_autosome_coverage": 30.0,
    "pct_reads_mapped": 99.0,
    "pct_reads_properly_paired": 97.0,
    "cross_contamination_rate": 0.001,
}


def evidence(sex: str = "female", karyotype: str | None = "XX") -> SexEvidence:
    return SexEvidence(30.0, 30.0, 0.0, 1.0, 0.0, 1.0, 50, karyotype, sex)


def family() -> dict[str, np.ndarray]:
    """Draw father, mother, child and a stranger at sites without linkage."""
    random = np.random.default_rng(7)
    copies = random.integers(0, 2, size=(6, SITES), dtype=np.int8)
    father, mother = copies[0] + copies[1], copies[2] + copies[3]
    of_father = np.where(random.random(SITES) < 0.5, copies[0], copies[1])
    of_mother = np.where(random.random(SITES) < 0.5, copies[2], copies[3])
    child = of_father + of_mother
    return {"F": father, "M": mother, "C": child, "X": copies[4] + copies[5]}


class Run:
    """Files of a run in a folder, and its judgement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people: list[Person] = []
        self.metrics: dict[str, Path] = {}
        self.counts: dict[str, Path] = {}

    def add(
        self,
        person: Person,
        genotypes: np.ndarray | None,
        sex: SexEvidence | None = None,
        **values: Any,
    ) -> None:
        found = dict.fromkeys(metrics()) | GOOD | values
        document = {"metrics": found, "sex_evidence": asdict(sex or evidence())}
        self.people.append(person)
        self.metrics[person.sample] = self.folder / f"{person.sample}.qc.json"
        self.metrics[person.sample].write_text(json.dumps(document))
        if genotypes is not None:
            self.counts[person.sample] = self.folder / f"{person.sample}.tsv.gz"
            zeros = np.zeros(SITES, np.int32)
            pileup = Pileup(
                *(zeros + 20, zeros, zeros),
                np.zeros(0, np.int32),
                np.zeros(0, np.uint8),
                np.zeros(0, np.uint8),
            )
            called = Genotypes(genotypes.astype(np.int8), zeros + 40, zeros + 20)
            write_counts(self.counts[person.sample], PANEL, pileup, called)

    def judge(self, *names: str, calling_sex: str = "declared") -> dict[str, Any]:
        output = JudgeOutput(
            self.folder / "pairs.tsv",
            self.folder / "trios.tsv",
            self.folder / "verdicts.tsv",
            {sample: self.folder / f"{sample}.verdict.json" for sample in self.metrics},
        )
        judge_samples(
            self.people,
            load_profiles(names or ("default",), ROOT / "config" / "profiles"),
            JudgeFiles(self.metrics, self.counts),
            output,
            autosomes=("1",),
            calling_sex=calling_sex,
        )
        return {sample: json.loads(path.read_text()) for sample, path in output.verdicts.items()}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def trio(run: Run, order: Sequence[str] = "FMC") -> None:
    """Add father, mother and child with the genotypes of others, if ``order`` says so."""
    drawn = family()
    given = dict(zip("FMC", order, strict=True))
    for sample in "FMC":
        sex = Sex.MALE if sample == "F" else Sex.FEMALE
        parents = {"father": "F", "mother": "M"} if sample == "C" else {}
        of_reads = "male" if given[sample] == "F" else "female"
        karyotype = {"male": "XY", "female": "XX"}[of_reads]
        person = Person(sample, Assay.WGS, sex, **parents)
        run.add(person, drawn[given[sample]], evidence(of_reads, karyotype))


def results(verdict: dict[str, Any]) -> dict[str, str]:
    return {rule["metric"]: rule["result"] for rule in verdict["profiles"][0]["rules"]}


def test_a_true_trio_passes(run: Run) -> None:
    trio(run)
    assert {sample: told["verdict"] for sample, told in run.judge().items()} == {
        "F": "pass",
        "M": "pass",
        "C": "pass",
    }


def test_numbers_of_the_run_stand_in_the_verdict(run: Run) -> None:
    trio(run)
    assert run.judge()["C"]["metrics"] == {
        "sex_agrees": True,
        "pedigree_agrees": True,
        "unexpected_relatives": 0,
        "mendel_error_rate": 0.0,
    }


def test_rules_of_relatives_are_asked_of_those_who_have_them(run: Run) -> None:
    trio(run)
    found = run.judge()
    assert "mendel_error_rate" in results(found["C"])
    assert "mendel_error_rate" not in results(found["F"])
    assert "pedigree_agrees" in results(found["F"])


def test_exchanged_people_are_reviewed_with_the_reason(run: Run) -> None:
    trio(run, order="CMF")
    told = run.judge()["C"]
    assert told["verdict"] == "review"
    assert results(told)["pedigree_agrees"] == results(told)["mendel_error_rate"] == "review"
    assert any("'F'" in hint for hint in told["hints"])


def test_a_thin_sample_fails_and_the_others_do_not(run: Run) -> None:
    drawn = family()
    for sample, depth in (("F", 8.0), ("X", 30.0)):
        person = Person(sample, Assay.WGS, Sex.FEMALE)
        run.add(person, drawn[sample], mean_autosome_coverage=depth)
    found = run.judge()
    assert (found["F"]["verdict"], found["X"]["verdict"]) == ("fail", "pass")


def test_the_table_names_sample_profile_and_reasons(run: Run) -> None:
    run.add(Person("S", Assay.WGS, Sex.FEMALE), family()["X"], mean_autosome_coverage=8.0)
    run.judge("default", "qatar")
    with (run.folder / "verdicts.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [(row["profile"], row["verdict"]) for row in rows] == [
        ("default", "fail"),
        ("qatar", "fail"),
    ]
    assert rows[0]["reasons"] == "mean_autosome_coverage is 8 and not >= 15 (fail)"


def test_the_verdict_is_the_worst_of_the_profiles(run: Run) -> None:
    run.add(Person("S", Assay.WGS, Sex.FEMALE), family()["X"])
    found = run.judge("default", "qatar")["S"]
    assert [each["verdict"] for each in found["profiles"]] == ["pass", "review"]
    assert found["verdict"] == "review"


def test_without_panel_a_sample_is_reviewed(run: Run) -> None:
    person = Person("S", Assay.WGS, Sex.FEMALE)
    run.add(person, None, cross_contamination_rate=None)
    told = run.judge()["S"]
    assert told["verdict"] == "review"
    assert results(told)["unexpected_relatives"] == "missing"
    assert results(told)["cross_contamination_rate"] == "missing"


def test_an_undeclared_sex_is_not_asked_about(run: Run) -> None:
    run.add(Person("S", Assay.WGS, Sex.UNKNOWN), family()["X"])
    told = run.judge()["S"]
    assert "sex_agrees" not in results(told)
    assert told["verdict"] == "pass"


def test_a_wrong_sex_is_reviewed_and_it_is_said_how_it_was_called(run: Run) -> None:
    run.add(Person("S", Assay.WGS, Sex.FEMALE), family()["X"], evidence("male", "XY"))
    told = run.judge(calling_sex="inferred")["S"]
    assert results(told)["sex_agrees"] == "review"
    assert told["calling_sex"] == "male, by the reads (XY)"


@pytest.mark.parametrize(
    ("karyotype", "source", "words"),
    [
        ("XY", "declared", "female, as declared"),
        ("XY", "inferred", "male, by the reads (XY)"),
        ("XXY", "inferred", "unknown, by the reads (XXY)"),
        (None, "inferred", "female, as declared, since the reads are unclear"),
    ],
)
def test_the_sex_that_calling_followed_is_told(
    karyotype: str | None, source: str, words: str
) -> None:
    person = Person("S", Assay.WGS, Sex.FEMALE)
    assert calling_words(person, evidence("x", karyotype), source) == words


def test_the_same_files_give_the_same_bytes(run: Run) -> None:
    trio(run)
    run.judge()
    names = sorted(path.name for path in run.folder.iterdir())
    first = {name: (run.folder / name).read_bytes() for name in names}
    run.judge()
    assert {name: (run.folder / name).read_bytes() for name in names} == first


def test_a_document_without_sex_ends_the_job(run: Run) -> None:
    run.add(Person("S", Assay.WGS, Sex.FEMALE), None)
    run.metrics["S"].write_text('{"metrics": {}}')
    with pytest.raises(QcError, match="does not tell of sex"):
        run.judge()
