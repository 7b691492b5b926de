"""The validators of GHGA and of the genomDE data centres on what we write for them.

`envs/validators.sh` installs them (make test calls it). Each is asked as its collection asks it;
the counts say that no test passes by having looked at nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from crypt4gh.lib import encrypt
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from jsonschema import Draft202012Validator
from tests.conftest import ROOT
from tests.official.answer import answers as asked_answers
from tests.official.answer import changed, or_skip, program_of
from tests.official.national import GHGA_SCRIPT, GRZ_SCRIPT, grz_cli, opened
from tests.unit.made_national import made_cases, made_national_record
from tests.unit.made_record import made_file

from schelde.bundle.record import Checksums, File, National, Record, Role
from schelde.documents import ghga, grz
from schelde.national.ghga_words import duo_word
from schelde.national.grz import Grz
from schelde.sheet import Assay
from schelde.verify.schema import validator

METADATA = "national/grz/P3AAAA/metadata/metadata.json"


def answers(script: str, *arguments: object) -> Any:
    """Return the answer of the validators' Python; skip where there is none."""
    return or_skip(asked_answers, script, *arguments)


def written(folder: Path, documents: dict[str, Any]) -> list[Path]:
    paths = [folder / f"{name}.json" for name in documents]
    for path, document in zip(paths, documents.values(), strict=True):
        path.write_text(json.dumps(document))
    return paths


# --------------------------------------------------------------------------------- made records


def with_member(record: Record, number: int, **changes: Any) -> Record:
    members = list(record.members)
    members[number] = members[number].model_copy(update=changes)
    return record.model_copy(update={"members": tuple(members)})


def single_ended(record: Record, number: int) -> Record:
    member = record.members[number]
    groups = tuple(group.model_copy(update={"paired": False}) for group in member.read_groups)
    files = tuple(file for file in member.files if file.role is not Role.FASTQ_2)
    return with_member(record, number, read_groups=groups, files=files)


def exome(record: Record, number: int) -> Record:
    member = record.members[number]
    bed = made_file(member.sample, Role.TARGETS)
    numbers = {"mean_target_coverage": 110.0, "pct_target_bases_30x": 90.0}
    metrics = {**member.metrics, **numbers}
    return with_member(record, number, assay=Assay.WES, metrics=metrics, files=(*member.files, bed))


def described(record: Record) -> Record:
    """Return a record whose first person has all facts that are told."""
    facts = record.members[0].facts.model_copy(
        update={
            "hpo": ("HP:0001250", "HP:0004322"),
            "diagnoses": ("ORPHA:98473",),
            "phenotype": "seizures",
            "case_control": "both",
            "collected": "2025",
            "library_selection": "PCR",
            "instrument": "unspecified",
        }
    )
    return with_member(record, 0, facts=facts)


def with_cases(record: Record, change: Callable[[Any], object]) -> Record:
    cases = made_cases()
    change(cases["cases"])
    national = National(ghga=record.national.ghga, grz=Grz.model_validate(cases))
    return record.model_copy(update={"national": national})


def at_home(record: Record) -> Record:
    """Return a record whose FASTQ files were not packaged."""
    for number, member in enumerate(record.members):
        kept = tuple(file for file in member.files if not file.role.startswith("fastq"))
        record = with_member(record, number, files=kept)
    return record


# ------------------------------------------------------------------------------------------ GHGA


GOOD_GHGA: dict[str, Callable[[Record], Record]] = {
    "trio": lambda record: record,
    "reads-at-home": at_home,
    "single-end": lambda record: single_ended(record, 0),
    "exome": lambda record: exome(record, 0),
    "facts": described,
}


def test_ghga_validator_accepts_five_of_five_submissions_with_three_plugins(tmp_path, shared):
    record = made_national_record()
    documents = {
        name: json.loads(ghga.documents(change(record))[ghga.GHGA])
        for name, change in GOOD_GHGA.items()
    }
    schema = shared / "standards/ghga/submission.yaml"
    found = answers(GHGA_SCRIPT, schema, *written(tmp_path, documents))
    assert len(found) == 5
    for plugins in found.values():
        assert list(plugins.values()) == [[], [], []], found


