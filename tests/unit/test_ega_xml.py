from __future__ import annotations

import pytest
from lxml import etree
from tests.unit.ega_bundle import (
    RECORDS,
    for_disease,
    one,
    registered,
    with_genome,
    with_instrument,
)
from tests.unit.made_record import made_record

from schelde.bundle.record import Record
from schelde.documents import ega_xml
from schelde.sheet import Assay

NAMES = (
    "dac",
    "policy",
    "study",
    "sample",
    "experiment",
    "run",
    "analysis",
    "dataset",
    "submission",
)


def xml(name: str, record: Record | None = None) -> etree._Element:
    found = ega_xml.documents(record or made_record())
    return etree.fromstring(found[f"ega/xml/{name}.xml"])


def test_there_are_nine_documents():
    assert list(ega_xml.documents(made_record())) == [f"ega/xml/{name}.xml" for name in NAMES]


def test_a_file_has_both_its_md5s():
    record = made_record()
    file = record.members[0].files[0]
    assert dict(xml("run").find(".//FILE").attrib) == {
        "filename": "made-trio/encrypted/P1AAAA.cram.c4gh",
        "filetype": "cram",
        "checksum_method": "MD5",
        "checksum": file.encrypted.md5,
        "unencrypted_checksum": file.plain.md5,
    }


def test_every_object_has_the_centre_of_the_dataset():
    for name in NAMES:
        assert {each.get("center_name") for each in xml(name)} == {"EXAMPLE"}


def test_targets_of_an_exome_are_a_bed_file_of_an_analysis():
    record = one(assay=Assay.WES)
    types = [file.get("filetype") for file in xml("analysis", record)[0].iter("FILE")]
    assert types == ["vcf", "tabix", "vcf", "tabix", "bed"]
    assert not [file for file in xml("run", record).iter("FILE") if file.get("filetype") == "bed"]


def test_a_variant_index_is_a_tabix_file():
    types = [file.get("filetype") for file in xml("analysis")[0].iter("FILE")]
    assert types == ["vcf", "tabix", "vcf", "tabix"]


def test_the_policy_states_permission_and_modifiers():
    uses = [(use.get("ontology"), use.get("code")) for use in xml("policy").iter("DATA_USE")]
    assert uses == [("DUO", "0000042"), ("DUO", "0000019")]


def test_the_policy_of_research_on_a_disease_names_it():
    modifier = xml("policy", for_disease()).find(".//MODIFIER")
    assert (modifier.findtext("DB"), modifier.findtext("ID")) == ("MONDO", "0005015")


def test_a_submission_adds_all_and_is_protected():
    submission = xml("submission")
    assert [add.get("source") for add in submission.iter("ADD")] == [
        f"{name}.xml" for name in NAMES[:-1]
    ]
    assert len(list(submission.iter("PROTECT"))) == 1


def test_what_is_at_ega_already_is_not_added():
    added = [add.get("schema") for add in xml("submission", registered()).iter("ADD")]
    assert added == ["sample", "experiment", "run", "analysis", "dataset"]
    policy = xml("dataset", registered()).find(".//POLICY_REF")
    assert dict(policy.attrib) == {"accession": "EGAP00000000002"}


def test_an_instrument_that_the_schema_lacks_stands_in_an_attribute():
    experiment = xml("experiment", with_instrument("Illumina NovaSeq X"))[0]
    assert experiment.findtext("PLATFORM/ILLUMINA/INSTRUMENT_MODEL") == "unspecified"
    attribute = experiment.find("EXPERIMENT_ATTRIBUTES/EXPERIMENT_ATTRIBUTE")
    assert attribute.findtext("TAG") == "instrument model"
    assert attribute.findtext("VALUE") == "Illumina NovaSeq X"


def test_a_known_instrument_needs_no_attribute():
    assert xml("experiment")[0].find("EXPERIMENT_ATTRIBUTES") is None


def test_chromosomes_are_named_by_their_accessions():
    found = [(each.get("accession"), each.get("label")) for each in xml("analysis")[0].iter()]
    assert ("CM000682.2", "chr20") in found


def test_a_genome_that_ega_does_not_know_is_no_assembly():
    analysis = xml("analysis", with_genome(None, None, ("chr20", 150_000)))
    assert not list(analysis.iter("ASSEMBLY", "SEQUENCE"))


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_documents_are_indented_and_end_with_one_line_end(record):
    for content in ega_xml.documents(record).values():
        assert content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<")
        assert b"\n <" in content
        assert content.endswith(b">\n")
        assert not content.endswith(b"\n\n")


def test_a_bundle_that_all_have_left_has_no_xml():
    assert ega_xml.documents(made_record(members=())) == {}
