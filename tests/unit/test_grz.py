from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.unit.made_national import made_cases, made_donor, made_national_record
from tests.unit.made_record import made_file, made_record

from schelde.bundle.record import National, Record, Role
from schelde.declared import Declared
from schelde.documents.grz import documents, grz_links
from schelde.errors import Problem
from schelde.national.grz import Grz
from schelde.national.grz_check import problems, regions_fault
from schelde.national.reading import Given, read_part
from schelde.sheet import Assay, Person

METADATA = "national/grz/P3AAAA/metadata/metadata.json"


def metadata(record: Record) -> Any:
    return json.loads(documents(record)[METADATA])


def lacks(record: Record) -> list[str]:
    (case,) = json.loads(documents(record)["national/grz/cases.json"])["cases"]
    assert case["ready"] == (not case["lacks"])
    assert (METADATA in documents(record)) == case["ready"]
    return case["lacks"]


def with_index(record: Record, **changes: Any) -> Record:
    """Return a record with other fields of its index patient."""
    *others, index = record.members
    return record.model_copy(update={"members": (*others, index.model_copy(update=changes))})


# ---------------------------------------------------------------------------------- documents


def test_nothing_is_written_when_nobody_asks():
    assert documents(made_record()) == {}
    assert grz_links(made_record()) == {}


def test_a_case_is_a_folder_named_by_the_sample_of_the_index_patient():
    assert list(documents(made_national_record())) == ["national/grz/cases.json", METADATA]
    assert lacks(made_national_record()) == []


def test_every_file_of_the_metadata_is_linked_to_one_of_the_bundle():
    record = made_national_record()
    paths = {file.path for _, file in record.files}
    links = grz_links(record)
    told = [
        file["filePath"]
        for donor in metadata(record)["donors"]
        for file in donor["labData"][0]["sequenceData"]["files"]
    ]
    assert [f"national/grz/P3AAAA/encrypted_files/{name}.c4gh" for name in told] == list(links)
    assert len(links) == 9
    assert set(links.values()) <= paths


def test_the_index_patient_is_called_index_and_others_by_their_pseudonyms():
    donors = metadata(made_national_record())["donors"]
    assert [donor["donorPseudonym"] for donor in donors] == ["index", "S2AAAA", "S1AAAA"]


def test_two_families_are_two_submissions():
    record = made_national_record()
    one = made_cases()["cases"][0]
    two = copy.deepcopy(one)
    two["donors"] = {"P1AAAA": one["donors"]["P3AAAA"]}
    del one["donors"]["P1AAAA"]
    grz = Grz.model_validate({"cases": [one, two]})
    record = record.model_copy(update={"national": National(grz=grz)})
    found = documents(record)
    assert "national/grz/P1AAAA/metadata/metadata.json" in found
    assert metadata(record)["submission"]["genomicStudyType"] == "duo"


@pytest.mark.parametrize(("gone", "kind"), [((), "trio"), (("P1AAAA",), "duo")])
def test_type_of_study_follows_from_the_donors_that_are_left(gone, kind):
    record = made_national_record()
    members = tuple(member for member in record.members if member.sample not in gone)
    national = record.national.without(gone)
    record = record.model_copy(update={"members": members, "national": national})
    assert metadata(record)["submission"]["genomicStudyType"] == kind


def test_a_case_goes_with_its_index_patient():
    record = made_national_record()
    assert record.national.without({"P3AAAA"}).grz is None
    assert record.national.without({"P3AAAA"}).ghga == record.national.ghga


def test_a_consent_names_the_pseudonym_alone():
    donor = metadata(made_national_record())["donors"][2]
    assert donor["researchConsents"][0]["scope"]["patient"] == {"reference": "Patient/S1AAAA"}


def test_numbers_are_the_metrics():
    data = metadata(made_national_record())["donors"][0]["labData"][0]["sequenceData"]
    assert data["meanDepthOfCoverage"] == 31.42
    assert data["targetedRegionsAboveMinCoverage"] == 0.971
    assert data["percentBasesAboveQualityThreshold"] == {"minimumQuality": 30, "percent": 91.2}
    assert data["callerUsed"] == [{"name": "GATK HaplotypeCaller", "version": "4.6.2.0"}]


