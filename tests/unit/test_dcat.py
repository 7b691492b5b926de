"""Catalogue records: what they say of a record, and that they say it the same way each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import DCAT, DCTERMS, ODRL2, RDF, BNode, Graph, URIRef
from rdflib.compare import isomorphic
from tests.unit.made_record import DESCRIPTION, made_file, made_member, made_record

from schelde.bundle.dataset import LegalBasis, Use
from schelde.bundle.record import Frequencies, Record, Role, Withdrawal
from schelde.days import age_bounds, ages
from schelde.documents.dcat import AGGREGATED, CATALOG, LEGAL_BASES, SUBJECT_LEVEL, documents
from schelde.documents.rdf import CONTEXT, DPV, HEALTH, OBO, SPDX
from schelde.sheet import Assay, Sex

FREQUENCIES = Frequencies(
    name="made.af.vcf.gz",
    sites=812,
    individuals=3,
    minimum_count=2,
    size=4321,
    sha256="ab" * 32,
)
WHOLE = made_record(frequencies=FREQUENCIES)
EU = "http://publications.europa.eu/resource/authority/"


def graph_of(record: Record, name: str = SUBJECT_LEVEL) -> Graph:
    return Graph().parse(data=documents(record)[f"{name}.ttl"], format="turtle")


def values(record: Record, term: URIRef, name: str = SUBJECT_LEVEL) -> set[str]:
    graph = graph_of(record, name)
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    return {str(value) for value in graph.objects(dataset, term)}


def described(**others: object) -> Record:
    return made_record(dataset=DESCRIPTION.model_copy(update=others))


def test_a_bundle_with_frequencies_has_two_records_in_two_forms_and_a_catalogue() -> None:
    assert set(documents(WHOLE)) == {
        f"{SUBJECT_LEVEL}.ttl",
        f"{SUBJECT_LEVEL}.jsonld",
        f"{AGGREGATED}.ttl",
        f"{AGGREGATED}.jsonld",
        CATALOG,
    }


def test_a_bundle_without_frequencies_has_no_record_of_them() -> None:
    graph = Graph().parse(data=documents(made_record())[CATALOG], format="turtle")
    assert not [name for name in documents(made_record()) if name.startswith(AGGREGATED)]
    assert len(list(graph.objects(None, DCAT.dataset))) == 1


def test_frequencies_without_an_identifier_are_not_catalogued() -> None:
    dataset = DESCRIPTION.model_copy(update={"frequencies_identifier": None})
    record = made_record(dataset=dataset, frequencies=FREQUENCIES)
    assert not [name for name in documents(record) if name.startswith(AGGREGATED)]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")  # rdflib 7.6, of its own reader
@pytest.mark.parametrize("name", [SUBJECT_LEVEL, AGGREGATED])
def test_turtle_and_json_ld_are_the_same_graph(name: str) -> None:
    linked = Graph().parse(data=documents(WHOLE)[f"{name}.jsonld"], format="json-ld")
    assert len(linked) > 50
    assert isomorphic(graph_of(WHOLE, name), linked)


@pytest.mark.parametrize("name", [SUBJECT_LEVEL, AGGREGATED])
def test_every_node_has_an_address(name: str) -> None:
    assert not [node for triple in graph_of(WHOLE, name) for node in triple if type(node) is BNode]


def test_json_ld_brings_its_context_along() -> None:
    assert json.loads(documents(WHOLE)[f"{SUBJECT_LEVEL}.jsonld"])["@context"] == CONTEXT


def test_records_are_the_same_bytes_in_processes_that_hash_differently() -> None:
    code = (
        "import hashlib\n"
        "from schelde.documents.dcat import documents\n"
        "from tests.unit.test_dcat import WHOLE\n"
        "print(hashlib.sha256(repr(documents(WHOLE)).encode()).hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "workflow" / "src")])

    def run(seed: str) -> str:
        setting = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=setting, check=True, capture_output=True, text=True
        ).stdout

    assert run("1") == run("2")


def test_a_dataset_without_fastq_counts_its_cram_vcf_and_gvcf_files() -> None:
    assert values(made_record(), HEALTH.numberOfRecords) == {"9"}  # of 3 people, no indexes


def test_a_dataset_with_fastq_counts_its_fastq_files() -> None:
    files = tuple(made_file("P1AAAA", role) for role in Role)
    record = made_record(members=(made_member(1, Sex.MALE, files=files),))
    assert values(record, HEALTH.numberOfRecords) == {"2"}


def test_two_samples_of_a_person_are_one_individual() -> None:
    members = (made_member(1, Sex.MALE), made_member(2, Sex.MALE, subject="S1AAAA"))
    assert values(made_record(members=members), HEALTH.numberOfUniqueIndividuals) == {"1"}


def test_frequencies_count_their_sites_and_individuals() -> None:
    assert values(WHOLE, HEALTH.numberOfRecords, AGGREGATED) == {"812"}
    assert values(WHOLE, HEALTH.numberOfUniqueIndividuals, AGGREGATED) == {"3"}


def test_ages_are_told_in_steps_of_five_years() -> None:
    # Born 1961-05-01 to 1963-05-01, the bundle bears 2026-01-31: 62 to 64 years.
    assert values(made_record(), HEALTH.minTypicalAge) == {"60"}
    assert values(made_record(), HEALTH.maxTypicalAge) == {"65"}


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("1961", (64, 65)),
        ("1961-01", (65, 65)),
        ("1961-02", (64, 64)),
        ("1961-01-31", (65, 65)),
        ("1961-02-01", (64, 64)),
        ("2026-01", (0, 0)),
        ("2026", (0, 0)),
    ],
)
def test_an_age_is_as_exact_as_the_date_of_birth(birth: str, expected: tuple[int, int]) -> None:
    assert ages(birth, "2026-01-31") == expected


def test_nobody_has_no_span_of_ages() -> None:
    assert age_bounds([], "2026-01-31") is None


def test_genomes_have_the_declared_access_right_and_frequencies_are_public() -> None:
    record = described(access="RESTRICTED")
    assert values(record, DCTERMS.accessRights) == {f"{EU}access-right/RESTRICTED"}
    assert values(WHOLE, DCTERMS.accessRights, AGGREGATED) == {f"{EU}access-right/PUBLIC"}


@pytest.mark.parametrize("basis", LegalBasis.__args__)  # type: ignore[attr-defined]
def test_every_legal_basis_has_a_term(basis: str) -> None:
    assert values(described(legal_basis=basis), DPV.hasLegalBasis) == {str(LEGAL_BASES[basis])}


@pytest.mark.parametrize("governance", ["ExternallyGoverned", "1MGCompliant", "1MGCohort"])
def test_the_type_of_dataset_is_the_declared_one(governance: str) -> None:
    expected = {f"http://data.gdi.eu/core/p2/{governance}"}
    assert values(described(conforms_to=governance), DCTERMS.conformsTo) == expected


def test_the_policy_has_the_permission_the_modifiers_and_the_disease() -> None:
    use = Use(permission="DUO:0000007", modifiers=("DUO:0000019",), disease="MONDO:0005148")
    graph = graph_of(described(use=use))
    (policy,) = graph.objects(None, ODRL2.hasPolicy)
    (rule,) = graph.objects(policy, ODRL2.permission)
    told = {
        (str(graph.value(one, ODRL2.leftOperand)), str(graph.value(one, ODRL2.rightOperand)))
        for one in graph.objects(rule, ODRL2.constraint)
    }
    assert told == {
        (str(OBO.DUO_0000001), str(OBO.DUO_0000007)),
        (str(OBO.DUO_0000017), str(OBO.DUO_0000019)),
        (str(ODRL2.purpose), str(OBO.MONDO_0005148)),
    }


def test_public_frequencies_do_not_bear_the_policy_of_the_genomes() -> None:
    assert not values(WHOLE, ODRL2.hasPolicy, AGGREGATED)


def test_a_kind_of_file_is_one_distribution_with_the_size_of_all_its_files() -> None:
    graph = graph_of(made_record())
    sizes = {
        str(node).rpartition(".")[2]: int(str(graph.value(node, DCAT.byteSize)))
        for node in graph.subjects(RDF.type, DCAT.Distribution)
    }
    assert sizes == dict.fromkeys(("cram", "vcf", "gvcf"), 3 * 2 * 1152)


def test_targets_of_exomes_are_a_distribution_but_no_records() -> None:
    record = made_record(members=(made_member(1, Sex.MALE, assay=Assay.WES),))
    graph = graph_of(record)
    (node,) = [each for each in graph.subjects(RDF.type, DCAT.Distribution) if ".bed" in each]
    assert URIRef("http://edamontology.org/format_3003") in set(
        graph.objects(node, DCTERMS.conformsTo)
    )
    assert int(str(graph.value(node, DCAT.byteSize))) == 1152
    assert values(record, HEALTH.numberOfRecords) == {"3"}


def test_the_file_of_frequencies_has_its_size_and_checksum() -> None:
    graph = graph_of(WHOLE, AGGREGATED)
    assert [int(str(size)) for size in graph.objects(None, DCAT.byteSize)] == [4321]
    assert [str(value) for value in graph.objects(None, SPDX.checksumValue)] == ["ab" * 32]


def test_a_withdrawal_makes_a_new_edition() -> None:
    gone = Withdrawal(subject="S3AAAA", samples=("P3AAAA",), date="2026-04-01", files=())
    record = made_record(
        members=(made_member(1, Sex.MALE), made_member(2, Sex.FEMALE)), withdrawals=(gone,)
    )
    assert values(made_record(), URIRef(f"{DCAT}version")) == {"2026-01-31"}
    assert values(record, URIRef(f"{DCAT}version")) == {"2026-01-31.1"}
    assert {day[:10] for day in values(record, DCTERMS.modified)} == {"2026-04-01"}


def test_a_dataset_that_all_have_left_is_withdrawn_and_has_no_files() -> None:
    record = made_record(members=())
    status = URIRef("http://www.w3.org/ns/adms#status")
    assert values(record, status) == {f"{EU}dataset-status/WITHDRAWN"}
    assert not values(record, DCAT.distribution)
    assert not values(record, HEALTH.minTypicalAge)


def test_an_address_with_odd_characters_is_still_an_address() -> None:
    record = described(access_url='https://example.org/a"b<c>{d}?e=1#f')
    graph = graph_of(record)
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    assert str(dataset) == "https://example.org/a%22b%3Cc%3E%7Bd%7D?e=1#GDI-BE-EXAMPLE-20260101"


def test_no_record_names_a_sample_or_a_person() -> None:
    text = "".join(str(content) for content in documents(WHOLE).values())
    assert not [name for name in ("P1AAAA", "S1AAAA", "1961") if name in text]
