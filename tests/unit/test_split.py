"""Sheets of many people become batches that are run each by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schelde.demo.dataset import DATASET_TEXT
from schelde.errors import UserError
from schelde.inputs import load
from schelde.package.pseudonyms import extend_key
from schelde.plan.split import ROOT, BatchFolder, batches_of, families, split_batches
from schelde.seal.keys import write_key_pair
from schelde.sheet import Assay, Person, Sex

LANES = """\
# from the sequencer
sample\tlibrary\tflowcell\tlane\tfq1\tfq2
A\tlib1\tFC1\t1\treads/a_1.fq,reads/a2_1.fq\treads/a_2.fq,reads/a2_2.fq
B\tlib1\tFC1\t2\t/far/b_1.fq\t/far/b_2.fq
C\tlib1\tFC1\t3\treads/c_1.fq\treads/c_2.fq
D\tlib1\tFC1\t4\treads/d_1.fq\treads/d_2.fq
"""
PEOPLE = """\
sample\tassay\tsex\tfather\tmother\ttargets
A\twgs\tfemale\tD\t\t
B\twgs\tmale\t\t\t
C\twes\tmale\t\t\ttargets/exome.bed
D\twgs\tmale\t\t\t
"""
CONFIG = """\
reference:
  name: own
  fasta: ref/genome.fa
  assembly: ref/assembly.yaml
qc:
  profiles: [default, strict/own.yaml]
call: {caller: bcftools}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "config/config.yaml": CONFIG,
        "config/lanes.tsv": LANES,
        "config/people.tsv": PEOPLE,
        "config/jobs.yaml": "align_lane: {mem_mb: 9000}\n",
        "ref/assembly.yaml": "name: own\nautosomes: ['1']\n",
        "ref/genome.fa": ">1\nACGT\n",
        "targets/exome.bed": "1\t0\t3\n",
        "strict/own.yaml": (ROOT / "config/profiles/default.yaml").read_text(),
    }
    folder = tmp_path / "project"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    return folder


def split(size: int, into: str = "batches") -> list[BatchFolder]:
    return split_batches([], Path(into), size)


def rows(batch: BatchFolder, sheet: str) -> dict[str, list[str]]:
    lines = (batch.folder / "config" / sheet).read_text().splitlines()
    found = (line.split("\t") for line in lines if not line.startswith("#"))
    return {cells[0]: cells[1:] for cells in found}


def test_a_child_stays_with_its_father(project: Path) -> None:
    assert [batch.samples for batch in split(2)] == [("A", "D"), ("B", "C")]


def test_both_sheets_of_a_batch_hold_its_samples_alone(project: Path) -> None:
    first = split(2)[0]
    assert list(rows(first, "people.tsv")) == ["sample", "A", "D"]
    assert list(rows(first, "lanes.tsv")) == ["sample", "A", "D"]


def test_relative_paths_lead_where_they_led_and_absolute_ones_stay(project: Path) -> None:
    first, second = split(2)
    reads = rows(first, "lanes.tsv")["A"][3].split(",")
    assert [(first.folder / file).resolve() for file in reads] == [
        project / "reads/a_1.fq",
        project / "reads/a2_1.fq",
    ]
    assert rows(second, "lanes.tsv")["B"][3] == "/far/b_1.fq"
    targets = rows(second, "people.tsv")["C"][4]
    assert (second.folder / targets).resolve() == project / "targets/exome.bed"


def test_settings_stay_but_for_their_paths(project: Path) -> None:
    folder = split(2)[1].folder
    found = yaml.safe_load((folder / "config/config.yaml").read_text())
    assert found["call"] == {"caller": "bcftools"}
    assert (folder / found["reference"]["fasta"]).resolve() == project / "ref/genome.fa"
    assert (folder / found["reference"]["assembly"]).resolve() == project / "ref/assembly.yaml"
    name, file = found["qc"]["profiles"]
    assert name == "default"
    assert (folder / file).resolve() == project / "strict/own.yaml"


def test_what_a_folder_lays_over_the_shipped_jobs_goes_along(project: Path) -> None:
    folder = split(2)[0].folder
    assert (folder / "config/jobs.yaml").read_text() == (project / "config/jobs.yaml").read_text()


