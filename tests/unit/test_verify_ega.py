from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.ega_bundle import RECORDS, documents_of, registered, with_fastq, write_bundle
from tests.unit.made_record import made_record
from tests.unit.told import told

from schelde.verify import ega
from schelde.verify.rule import Bundle

API, XML = "ega/api", "ega/xml"
STEPS = f"{API}/steps.json"
SAMPLE, EXPERIMENT = f"{API}/sample-P1AAAA.json", f"{API}/experiment-P1AAAA.wgs.json"
RUN, ANALYSIS = f"{API}/run-P1AAAA.reads.json", f"{API}/analysis-P1AAAA.variants.json"
DATASET = f"{API}/dataset.json"
BY_ID = {rule.id: rule for rule in ega.RULES}
Damage = Callable[[Path], None]


def found(bundle: Path | Bundle, rule: str) -> list[str]:
    """Return the findings of one rule as 'file: message'."""
    return told(BY_ID[rule], bundle if isinstance(bundle, Bundle) else Bundle(bundle))


def changed(document: str, *keys: str | int, to: Any) -> Damage:
    """Change a value of a JSON document."""

    def damage(bundle: Path) -> None:
        content = json.loads((bundle / document).read_text())
        part = content
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = to
        (bundle / document).write_text(json.dumps(content))

    return damage


def without(document: str, *keys: str | int) -> Damage:
    """Take a value out of a JSON document."""

    def damage(bundle: Path) -> None:
        content = json.loads((bundle / document).read_text())
        part = content
        for key in keys[:-1]:
            part = part[key]
        del part[keys[-1]]
        (bundle / document).write_text(json.dumps(content))

    return damage


def replaced(name: str, old: str, new: str) -> Damage:
    """Replace the first place of a text in an XML document."""

    def damage(bundle: Path) -> None:
        path = bundle / f"{XML}/{name}.xml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return damage


def removed(document: str) -> Damage:
    return lambda bundle: (bundle / document).unlink()


def written(document: str, text: str) -> Damage:
    return lambda bundle: (bundle / document).write_text(text)


CRAM_MD5 = made_record().members[0].files[0].encrypted.md5
PLAIN_MD5 = made_record().members[0].files[0].plain.md5
TWO_FILES = ["@file:P1AAAA.cram.c4gh", "@file:P1AAAA.cram.crai.c4gh"]
SEX = "<TAG>sex</TAG>\n    <VALUE>male</VALUE>"
NOT_MALE = "<TAG>sex</TAG>\n    <VALUE>female</VALUE>"
DISEASE = "<MODIFIER><DB>MONDO</DB><ID>0005015</ID></MODIFIER><URL>"