def test_ghga_validator_rejects_nine_of_nine_mutants(tmp_path, shared):
    good = json.loads(ghga.documents(made_national_record())[ghga.GHGA])
    file = ("process_data_files", 0)
    mutants = {
        "sex": changed(good, "individuals", 0, "sex"),
        "age": changed(good, "samples", 0, "biospecimen_age_at_sampling", value="31-35"),
        "duo": changed(
            good, "data_access_policies", 0, "data_use_permission_term", value="ALL_USES"
        ),
        "doi": changed(good, "analysis_methods", 0, "workflow_doi"),
        "list": changed(good, "publications"),
        "format": changed(good, *file, "format", value="CRAI"),
        "instrument": changed(good, "experiment_methods", 0, "instrument_model", value="Novaseq"),
        "dangling": changed(good, *file, "analysis", value="none"),
        "twice": changed(good, "samples", 1, "alias", value="P1AAAA"),
    }
    schema = shared / "standards/ghga/submission.yaml"
    found = answers(GHGA_SCRIPT, schema, *written(tmp_path, mutants))
    assert len(found) == 9
    rejected = [name for name, plugins in found.items() if any(plugins.values())]
    assert sorted(rejected) == sorted(mutants)
    ours = [name for name, text in mutants.items() if validator("ghga").is_valid(text)]
    assert ours == ["dangling", "twice"]  # for which there is a rule