def without_files(record: Record, *roles: Role) -> Record:
    files = tuple(file for file in record.members[-1].files if file.role not in roles)
    return with_index(record, files=files)


def with_metric(record: Record, **values: Any) -> Record:
    return with_index(record, metrics={**record.members[-1].metrics, **values})


def with_fact(record: Record, **values: Any) -> Record:
    return with_index(record, facts=record.members[-1].facts.model_copy(update=values))


def issued(record: Record, day: str) -> Record:
    dataset = record.dataset.model_copy(update={"issued": day})
    return record.model_copy(update={"dataset": dataset})


def with_exome(record: Record) -> Record:
    record = with_metric(record, mean_target_coverage=110.0, pct_target_bases_30x=90.0)
    return with_index(record, assay=Assay.WES)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (lambda r: without_files(r, Role.FASTQ_2), ["P3AAAA: there are no FASTQ files"]),
        (lambda r: with_metric(r, pct_regions_20x=None), ["P3AAAA: pct_regions_20x was not"]),
        (lambda r: with_metric(r, mean_read_length="long"), ["P3AAAA: mean_read_length was not"]),
        (
            lambda r: with_metric(r, mean_autosome_coverage=29.99),
            ["P3AAAA: mean_autosome_coverage is 29.99, less than 30"],
        ),
        (lambda r: with_metric(r, pct_bases_q30=80), ["P3AAAA: pct_bases_q30 is 80, less than"]),
        (lambda r: with_fact(r, collected="2025-02"), ["P3AAAA: the day on which the sample"]),
        (lambda r: with_fact(r, collected=None), ["P3AAAA: the day on which the sample"]),
        (
            lambda r: r.model_copy(
                update={"reference": r.reference.model_copy(update={"genome": None})}
            ),
            ["the reference is neither GRCh38 nor GRCh37"],
        ),
        (with_exome, ["P3AAAA: there is no BED file of its targets"]),
        (
            lambda r: with_exome(issued(r, "2026-06-01")),
            ["P3AAAA: there is no BED", "P3AAAA: a rare disease asks for a whole genome"],
        ),
        (
            lambda r: r.model_copy(update={"members": r.members[:2]}),
            ["the index patient is not in the bundle"],
        ),
    ],
    ids=[
        "fastq",
        "regions",
        "length",
        "depth",
        "q30",
        "month",
        "no-day",
        "genome",
        "bed",
        "rare",
        "index",
    ],
)
def test_a_case_that_is_not_ready_has_no_metadata_and_tells_why(change, reasons):
    found = lacks(change(made_national_record()))
    assert len(found) == len(reasons)
    for reason, start in zip(found, reasons, strict=True):
        assert reason.startswith(start)


def test_a_parent_may_be_below_the_thresholds():
    record = made_national_record()
    first = record.members[0]
    first = first.model_copy(update={"metrics": {**first.metrics, "mean_autosome_coverage": 12.0}})
    assert lacks(record.model_copy(update={"members": (first, *record.members[1:])})) == []


def test_an_exome_comes_with_its_targets():
    record = with_exome(made_national_record())
    index = record.members[-1]
    bed = made_file(index.sample, Role.TARGETS)
    record = with_index(record, files=(*index.files, bed))
    datum = metadata(record)["donors"][0]["labData"][0]
    assert datum["libraryType"] == "wes"
    assert datum["sequenceData"]["minCoverage"] == 30
    assert datum["sequenceData"]["nonCodingVariants"] is False
    assert [file["fileType"] for file in datum["sequenceData"]["files"]].count("bed") == 1


def test_kit_of_the_library_is_taken_from_people_when_the_case_does_not_name_it():
    record = made_national_record()
    cases = made_cases()
    for donor in cases["cases"][0]["donors"].values():
        donor["lab"] = {k: v for k, v in donor["lab"].items() if k != "library_prep_kit"}
    record = record.model_copy(update={"national": National(grz=Grz.model_validate(cases))})
    assert [reason.split(": ")[1] for reason in lacks(record)] == [
        "the library kit is not known"
    ] * 3
    members = tuple(
        m.model_copy(update={"facts": m.facts.model_copy(update={"library_kit": "Kit 1"})})
        for m in record.members
    )
    record = record.model_copy(update={"members": members})
    assert metadata(record)["donors"][0]["labData"][0]["libraryPrepKit"] == "Kit 1"