DAMAGES: list[tuple[str, Damage, str]] = [
    ("ega.payloads", without(SAMPLE, "phenotype"), "'phenotype' is a required property"),
    ("ega.payloads", changed(SAMPLE, "biological_sex", to="M"), "'M' is not one of"),
    ("ega.payloads", changed(SAMPLE, "birth", to="1961"), "'birth' was unexpected"),
    ("ega.payloads", changed(SAMPLE, "alias", to="../P1"), "does not match"),
    ("ega.payloads", changed(SAMPLE, "alias", to=None), "None is not of type 'string'"),
    ("ega.payloads", changed(RUN, "files", to=TWO_FILES), "is too long"),
    ("ega.payloads", changed(RUN, "files", 0, to="@file:a b.c4gh"), "does not match"),
    ("ega.payloads", changed(RUN, "files", to=[]), "non-empty"),
    ("ega.payloads", changed(RUN, "run_file_type", to="bam"), "'bam' is not one of"),
    ("ega.payloads", changed(RUN, "extra_attributes", 0, "value", to=3), "3 is not of type"),
    (
        "ega.payloads",
        without(EXPERIMENT, "study_provisional_id"),
        "'study_provisional_id' is a required property",
    ),
    (
        "ega.payloads",
        changed(EXPERIMENT, "study_accession_id", to="EGAS00000000001"),
        "does not allow '@study:made-study'",
    ),
    ("ega.payloads", changed(EXPERIMENT, "instrument_model_id", to="25"), "'25' is not of type"),
    ("ega.payloads", without(ANALYSIS, "genome_id"), "'genome_id' is a dependency"),
    ("ega.payloads", without(ANALYSIS, "experiment_types"), "'experiment_types' is a required"),
    ("ega.payloads", changed(DATASET, "description", to="short"), "is too short"),
    ("ega.payloads", changed(DATASET, "policy_accession_id", to="EGAP1"), "does not match"),
    (
        "ega.payloads",
        changed(f"{API}/finalise.json", "expected_release_date", to="2026-13-01"),
        "is not a 'date'",
    ),
    ("ega.payloads", changed(STEPS, 0, "post", to="https://evil.example"), "does not match"),
    ("ega.payloads", written(f"{API}/notes.json", "{}"), "this is no payload of submission"),
    ("ega.payloads", written(SAMPLE, "{"), "this is not JSON"),
    ("ega.payloads", written(SAMPLE, "[]"), "[] is not of type 'object'"),
    ("ega.order", without(STEPS, 2), f"{SAMPLE} is never posted"),
    ("ega.order", without(STEPS, 2), f"{RUN}: no payload before this one gives @sample:P1AAAA"),
    ("ega.order", changed(STEPS, 3, "document", to="sample-P1AAAA.json"), "is posted 2 times"),
    ("ega.order", removed(SAMPLE), f"{SAMPLE}: this file is missing"),
    ("ega.order", changed(STEPS, 1, "post", to="/submissions"), "study.json is posted to"),
    ("ega.order", changed(STEPS, 1, "gives", to="@sample:x"), "study.json gives @sample:x"),
    ("ega.order", changed(STEPS, 1, "gives", to=None), "study.json gives None"),
    (
        "ega.order",
        changed(RUN, "experiment_provisional_id", to="@experiment:P9.wgs"),
        "no payload before this one gives @experiment:P9.wgs",
    ),
    ("ega.order", written(STEPS, "{}"), "this is no order of posting"),
    ("ega.xml", removed(f"{XML}/dac.xml"), "dac.xml: this file is missing"),
    ("ega.xml", written(f"{XML}/dac.xml", "<DAC_SET>"), "this is not XML"),
    ("ega.xml", written(f"{XML}/dac.xml", "<RUN_SET/>"), "its root is RUN_SET, and should be"),
    (
        "ega.xml",
        replaced("run", 'checksum_method="MD5"', 'checksum_method="SHA"'),
        "line 8: Element FILE",
    ),
    ("ega.xml", replaced("run", CRAM_MD5, CRAM_MD5[:-1]), "run.xml: line 8: Element FILE"),
    (
        "ega.xml",
        replaced("run", "made-trio/encrypted/P1AAAA.cram", "made-trio/P1 AAAA.cram"),
        "line 8: Element FILE",
    ),
    ("ega.xml", replaced("run", "made-trio/", "../"), "run.xml: line 8: Element FILE"),
    ("ega.xml", replaced("sample", "9606", "10090"), "sample.xml: line"),
    ("ega.xml", replaced("policy", 'ontology="DUO"', 'ontology="ICO"'), "policy.xml: line"),
    ("ega.xml", replaced("submission", "<PROTECT/>", "<RELEASE/>"), "submission.xml: line"),
    ("ega.xml", replaced("dataset", "of a made-up family of three, to test what", ""), "line 5"),
    ("ega.aliases", replaced("sample", 'alias="P1AAAA"', 'alias="P9AAAA"'), "leaves out P1AAAA"),
    ("ega.aliases", replaced("run", 'alias="P1AAAA.reads"', 'alias="x"'), "leaves out x of"),
    ("ega.aliases", changed(SAMPLE, "alias", to="P2AAAA"), "the alias is P2AAAA, but P1AAAA"),
    ("ega.aliases", changed(STEPS, 1, "gives", to="@study:other"), "leaves out made-study"),
    ("ega.aliases", replaced("policy", 'alias="made-policy"', 'alias="p"'), "has p, which is"),
    (
        "ega.references",
        replaced("run", 'EXPERIMENT_REF refname="P1AAAA.wgs"', 'EXPERIMENT_REF refname="gone"'),
        "P1AAAA.reads refers to the experiment 'gone', which is not there",
    ),
    (
        "ega.references",
        replaced("dataset", 'POLICY_REF refname="made-policy"', 'POLICY_REF refname="gone"'),
        "made-trio refers to the policy 'gone'",
    ),
    (
        "ega.submission",
        replaced("submission", 'source="run.xml" schema="run"', 'source="run.xml" schema="rune"'),
        "it leaves out run of the new documents and has rune",
    ),
    (
        "ega.submission",
        replaced("submission", 'source="run.xml"', 'source="runs.xml"'),
        "run is to be in runs.xml",
    ),
    (
        "ega.files",
        changed(RUN, "files", to=["@file:P2AAAA.cram.c4gh"]),
        "P1AAAA.reads of P1AAAA has P2AAAA.cram.c4gh, which is of P2AAAA",
    ),
    (
        "ega.files",
        changed(RUN, "files", to=["@file:P2AAAA.cram.c4gh"]),
        "P1AAAA.cram.c4gh is in 0 runs and analyses, not in one",
    ),
    (
        "ega.files",
        changed(ANALYSIS, "files", 0, to="@file:P1AAAA.cram.c4gh"),
        "P1AAAA.cram.c4gh is in 2 runs and analyses, not in one",
    ),
    (
        "ega.files",
        changed(ANALYSIS, "files", 0, to="@file:other.vcf.gz.c4gh"),
        "has other.vcf.gz.c4gh, which is not in the bundle",
    ),
    (
        "ega.files",
        replaced(
            "analysis",
            "made-trio/encrypted/P1AAAA.vcf.gz.c4gh",
            "made-trio/encrypted/P1AAAA.cram.c4gh",
        ),
        "ega/xml: P1AAAA.vcf.gz.c4gh is in 0 runs",
    ),
    (
        "ega.files",
        without(ANALYSIS, "files", 0),
        "files of P1AAAA.variants are P1AAAA.g.vcf.gz.c4gh",
    ),
    ("ega.checksums", replaced("run", CRAM_MD5, "0" * 32), f"is {'0' * 32}, but {CRAM_MD5}"),
    (
        "ega.checksums",
        replaced("run", PLAIN_MD5, "0" * 32),
        f"unencrypted_checksum of P1AAAA.cram.c4gh is {'0' * 32}, but {PLAIN_MD5}",
    ),
    (
        "ega.checksums",
        replaced("run", "made-trio/encrypted/P1AAAA", "other/encrypted/P1AAAA"),
        "folder of P1AAAA.cram.c4gh is other/encrypted, but made-trio/encrypted in",
    ),
    ("ega.links", without(DATASET, "run_provisional_ids", 0), "leaves out P1AAAA.reads of"),
    (
        "ega.links",
        replaced("dataset", '<RUN_REF refname="P1AAAA.reads"/>', ""),
        "dataset.xml: it leaves out P1AAAA.reads",
    ),
    (
        "ega.links",
        changed(RUN, "experiment_provisional_id", to="@experiment:P2AAAA.wgs"),
        "P1AAAA.reads is of the sample P1AAAA, but its experiment is P2AAAA.wgs",
    ),
    (
        "ega.links",
        changed(ANALYSIS, "experiment_provisional_ids", 0, to="@experiment:P2AAAA.wgs"),
        "P1AAAA.variants is of the sample P1AAAA, but its experiment is P2AAAA.wgs",
    ),
    ("ega.samples", changed(SAMPLE, "biological_sex", to="female"), "is 'female', but 'male'"),
    ("ega.samples", changed(SAMPLE, "subject_id", to="S2AAAA"), "is 'S2AAAA', but 'S1AAAA'"),
    ("ega.samples", changed(SAMPLE, "phenotype", to="ill"), "phenotype of P1AAAA is 'ill'"),
    ("ega.samples", changed(SAMPLE, "case_control", to="case"), "is 'case', but 'NA'"),
    ("ega.samples", changed(SAMPLE, "alias", to="P9AAAA"), "'P9AAAA' is no sample of the record"),
    ("ega.samples", replaced("sample", SEX, NOT_MALE), "sample.xml: biological_sex of P1AAAA is"),
    ("ega.samples", replaced("sample", "S1AAAA", "S9AAAA"), "is 'S9AAAA', but 'S1AAAA'"),
    ("ega.samples", replaced("sample", "<TAG>phenotype<", "<TAG>trait<"), "is missing, but"),
    (
        "ega.quality",
        changed(RUN, "extra_attributes", 1, "value", to="41.42"),
        "mean_autosome_coverage of P1AAAA.reads is 41.42, but 31.42 in the record",
    ),
    ("ega.quality", changed(RUN, "extra_attributes", 1, "value", to="deep"), "is deep, but"),
    ("ega.quality", without(RUN, "extra_attributes", 1), "without mean_autosome_coverage"),
    ("ega.quality", replaced("run", "31.42", "41.42"), "run.xml: mean_autosome_coverage of"),
    ("ega.quality", replaced("analysis", "3982000", "3"), "count_snvs of P1AAAA.variants is 3"),
    (
        "ega.vocabulary",
        changed(EXPERIMENT, "instrument_model_id", to=24),
        "instrument_model_id of P1AAAA.wgs is '24', but '25' in the record",
    ),
    (
        "ega.vocabulary",
        changed(EXPERIMENT, "library_selection", to="LOTTERY"),
        "library_selection 'LOTTERY' is no word of EGA",
    ),
    ("ega.vocabulary", changed(EXPERIMENT, "library_strategy", to="WXS"), "is 'WXS', but 'WGS'"),
    (
        "ega.vocabulary",
        changed(EXPERIMENT, "library_layout", to="SINGLE"),
        "is 'SINGLE', but 'PAIRED'",
    ),
    (
        "ega.vocabulary",
        changed(f"{API}/study.json", "study_type", to="Astrology"),
        "study type 'Astrology' is no word of EGA",
    ),
    (
        "ega.vocabulary",
        replaced("experiment", ">Illumina NovaSeq 6000</INST", ">Illumina MiSeq</INST"),
        "model of P1AAAA.wgs is 'Illumina MiSeq', but 'Illumina NovaSeq 6000'",
    ),
    (
        "ega.vocabulary",
        replaced("study", "Whole Genome Sequencing", "Metagenomics"),
        "study.xml: type of the study is 'Metagenomics'",
    ),
    (
        "ega.genome",
        changed(ANALYSIS, "genome_id", to=1),
        "genome_id: 1, but the reference gives 15",
    ),
    (
        "ega.genome",
        changed(ANALYSIS, "chromosomes", 0, "id", to=44),
        "chromosomes: chr20 (44), chrM (74), but the reference gives chr20 (69), chrM (74)",
    ),
    ("ega.genome", replaced("analysis", "CM000682.2", "CM000682.1"), "chr20 (CM000682.1)"),
    ("ega.genome", replaced("analysis", "GCA_000001405.15", "GCA_000001405.1"), "assembly of"),
    ("ega.dataset", changed(DATASET, "title", to="Another"), "title of the dataset is 'Another'"),
    (
        "ega.dataset",
        changed(f"{API}/finalise.json", "expected_release_date", to="2020-01-01"),
        "is '2020-01-01', but '2026-03-01' in the record",
    ),
    (
        "ega.dataset",
        changed(DATASET, "policy_accession_id", to="EGAP00000000001"),
        "is 'EGAP00000000001', but '@egap:made-policy'",
    ),
    ("ega.dataset", without(STEPS, -1), "the finalise is posted 0 times, and not once"),
    ("ega.dataset", replaced("dataset", "A made-up trio", "Another"), "dataset.xml: title of"),
    (
        "ega.dataset",
        replaced("dataset", 'POLICY_REF refname="made-policy"', 'POLICY_REF refname="gone"'),
        "the policy is gone, but made-policy in the record",
    ),
    (
        "ega.duo",
        replaced("policy", 'code="0000019"', 'code="0000004"'),
        "there must be one DUO permission, and there are: DUO:0000042, DUO:0000004",
    ),
    ("ega.duo", replaced("policy", 'code="0000042"', 'code="0000018"'), "and there are: none"),
    (
        "ega.duo",
        replaced("policy", 'code="0000019"', 'code="0000018"'),
        "the uses are DUO:0000042, DUO:0000018, but DUO:0000042, DUO:0000019 in the record",
    ),
    (
        "ega.duo",
        replaced("policy", "<URL>", DISEASE),
        "the diseases are MONDO:0005015, but none in the record",
    ),
]


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_undamaged_documents_pass_every_rule(tmp_path, record):
    opened = Bundle(write_bundle(tmp_path, record))
    assert {rule: found(opened, rule) for rule in BY_ID} == {rule: [] for rule in BY_ID}
    assert len(BY_ID) == len(ega.RULES) == 15


