"""HMD as it is published, against our schemas and what we write."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.official.people import hmd_classes, hmd_faults
from tests.unit.made_record import made_record

from schelde.documents import hmd
from schelde.verify.hmd import SCHEMAS
from schelde.verify.schema import validator
from schelde.vocabulary import hmd_terms


@pytest.fixture(scope="module")
def classes(shared: Path) -> dict[str, list[dict[str, Any]]]:
    return hmd_classes()


def item_schema(path: str) -> dict[str, Any]:
    schema: Any = validator(f"hmd-{SCHEMAS[path]}").schema
    found: dict[str, Any] = schema["properties"]["records"]["items"]["properties"]["items"]
    return found


@pytest.mark.parametrize("path", hmd.CLASSES)
def test_our_schema_has_the_items_of_the_class_and_no_other(
    classes: dict[str, list[dict[str, Any]]], path: str
) -> None:
    official = [each["item"] for each in classes[hmd.CLASSES[path]]]
    assert list(item_schema(path)["properties"]) == official
    assert item_schema(path)["additionalProperties"] is False


@pytest.mark.parametrize("path", hmd.CLASSES)
def test_our_schema_has_the_cardinalities_of_the_class(
    classes: dict[str, list[dict[str, Any]]], path: str
) -> None:
    schema = item_schema(path)
    for each in classes[hmd.CLASSES[path]]:
        assert (each["item"] in schema["required"]) == each["cardinality"].startswith("1")
        many = schema["properties"][each["item"]].get("type") == "array"
        assert many == each["cardinality"].endswith("..n"), each["item"]


def test_what_we_write_has_all_mandatory_items_and_only_known_ones(
    classes: dict[str, list[dict[str, Any]]],
) -> None:
    members = made_record().members
    ill = members[2].facts.model_copy(update={"diagnoses": ("SCTID:84757009",)})
    record = made_record(members=(*members[:2], members[2].model_copy(update={"facts": ill})))
    checked = 0
    for path, text in hmd.documents(record).items():
        for entry in json.loads(text)["records"]:
            assert list(hmd_faults(path, entry["items"])) == []
            checked += 1
    assert checked == 3 + 3 + 2 + 1 + 3 + 4  # by class, as in CLASSES


def test_our_specimens_are_those_that_hmd_lists(
    classes: dict[str, list[dict[str, Any]]],
) -> None:
    words = next(each for each in classes["Sample"] if each["item"] == "Biospecimen_Type")["value"]
    listed = dict(re.findall(r"\b([A-Z][A-Z0-9]{2}) - (.+?)(?= [A-Z][A-Z0-9]{2} |$)", words))
    ours = {each["sprec"]: each["label"] for each in hmd_terms()["specimens"]}
    assert ours == listed
    assert len(ours) == 28  # and ZZZ


def lookup(shared: Path, name: str) -> dict[str, str]:
    """Return the code of each value, such as OBI:0002003."""
    path = shared / "standards/fair-genomes-lookups" / f"{name}.txt"
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    return {row["value"]: f"{row['codesystem']}:{row['code']}" for row in rows}


def test_our_instruments_have_the_codes_of_fair_genomes(shared: Path) -> None:
    official = lookup(shared, "SequencingInstrumentModels")
    instruments = hmd_terms()["instruments"]
    assert len(instruments) > 20
    for model, entry in instruments.items():
        assert official[entry["label"]] == entry["code"], model


def test_our_instruments_have_the_names_of_ega(shared: Path) -> None:
    path = shared / "standards/ega-submission-api/ega_enums.json"
    models = {
        each["model"] if isinstance(each, dict) else each
        for each in json.loads(path.read_text())["platform_models"]
    }
    assert set(hmd_terms()["instruments"]) <= models


def test_our_storage_has_the_letters_of_fair_genomes(shared: Path) -> None:
    official = {
        code.removeprefix("SPRECv3.0:"): value
        for value, code in lookup(shared, "StorageConditions").items()
    }
    assert hmd_terms()["storage"] == official


def test_our_specimens_have_the_codes_of_fair_genomes(shared: Path) -> None:
    official = lookup(shared, "BiospecimenTypes")
    entries = [each for each in hmd_terms()["specimens"] if "ncit" in each]
    assert len(entries) == 6
    for entry in entries:
        assert official[entry["ncit_label"]] == entry["ncit"]


def test_our_states_have_the_codes_that_hmd_links_to(
    classes: dict[str, list[dict[str, Any]]],
) -> None:
    state = next(each for each in classes["Sample"] if each["item"] == "Pathological state")
    linked = {link.rsplit("/", 1)[1].replace("FG_", "FG:") for link in state["value_links"]}
    ours = [
        each.get("ncit", "").removeprefix("NCIT:") or each.get("fair_genomes")
        for each in hmd_terms()["states"]
    ]
    assert set(filter(None, ours)) == linked
    names = [each.strip() for each in state["value"].split(",")]
    assert sorted(each["name"] for each in hmd_terms()["states"]) == sorted(names)
