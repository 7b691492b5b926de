"""The Workflow Run RO-Crate of a bundle, and the tables beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate
from tests.unit.made_record import DESCRIPTION, ORGANISATION, made_member, made_record

from schelde.bundle.record import RECORD, Record, Withdrawal
from schelde.documents.crate import (
    CRATE,
    PARAMETERS,
    SNAKEFILE,
    VERSIONS,
    WORKFLOW,
    documents,
    graph,
)
from schelde.sheet import Assay, Sex

RUN = "#run"


def entities(record: Record) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in graph(record)}


def of_type(record: Record, kind: str) -> dict[str, dict[str, Any]]:
    return {key: one for key, one in entities(record).items() if one["@type"] == kind}


def test_the_folder_has_a_crate_the_workflow_and_two_tables() -> None:
    assert set(documents(made_record())) == {CRATE, WORKFLOW, VERSIONS, PARAMETERS}


def test_every_entity_has_an_id_of_its_own() -> None:
    assert len(entities(made_record())) == len(graph(made_record()))


def test_the_run_comes_out_with_every_encrypted_file_and_its_checksum() -> None:
    record = made_record()
    results = [link["@id"] for link in entities(record)[RUN]["result"]]
    assert results == [f"../{file.path}" for _, file in record.files]
    for _, file in record.files:
        entity = entities(record)[f"../{file.path}"]
        assert entity["sha256"] == file.encrypted.sha256
        assert entity["contentSize"] == str(file.encrypted_size)


def test_the_targets_of_an_exome_are_a_bed_file() -> None:
    found = entities(made_record(members=(made_member(1, Sex.MALE, assay=Assay.WES),)))
    term = "http://edamontology.org/format_3003"
    bed = found["../encrypted/P1AAAA.targets.bed.c4gh"]
    assert bed["encodingFormat"] == ["application/octet-stream", {"@id": term}]
    assert found[term]["name"] == "BED"
    assert found[bed["exampleOfWork"]["@id"]]["name"] == "targets"


def test_tools_have_their_versions() -> None:
    told = {
        tool["name"]: tool["softwareVersion"]
        for tool in of_type(made_record(), "SoftwareApplication").values()
    }
    assert told == made_record().provenance.tools


def test_settings_are_values_of_parameters() -> None:
    record = made_record()
    value = entities(record)["#value/align.aligner"]
    parameter = entities(record)[value["exampleOfWork"]["@id"]]
    assert (value["value"], parameter["name"]) == ("bwa", "align.aligner")
    assert parameter["additionalType"] == "Text"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "Boolean"), (3, "Integer"), (0.5, "Float"), ("x", "Text"), (None, "Text")],
)
def test_a_setting_has_the_type_of_its_value(value: object, kind: str) -> None:
    made = made_record().provenance.model_copy(update={"settings": {"a.b": value}})
    assert entities(made_record(provenance=made))["#input/a.b"]["additionalType"] == kind


def test_an_unset_setting_is_null_in_the_table_and_has_no_value_in_the_crate() -> None:
    made = made_record().provenance.model_copy(update={"settings": {"qc.panel": None}})
    record = made_record(provenance=made)
    assert json.loads(documents(record)[PARAMETERS])["settings"] == {"qc.panel": None}
    assert "#value/qc.panel" not in entities(record)


def test_reads_are_named_by_pseudonyms() -> None:
    told = [
        value["value"]
        for key, value in of_type(made_record(), "PropertyValue").items()
        if key.startswith("#reads/")
    ]
    assert told == [f"P{number}AAAA.1: ILLUMINA, paired ends" for number in (1, 2, 3)]


def test_dates_are_those_of_the_dataset() -> None:
    found = entities(made_record())
    assert found["./"]["datePublished"] == found[RUN]["endTime"] == DESCRIPTION.issued
    gone = Withdrawal(subject="S9", samples=("P9",), date="2026-05-02", files=())
    assert entities(made_record(withdrawals=(gone,)))["./"]["dateModified"] == "2026-05-02"


def test_the_workflow_is_the_one_that_the_record_keeps() -> None:
    made = made_record().provenance.model_copy(update={"workflow": "rule all: pass\n"})
    assert documents(made_record(provenance=made))[WORKFLOW] == "rule all: pass\n"


def test_the_workflow_of_a_record_without_one_is_that_of_the_product() -> None:
    assert documents(made_record())[WORKFLOW] == SNAKEFILE.read_text(encoding="utf-8")


def test_two_authors_are_a_list_and_one_is_none() -> None:
    other = ORGANISATION.model_copy(update={"identifier": "https://ror.org/0other"})
    two = DESCRIPTION.model_copy(update={"creators": (ORGANISATION, other)})
    one = entities(made_record())["./"]["author"]
    assert entities(made_record(dataset=two))["./"]["author"] == [one, {"@id": other.identifier}]
    assert entities(made_record(dataset=two))[other.identifier]["@type"] == "Organization"


def test_versions_tell_programs_with_their_options() -> None:
    told = json.loads(documents(made_record())[VERSIONS])
    assert told["schelde"] == "0.0.0"
    assert told["programs"][0]["command"] == "bwa mem -K 100000000 -Y"


def test_no_document_tells_of_this_machine() -> None:
    text = "".join(str(content) for content in documents(made_record()).values())
    home = [str(Path.home()), str(SNAKEFILE.parent), "/tmp/"]
    assert not [word for word in home if word != "/" and word in text]


def test_another_library_reads_the_crate(tmp_path: Path) -> None:
    record = made_record()
    for path, content in {**documents(record), RECORD: record.to_json()}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(str(content))
    (tmp_path / "encrypted").mkdir()
    for _, file in record.files:
        (tmp_path / file.path).write_bytes(b"")
    crate = ROCrate(tmp_path / "provenance")
    assert crate.mainEntity.id == "Snakefile"
    assert crate.root_dataset["identifier"] == DESCRIPTION.identifier
    (run,) = [one for one in crate.contextual_entities if one.type == "CreateAction"]
    assert [one.id for one in run["result"]] == [f"../{file.path}" for _, file in record.files]
    assert {one["sha256"] for one in run["result"]} == {
        file.encrypted.sha256 for _, file in record.files
    }