def official(shared: Path) -> dict[str, list[str]]:
    schema = yaml.safe_load((shared / "standards/ghga/submission.yaml").read_text())
    return {name: list(e.get("permissible_values") or {}) for name, e in schema["enums"].items()}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("experiment_method", "instrument_model"), "InstrumentModelEnum"),
        (
            ("experiment_method", "library_selection_methods"),
            "LibraryPreparationLibrarySelectionEnum",
        ),
        (("sample", "biospecimen_age_at_sampling"), "AgeRangeEnum"),
        (("sample", "case_control_status"), "CaseControlStatusEnum"),
        (("sample", "disease_or_healthy"), "DiseaseOrHealthyEnum"),
        (("individual", "sex"), "IndividualSexEnum"),
        (("study", "types"), "StudyTypeEnum"),
        (("policy", "data_use_permission_term"), "DataUsePermissionEnum"),
        (("policy", "data_use_modifier_terms"), "DataUseModifierEnum"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_words_of_our_schema_are_all_words_of_ghga(shared, ours, theirs):
    schema = json.loads((ROOT / "resources/schemas/ghga.schema.json").read_text())
    field = schema["$defs"][ours[0]]["properties"][ours[1]]
    words = field.get("enum") or field["items"]["enum"]
    assert sorted(words) == sorted(official(shared)[theirs])


def test_words_of_our_instruments_are_those_of_ghga(shared):
    words = yaml.safe_load((ROOT / "resources/ghga.yaml").read_text())
    enums = official(shared)
    assert words["instruments"] == enums["InstrumentModelEnum"]
    assert words["selections"] == enums["LibraryPreparationLibrarySelectionEnum"]


def test_words_for_data_use_have_the_codes_that_ghga_gives_them(shared):
    schema = yaml.safe_load((shared / "standards/ghga/submission.yaml").read_text())
    looked_at = 0
    for name in ("DataUsePermissionEnum", "DataUseModifierEnum"):
        for word, entry in schema["enums"][name]["permissible_values"].items():
            code = entry["meaning"].replace("DUO:00000044", "DUO:0000044")  # a slip of theirs
            assert duo_word(code) == word
            looked_at += 1
    assert looked_at == 23


# ------------------------------------------------------------------------------------------- GRZ


def drop(*samples: str) -> Callable[[Any], None]:
    def change(cases: Any) -> None:
        for sample in samples:
            del cases[0]["donors"][sample]

    return change


def hereditary(cases: Any) -> None:
    cases[0]["submission"]["disease_type"] = "hereditary"


GOOD_GRZ: dict[str, Callable[[Record], Record]] = {
    "trio": lambda record: record,
    "duo": lambda record: with_cases(record, drop("P1AAAA")),
    "single": lambda record: with_cases(record, drop("P1AAAA", "P2AAAA")),
    "single-end": lambda record: single_ended(record, 2),
    "exome": lambda record: with_cases(exome(record, 2), hereditary),
    "mother-exome": lambda record: exome(record, 1),
}


def metadata(record: Record) -> Any:
    return json.loads(grz.documents(record)[METADATA])


def test_grz_models_accept_six_of_six_cases(tmp_path):
    record = made_national_record()
    documents = {name: metadata(change(record)) for name, change in GOOD_GRZ.items()}
    found = answers(GRZ_SCRIPT, *written(tmp_path, documents))
    assert found == dict.fromkeys(GOOD_GRZ, "")


def test_grz_models_reject_twelve_of_twelve_mutants(tmp_path):
    good = metadata(made_national_record())
    datum = ("donors", 0, "labData", 0)
    data = (*datum, "sequenceData")
    mutants = {
        "tan": changed(good, "submission", "tanG", value="1"),
        "index": changed(good, "donors", 0, "relation", value="child"),
        "indexes": changed(good, "donors", 1, "relation", value="index"),
        "pseudonym": changed(good, "donors", 1, "donorPseudonym", value="S1AAAA"),
        "consent": changed(good, "donors", 1, "mvConsent", "scope", 0, "type", value="deny"),
        "fhir": changed(good, "donors", 0, "researchConsents", 0, "scope", "category", 0),
        "bed": changed(good, *datum, "libraryType", value="panel"),
        "depth": changed(good, *data, "meanDepthOfCoverage", value=29.9),
        "quality": changed(good, *data, "percentBasesAboveQualityThreshold", "percent", value=84),
        "genome": changed(good, *data, "referenceGenome", value="GRCh37"),
        "end": changed(good, *data, "files", 2),
        "checksum": changed(good, *data, "files", 1, "fileChecksum", value="0" * 63),
    }
    found = answers(GRZ_SCRIPT, *written(tmp_path, mutants))
    assert len(found) == 12
    assert [name for name, error in found.items() if not error] == []


def test_the_same_harness_tells_official_examples_from_failing_ones(shared):
    folder = shared / "standards/genomde-grz"
    examples, failing = sorted(folder.glob("example_*")), sorted(folder.glob("failing_*"))
    found = answers(GRZ_SCRIPT, *examples, *failing)
    assert len(examples) == 2
    assert len(failing) == 6
    assert {path.stem for path in examples if found[path.stem]} == set()
    # A missing VCF is a warning to the models of today.
    assert {path.stem for path in failing if not found[path.stem]} == {"failing_missing-vcf-file"}


def test_the_exported_schema_of_the_grz_accepts_what_we_write(shared):
    schema = json.loads(
        (shared / "standards/genomde-grz/grz-schema.generated-4.1.1.json").read_text()
    )
    theirs = Draft202012Validator(schema)
    record = made_national_record()
    for change in GOOD_GRZ.values():
        assert list(theirs.iter_errors(metadata(change(record)))) == []
        assert list(validator("grz").iter_errors(metadata(change(record)))) == []


def real_bytes(file: File, sample: str) -> bytes:
    """Return small real contents of a file that a GRZ takes."""
    if file.role in (Role.FASTQ_1, Role.FASTQ_2):
        base = "ACGT"[int(sample[1])]  # no two donors have the same bytes
        quality = "F" if file.role is Role.FASTQ_1 else "I"
        reads = (f"@r{n}\n{base * 150}\n+\n{quality * 150}\n" for n in range(20))
        return gzip.compress("".join(reads).encode(), mtime=0)
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
    return gzip.compress(f"##fileformat=VCFv4.2\n{columns}\t{sample}\n".encode(), mtime=0)


def filled(record: Record) -> tuple[Record, dict[str, bytes]]:
    """Return a record of files that there are, and the files."""
    contents: dict[str, bytes] = {}
    for number, member in enumerate(record.members):
        files = []
        for file in member.files:
            data = contents[file.name] = real_bytes(file, member.sample)
            sums = Checksums(
                md5=hashlib.md5(data).hexdigest(), sha256=hashlib.sha256(data).hexdigest()
            )
            files.append(file.model_copy(update={"size": len(data), "plain": sums}))
        record = with_member(record, number, files=tuple(files))
    return record, contents


def sealed(folder: Path) -> tuple[Record, Path]:
    """Write the case of a bundle with real encrypted files and return the secret key's file."""
    record, contents = filled(made_national_record())
    key = X25519PrivateKey.generate()
    secret, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    for name, text in grz.documents(record).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for target, source in grz.grz_links(record).items():
        plain = contents[Path(source).name.removesuffix(".c4gh")]
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        with (folder / target).open("wb") as out:
            encrypt([(0, secret, public)], BytesIO(plain), out)
    (folder / "key.hex").write_text(secret.hex())
    return record, folder / "key.hex"


def test_grz_decrypts_and_accepts_the_folder_of_a_case(tmp_path):
    """As a GRZ does: with its own code and key, then grz-cli validate on what comes out."""
    or_skip(program_of, "validators-grz")
    record, key = sealed(tmp_path)
    case, out = tmp_path / "national/grz/P3AAAA", tmp_path / "opened"
    assert len(opened(case, out, key)) == len(grz.grz_links(record)) == 9
    done = grz_cli(tmp_path, out)
    assert done.returncode == 0, done.stderr
    assert "Metadata validation successful!" in done.stderr
    assert "File validation successful!" in done.stderr
    with (out / "files/P3AAAA_R1.fastq.gz").open("ab") as handle:
        handle.write(b"more")
    assert grz_cli(tmp_path, out).returncode != 0
