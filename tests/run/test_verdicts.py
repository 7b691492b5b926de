"""People who are not who they should be: the verdict and the reason that each gets."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.run.real_reads import write_project

from schelde.demo import make_demo
from schelde.demo.sheets import LANES, PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("verdicts")]
FATHER, MOTHER, CHILD = (person.sample for person in PEOPLE)
QUICK = ("align={aligner: minibwa}", "call={caller: bcftools, pieces: 1}")


@pytest.fixture(scope="session")
def whole_demo(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Path:
    """The demo at its full size, whose panel is large enough to tell people apart."""
    need("art_illumina", "minibwa", "samtools", "bcftools", "fastp", "riker")
    folder = tmp_path_factory.mktemp("whole") / "demo"
    make_demo(folder)
    return folder


def some_reads(source: Path, target: Path, first: float, last: float) -> None:
    """Copy the reads of a FASTQ from one share of it to another."""
    with gzip.open(source, "rb") as handle:
        lines = handle.readlines()
    reads = len(lines) // 4
    part = lines[4 * int(first * reads) : 4 * int(last * reads)]
    target.write_bytes(gzip.compress(b"".join(part), 4, mtime=0))


def table(rows: Sequence[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def verdict(run: Any, sample: str) -> dict[str, Any]:
    return json.loads((run.folder / f"results/qc/{sample}.verdict.json").read_text())


def reasons(told: Mapping[str, Any], result: str) -> set[str]:
    """Return the metrics whose rules ended so in the default profile."""
    return {rule["metric"] for rule in told["profiles"][0]["rules"] if rule["result"] == result}


@pytest.fixture(scope="session")
def exchanged(
    whole_demo: Path, tmp_path_factory: pytest.TempPathFactory, runner: Callable[[Path], Any]
) -> Any:
    """The trio with the tubes of father and child exchanged."""
    folder = tmp_path_factory.mktemp("exchanged") / "demo"
    shutil.copytree(whole_demo, folder)
    sheet = folder / "config/lanes.tsv"
    other = {FATHER: CHILD, CHILD: FATHER}
    rows = [line.split("\t") for line in sheet.read_text().splitlines()]
    sheet.write_text(table([[other.get(row[0], row[0]), *row[1:]] for row in rows]))
    run = runner(folder)
    run("--config", *QUICK)
    return run


def test_an_exchanged_trio_does_not_follow_from_its_pedigree(exchanged: Any) -> None:
    told = verdict(exchanged, CHILD)
    assert told["verdict"] == "review"
    assert {"pedigree_agrees", "mendel_error_rate"} <= reasons(told, "review")


def test_the_hint_names_the_exchange(exchanged: Any) -> None:
    hints = " ".join(verdict(exchanged, CHILD)["hints"])
    assert "exchang" in hints
    assert FATHER in hints


@pytest.fixture(scope="session")
def odd(
    whole_demo: Path, tmp_path_factory: pytest.TempPathFactory, runner: Callable[[Path], Any]
) -> Any:
    """A twin of the mother, the father declared female, and the child at a quarter of its depth."""
    folder = tmp_path_factory.mktemp("odd") / "demo"
    shutil.copytree(whole_demo, folder)
    parts = {
        "ONE": (MOTHER, 0.0, 0.5, "female"),
        "TWIN": (MOTHER, 0.5, 1.0, "female"),
        "WRONG": (FATHER, 0.0, 1.0, "female"),
        "THIN": (CHILD, 0.0, 0.25, "male"),
    }
    people, lanes = [["sample", "assay", "sex"]], [["sample", "library", "flowcell", "lane"]]
    lanes[0] += ["fq1", "fq2"]
    for name, (sample, first, last, sex) in parts.items():
        people.append([name, "wgs", sex])
        for lane in (lane for lane in LANES if lane.sample == sample):
            files = []
            for source in (*lane.fq1, *lane.fq2):
                target = folder / "data" / f"{name}-{Path(source).name}"
                some_reads(folder / "data/reads" / Path(source).name, target, first, last)
                files.append(str(target.relative_to(folder)))
            lanes.append([name, lane.library, lane.flowcell, lane.lane, *files])
    (folder / "config/people.tsv").write_text(table(people))
    (folder / "config/lanes.tsv").write_text(table(lanes))
    run = runner(folder)
    run.ask_for_no_bundle()
    run("--config", *QUICK, status=1)
    return run


def test_two_samples_of_one_person_are_found(odd: Any) -> None:
    told = verdict(odd, "TWIN")
    assert "unexpected_relatives" in reasons(told, "review")
    assert "ONE" in " ".join(told["hints"])


def test_a_man_declared_female_is_reviewed_and_it_is_said_how_he_was_called(odd: Any) -> None:
    told = verdict(odd, "WRONG")
    assert told["verdict"] == "review"
    assert "sex_agrees" in reasons(told, "review")
    assert "female" in told["calling_sex"]


def test_a_thin_genome_fails_for_its_coverage(odd: Any) -> None:
    told = verdict(odd, "THIN")
    assert told["verdict"] == "fail"
    assert reasons(told, "fail") == {"mean_autosome_coverage"}


def test_the_exit_status_and_the_log_name_who_failed_after_all_else_is_done(odd: Any) -> None:
    assert (odd.folder / "results/report/multiqc.html").exists()
    log = (odd.folder / "logs/heed_verdicts/run.log").read_text()
    assert "THIN" in log
    assert "WRONG" not in log


def test_the_table_of_verdicts_has_every_sample(odd: Any) -> None:
    with (odd.folder / "results/qc/verdicts.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert {row["sample"]: row["verdict"] for row in rows}["THIN"] == "fail"
    assert len(rows) == 4


@pytest.mark.real_reads
def test_reads_in_the_wrong_orientation_fail_for_their_pairs(
    shared: Path, tmp_path: Path, runner: Callable[[Path], Any], need: Callable[..., None]
) -> None:
    need("minibwa", "samtools", "bcftools", "fastp", "riker")
    write_project(tmp_path / "x", shared / "data", "minibwa", "bcftools", "X")
    run = runner(tmp_path / "x")
    run(status=1)
    told = verdict(run, "X-NA12878")
    assert told["verdict"] == "fail"
    assert "pct_reads_properly_paired" in reasons(told, "fail")