def test_each_batch_can_be_read_as_a_run_of_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch in split(2, "many/batches"):
        with monkeypatch.context() as there:
            there.chdir(project / batch.folder)
            inputs = load({}, [], workflow_dir=ROOT, thorough=False)
        assert inputs.sheet.samples == batch.samples


def test_all_batches_take_pseudonyms_from_one_key_and_have_a_dataset_each(project: Path) -> None:
    write_key_pair(project / "node.pub", project / "node.sec")
    extend_key(project / "config/pseudonyms.tsv", dict.fromkeys("ABCD"))
    (project / "config/dataset.yaml").write_text(DATASET_TEXT)
    with (project / "config/config.yaml").open("a") as config:
        config.write("bundle: {dataset: config/dataset.yaml, recipients: [node.pub]}\n")
    declared = {
        "gender": "unknown",
        "birth": "1980",
        "country": "BE",
        "phenotype": "healthy",
        "anatomical_site": "blood",
        "specimen": "blood",
        "instrument": "Illumina NovaSeq 6000",
        "library_selection": "RANDOM",
        "library_kit": "a kit",
        "consent": "given",
        "consent_date": "2025-01-01",
        "consent_version": "1",
        "consent_by": "self",
        "duo": "DUO:0000042",
        "legal_basis": "Consent",
    }
    head, *people = PEOPLE.splitlines()
    wider = [
        "\t".join([head, *declared]),
        *("\t".join([row, *declared.values()]) for row in people),
    ]
    (project / "config/people.tsv").write_text("\n".join(wider) + "\n")
    aliases = []
    for batch in split(2):
        found = yaml.safe_load((batch.folder / "config/config.yaml").read_text())["bundle"]
        key = (batch.folder / found["pseudonyms"]).resolve()
        assert key == project / "config/pseudonyms.tsv"
        aliases.append(yaml.safe_load((batch.folder / found["dataset"]).read_text())["alias"])
    assert aliases == ["demo-trio-1", "demo-trio-2"]


def test_a_folder_that_is_there_is_left_alone(project: Path) -> None:
    split(2)
    before = (project / "batches/batch-1/config/people.tsv").read_text()
    with pytest.raises(UserError, match="there already"):
        split(1)
    assert (project / "batches/batch-1/config/people.tsv").read_text() == before


def test_a_mistake_in_a_sheet_leaves_no_folder(project: Path) -> None:
    (project / "config/people.tsv").write_text(PEOPLE.replace("wes", "exome"))
    with pytest.raises(UserError, match="exome"):
        split(2)
    assert not list(project.glob("batches*"))


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_has_at_least_one_sample(project: Path, size: int) -> None:
    with pytest.raises(UserError, match="is none"):
        split(size)


def test_numbers_of_batches_sort_as_text(project: Path) -> None:
    people = PEOPLE.splitlines()[0] + "\n" + "".join(f"S{n}\twgs\tmale\t\t\t\n" for n in range(10))
    lanes = LANES.splitlines()[1] + "\n"
    lanes += "".join(f"S{n}\tlib1\tFC1\t{n}\t/r/{n}_1.fq\t/r/{n}_2.fq\n" for n in range(10))
    (project / "config/people.tsv").write_text(people)
    (project / "config/lanes.tsv").write_text(lanes)
    folders = [str(batch.folder) for batch in split(1)]
    assert len(folders) == 10
    assert folders == sorted(folders)


def test_samples_of_one_person_stay_together() -> None:
    people = [
        Person(name, Assay.WGS, Sex.MALE, subject_id=subject)
        for name, subject in (("a", "P1"), ("b", "P2"), ("c", "P1"))
    ]
    assert families(people) == [("a", "c"), ("b",)]


@given(
    sizes=st.lists(st.integers(min_value=1, max_value=7), min_size=1, max_size=60),
    size=st.integers(min_value=1, max_value=20),
)
def test_every_sample_is_in_one_batch_and_no_batch_is_too_large(
    sizes: list[int], size: int
) -> None:
    groups = [
        [f"{number}.{member}" for member in range(count)] for number, count in enumerate(sizes)
    ]
    batches = batches_of(groups, size)
    assert [name for batch in batches for name in batch] == [n for group in groups for n in group]
    for batch in batches:
        assert len(batch) <= size or len({name.split(".")[0] for name in batch}) == 1