@pytest.mark.parametrize(
    ("rule", "damage", "message"),
    DAMAGES,
    ids=[f"{number}-{rule}" for number, (rule, _, _) in enumerate(DAMAGES)],
)
def test_a_damaged_document_is_found(tmp_path, rule, damage, message):
    bundle = write_bundle(tmp_path, made_record())
    damage(bundle)
    assert message in "\n".join(found(bundle, rule))


def test_every_rule_has_a_damaged_case():
    assert {rule for rule, _, _ in DAMAGES} == set(BY_ID)


def test_an_index_in_the_run_of_a_cram_may_not_be_in_an_analysis_too(tmp_path):
    bundle = write_bundle(tmp_path, with_fastq())
    path = f"{API}/analysis-P1AAAA.variants.json"
    changed(path, "files", 0, to="@file:P1AAAA.cram.crai.c4gh")(bundle)
    assert any("crai.c4gh is in 2 runs and analyses" in each for each in found(bundle, "ega.files"))


def test_an_accession_of_the_study_is_no_submission_of_it(tmp_path):
    bundle = write_bundle(tmp_path, registered())
    replaced("submission", 'source="run.xml" schema="run"', 'source="study.xml" schema="study"')(
        bundle
    )
    told = found(bundle, "ega.submission")
    assert "it leaves out run of the new documents and has study, which is not there" in told[0]