# ------------------------------------------------------------------------------- YAML, pseudonyms


def read(tmp_path, text):
    path = tmp_path / "grz.yaml"
    path.write_text(text)
    found: list[Problem] = []
    given = read_part(str(path), Grz, found)
    return given, [f"{problem.line}: {problem.what}; {problem.remedy}" for problem in found]


EXAMPLE = (ROOT / "config/grz.example.yaml").read_text()


REASON = "            no_scope_justification: patient refuses to sign consent"


def test_the_example_is_good():
    found: list[Problem] = []
    given = read_part(str(ROOT / "config/grz.example.yaml"), Grz, found)
    assert found == []
    assert given
    assert given.part.cases[0].index == "DEMO-C"
    assert given.part.cases[0].donors["DEMO-F"].lab.barcode == "ACGTACGT"
    assert given.part.cases[0].donors["DEMO-F"].lab.tissue_name == "blood"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("relation: mother", "relation: mothr", "'mothr' (text); did you mean 'mother'?"),
        ('"123456789"', "123456789", "the institutional id of the submitter, 9 digits, in quotes"),
        ("GRZX00001", "GRZ1", "genomic_data_center_id' is 'GRZ1' (text); give the id of the GRZ"),
        ("coverage_type: UNK", "coverage_type: XXX", "give one of GKV, PKV, BG"),
        ("until: 2055-11-30", 'until: "2055-11-31"', "until': there is no day 2055-11-31"),
        (REASON, "            #", "schema_version, date, until, policy, permits or denies missing"),
        ("            policy:", f"{REASON}\n            policy:", "stands beside schema_version"),
        ("tissue_id:", "tissue:", "unknown key 'cases[1].donors.DEMO-C.lab.tissue'; did you mean"),
        ("      lab_name: Example Genome Institute\n", "", "lab_name' is missing; give the name"),
        ("      DEMO-F:\n", "      DEMO F:\n", "donors.DEMO F' is 'DEMO F' (text)"),
    ],
    ids=[
        *("relation", "number", "pattern", "enum", "day", "no-consent", "both", "unknown"),
        *("missing", "name"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_remedy(tmp_path, old, new, message):
    assert old in EXAMPLE
    text = EXAMPLE.replace(old, new, 1)
    given, found = read(tmp_path, text)
    assert given is None
    told = [problem for problem in found if message in problem]
    assert told, found
    line = int(told[0].split(":")[0])
    place = len(EXAMPLE[: EXAMPLE.index(old)].splitlines())
    assert line == 5 or abs(line - place) <= 3 or old.startswith("      lab_name")


def test_a_mistake_in_a_block_with_a_name_is_told_once(tmp_path):
    _, found = read(tmp_path, EXAMPLE.replace("domain: mvSequencing", "domain: mvSequence"))
    assert len(found) == 1


def test_a_sample_may_be_a_number(tmp_path):
    given, _ = read(tmp_path, EXAMPLE.replace("DEMO-F:", "17:"))
    assert given
    assert "17" in given.part.cases[0].donors


@pytest.mark.parametrize(
    "text", ["cases: 3", "cases: [3]", "cases: [{donors: [1]}]", "[]", "a: &a [*a]"]
)
def test_hostile_files_end_in_problems(tmp_path, text):
    given, found = read(tmp_path, text)
    assert given is None
    assert found


def test_donors_travel_under_their_pseudonyms_and_those_left_out_do_not():
    grz = Grz.model_validate(made_cases("C", "M", "F"))
    found = grz.for_pseudonyms({"C": "P3", "F": "P1", "other": "P9"})
    assert found
    assert list(found.cases[0].donors) == ["P3", "P1"]
    assert grz.for_pseudonyms({"M": "P2", "F": "P1"}) is None


# ---------------------------------------------------------------------------------------- problems


PEOPLE = {
    name: Person(sample=name, assay=Assay.WGS, sex=sex, subject_id=f"subject-{name}", **parents)
    for name, sex, parents in [
        ("F", "male", {}),
        ("M", "female", {}),
        ("C", "male", {"father": "F", "mother": "M"}),
    ]
}  # fmt: skip
DECLARED = {
    name: Declared(collected="2025-02-01", line=line) for line, name in enumerate(PEOPLE, start=2)
}


def told(cases: Any, *, declared=DECLARED, asked=("F", "M", "C"), day="2026-01-31"):
    given = Given(Grz.model_validate(cases), "grz.yaml", {("cases", 0): 3})
    found = problems(given, PEOPLE, declared, asked, people_file="people.tsv", issued=day)
    return [str(problem) for problem in found]


def case_with(**changes: Any) -> Any:
    cases = made_cases("C", "M", "F")
    cases["cases"][0]["submission"] |= changes
    return cases


def test_a_good_case_has_no_problems():
    assert told(made_cases("C", "M", "F")) == []


def donors_with(sample: str, donor: Any) -> Any:
    cases = made_cases("C", "M", "F")
    cases["cases"][0]["donors"][sample] = donor
    return cases


def no_permit() -> Any:
    donor = copy.deepcopy(made_donor("mother"))
    donor["mv_consent"] = {**donor["mv_consent"], "scope": [
        {"type": "deny", "date": "2025-01-15", "domain": "mvSequencing"}]}  # fmt: skip
    return donor


def two_cases(**changes: Any) -> Any:
    cases = made_cases("C", "M", "F")
    other = copy.deepcopy(cases["cases"][0])
    other["submission"] |= changes
    return {"cases": [cases["cases"][0], other]}


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        (donors_with("X", made_donor("other")), "there is no sample 'X'"),
        (donors_with("M", made_donor("index")), "case 1 has 2 index patients"),
        (donors_with("C", made_donor("child")), "case 1 has no index patients"),
        (donors_with("M", made_donor("father")), "'M' is father, but people.tsv has 'F' as father"),
        (donors_with("F", made_donor("other")), "'F' is other, but people.tsv has 'F' as father"),
        (donors_with("M", no_permit()), "'M' does not permit mvSequencing"),
        (donors_with("C", made_donor("index", library_type="panel")), None),
        (case_with(submission_date="2026-06-01"), None),
        (case_with(local_case_id="case of Subject-C"), "holds 'C', which stays at home"),
        (case_with(local_case_id="subject-F/1"), "which stays at home"),
        (two_cases(tan_g="00" * 32), "sample 'C' is in case 1 too; keep it in one case"),
        (two_cases(), "tan_g is that of case 1; give each case its own"),
    ],
    ids=[
        "unknown",
        "two-indexes",
        "no-index",
        "two-fathers",
        "no-father",
        "deny",
        "panel",
        "day",
        "id",
        "subject",
        "twice",
        "tan",
    ],
)
def test_what_is_wrong_with_a_case_is_told(cases, message):
    found = told(cases)
    if message is None:
        assert found == []
    else:
        assert [problem for problem in found if message in problem], found


