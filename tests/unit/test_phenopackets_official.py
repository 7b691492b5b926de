"""Phenopackets v2 as it is published, against the library and what we write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict, Parse, ParseDict, ParseError
from phenopackets import (
    AgeRange,
    Biosample,
    Disease,
    Family,
    File,
    Individual,
    MetaData,
    OntologyClass,
    Pedigree,
    Phenopacket,
    PhenotypicFeature,
    Resource,
    TimeElement,
    TimeInterval,
)
from tests.unit.made_record import made_member, made_record

from schelde.documents.phenopackets import documents
from schelde.sheet import Sex

MESSAGES = (
    *(AgeRange, Biosample, Disease, Family, File, Individual, MetaData, OntologyClass),
    *(Pedigree.Person, Phenopacket, PhenotypicFeature, Resource, TimeElement, TimeInterval),
)
"""All messages of which we write a field."""

FIELD = re.compile(
    r"^\s*(?:repeated\s+)?(?:map<[^>]*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)\s*;", re.MULTILINE
)


@pytest.fixture(scope="module")
def protos(shared: Path) -> str:
    files = sorted((shared / "standards/phenopackets/schema/v2").rglob("*.proto"))
    assert len(files) == 12
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def fields(protos: str, name: str) -> dict[str, int]:
    """Return the fields of a message of the published files, by name."""
    start = re.search(rf"\bmessage {name}\s*{{", protos)
    assert start, name
    depth, end = 1, start.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(protos[end], 0)
        end += 1
    return {field: int(number) for field, number in FIELD.findall(protos[start.end() : end])}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.DESCRIPTOR.name)
def test_the_library_has_the_fields_of_the_published_files(protos: str, message: type) -> None:
    found = {each.name: each.number for each in message.DESCRIPTOR.fields}
    assert found == fields(protos, message.DESCRIPTOR.name)
    assert found


@pytest.mark.parametrize("name", ["covid19", "mcahs1"])
def test_the_library_reads_the_published_examples(shared: Path, name: str) -> None:
    text = (shared / f"standards/phenopackets/{name}.json").read_text(encoding="utf-8")
    assert Parse(text, Phenopacket()).id


def test_the_library_refuses_what_is_none() -> None:
    with pytest.raises(ParseError):
        ParseDict({"subject": {"name": "x"}}, Phenopacket())


def test_all_of_a_family_with_every_field_that_we_write_are_read() -> None:
    kid = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA", metrics={"karyotype": "XXY"})
    told = {"phenotype": "ill", "hpo": ("HP:0001250",), "diagnoses": ("ORPHA:98473",)}
    facts = kid.facts.model_copy(update={**told, "birth": "1963", "collected": "2025-02"})
    members = (*made_record().members[:2], kid.model_copy(update={"facts": facts}))
    read = 0
    for path, text in documents(made_record(members=members)).items():
        message = Family() if "families" in path else Phenopacket()
        assert MessageToDict(ParseDict(json.loads(text), message)) == json.loads(text)
        read += 1
    assert read == 4