def test_a_broken_document_ends_the_rules_that_need_it_with_its_name(tmp_path):
    bundle = write_bundle(tmp_path, made_record())
    replaced("run", "made-trio/", "../")(bundle)
    assert found(bundle, "ega.files") == ["ega/xml/run.xml: this document breaks its structure"]
    without(SAMPLE, "phenotype")(bundle)
    assert found(bundle, "ega.samples") == [f"{SAMPLE}: this payload breaks its schema"]


HOSTILE = [*MALFORMED, '[{"document": 3}]', "\x00", "<a/>"]
HOSTILE += ['<RUN_SET xmlns:x="y"><x:RUN/></RUN_SET>', "<RUN_SET><!-- a --><?b c?></RUN_SET>"]
HOSTILE += ['<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><RUN_SET>&b;</RUN_SET>']
DOCUMENTS = [
    path
    for path in documents_of(made_record())
    if path.startswith("ega/") and "P2" not in path and "P3" not in path
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_rule_breaks_on_a_hostile_document(tmp_path, text):
    bundle = write_bundle(tmp_path, made_record())
    for document in DOCUMENTS:
        kept = (bundle / document).read_bytes()
        (bundle / document).write_text(text)
        opened = Bundle(bundle)
        told = [message for rule in BY_ID for message in found(opened, rule)]
        assert told, document
        (bundle / document).write_bytes(kept)


def test_a_bundle_that_all_have_left_has_nothing_to_check(tmp_path):
    bundle = Bundle(write_bundle(tmp_path, made_record(members=())))
    assert not any(rule.applies(bundle) for rule in ega.RULES)


def test_an_entity_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret words")
    bundle = write_bundle(tmp_path / "bundle", made_record())
    path = bundle / f"{XML}/dac.xml"
    entity = f'<!DOCTYPE DAC_SET [<!ENTITY b SYSTEM "file://{tmp_path}/secret">]>\n<DAC_SET>'
    text = path.read_text().replace("<DAC_SET>", entity).replace("made-up trio", "&b;")
    path.write_text(text)
    assert not any("secret words" in each for rule in BY_ID for each in found(bundle, rule))


@pytest.mark.parametrize("quality", [None, [], {"aln_metrics": 1}])
def test_a_record_without_numbers_of_quality_has_none_to_compare(tmp_path, quality):
    bundle = write_bundle(tmp_path, made_record())
    changed("provenance/record.json", "members", 0, "ga4gh", to={"wgs_qc_metrics": quality})(bundle)
    assert found(bundle, "ega.quality") == []