def test_a_rare_disease_asks_for_a_genome_since_june_2026():
    cases = donors_with("C", made_donor("index", library_type="panel"))
    assert "no whole genome" in told(cases, day="2026-06-01")[0]


def test_people_in_no_case_are_told_once():
    cases = made_cases("C", "M", "F")
    del cases["cases"][0]["donors"]["M"]
    del cases["cases"][0]["donors"]["F"]
    (problem,) = told(cases)
    assert problem.startswith("people.tsv:2: sample 'F' is in no case of grz.yaml, and so 1 more")


def test_people_who_are_kept_out_need_no_case():
    cases = made_cases("C", "M", "F")
    del cases["cases"][0]["donors"]["M"]
    assert told(cases, asked=("F", "C")) == []


def test_the_day_of_sampling_is_asked_for():
    vague = {**DECLARED, "M": Declared(collected="2025-02", line=3)}
    (problem,) = told(made_cases("C", "M", "F"), declared=vague)
    assert problem.startswith("people.tsv:3: collected of sample 'M' is '2025-02'; give the day")


def test_genomes_need_the_regions_of_the_programme():
    grz = Grz.model_validate(made_cases("C", "M", "F"))
    fault = regions_fault(grz, PEOPLE, None)
    assert fault
    assert "qc.regions is empty" in fault.what
    assert regions_fault(grz, PEOPLE, "genes.bed") is None
    panel = made_cases("C", "M", "F")
    for donor in panel["cases"][0]["donors"].values():
        donor["lab"] = {**donor["lab"], "library_type": "panel"}
    assert regions_fault(Grz.model_validate(panel), PEOPLE, None) is None
