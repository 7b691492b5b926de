"""national/ghga.json: a submission to GHGA, the German Human Genome-Phenome Archive.

Source: ghga-de/ghga-metadata-schema 2.2.1, src/schema/submission.yaml (cfc65e15). Aliases: of a
sample and a subject their pseudonyms, of a file its name, of study, policy and committee those of
the dataset; others are these with an end, such as ``<sample>.experiment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schelde.bundle.record import SUFFIXES, Member, Record, Role
from schelde.json_text import json_text
from schelde.national.ages import age_range
from schelde.national.ghga import Ghga
from schelde.national.ghga_words import duo_word, instrument, selection, tissue_id
from schelde.sheet import Assay

GHGA = "national/ghga.json"

FASTQS = (Role.FASTQ_1, Role.FASTQ_2)
FORMATS = {Role.READS: "CRAM", Role.VARIANTS: "VCF", Role.GVCF: "VCF", Role.TARGETS: "BED"}
"""ProcessDataFileFormatEnum; indexes of these formats are OTHER in it."""

CASE_CONTROL = {"case": "CASE", "control": "CONTROL", "both": "OTHER", "NA": "UNKNOWN"}
LIBRARY_TYPES = {Assay.WGS: "WGS", Assay.WES: "WXS"}
DATASET_TYPES = {Assay.WGS: "Whole genome sequencing", Assay.WES: "Exome sequencing"}


def documents(record: Record) -> dict[str, str]:
    """Return the submission, if the operator asked for it."""
    told = record.national.ghga
    if told is None:
        return {}
    return {GHGA: json_text(_submission(record, told))}


def _submission(record: Record, told: Ghga) -> dict[str, Any]:
    methods = _methods(record)
    return {
        "studies": [_study(record, told)],
        "datasets": [_dataset(record)],
        "data_access_policies": [_policy(record)],
        "data_access_committees": [_committee(record)],
        "individuals": [_individual(subject, own) for subject, own in record.subjects.items()],
        "samples": [_sample(member) for member in record.members],
        "experiment_methods": [
            _experiment_method(alias, record, told, member)
            for alias, member in {methods[_method_of(m)]: m for m in record.members}.items()
        ],
        "experiments": [_experiment(m, methods[_method_of(m)]) for m in record.members],
        "analysis_methods": [_analysis_method(record, told)],
        "analyses": [_analysis(record, member) for member in record.members],
        "research_data_files": [f for m in record.members for f in _research_files(record, m)],
        "process_data_files": [f for m in record.members for f in _process_files(record, m)],
        "publications": [],
        "experiment_method_supporting_files": [],
        "analysis_method_supporting_files": [],
        "individual_supporting_files": [],
    }


def _study(record: Record, told: Ghga) -> dict[str, Any]:
    study = record.dataset.study
    return {
        "alias": study.alias,
        "title": study.title,
        "description": study.description,
        "types": list(told.study_types),
        "affiliations": list(told.affiliations),
        **_accession(study.accession),
    }


def _dataset(record: Record) -> dict[str, Any]:
    assays = {member.assay for member in record.members}
    return {
        "alias": record.dataset.alias,
        "title": record.dataset.title,
        "description": record.dataset.description,
        "types": [name for assay, name in DATASET_TYPES.items() if assay in assays],
        "data_access_policy": record.dataset.policy.alias,
        "study": record.dataset.study.alias,
    }


def _policy(record: Record) -> dict[str, Any]:
    policy, use = record.dataset.policy, record.dataset.use
    found: dict[str, Any] = {
        "alias": policy.alias,
        "name": policy.title,
        "description": policy.title,
        "policy_text": policy.text,
        "data_use_permission_term": duo_word(use.permission),
        "data_use_permission_id": use.permission,
    }
    if use.modifiers:
        found["data_use_modifier_terms"] = [duo_word(term) for term in use.modifiers]
        found["data_use_modifier_ids"] = list(use.modifiers)
    return found | {
        "data_access_committee": record.dataset.committee.alias,
        **_accession(policy.accession),
    }


def _committee(record: Record) -> dict[str, Any]:
    committee = record.dataset.committee
    return {
        "alias": committee.alias,
        "email": committee.email,
        "institute": committee.institute,
        **_accession(committee.accession),
    }


def _accession(accession: str | None) -> dict[str, str]:
    return {"ega_accession": accession} if accession else {}


def _individual(subject: str, members: list[Member]) -> dict[str, Any]:
    """Return a person. Diagnoses are left out: GHGA takes codes of ICD-10 alone."""
    features = list(members[0].facts.hpo)
    found: dict[str, Any] = {"alias": subject, "sex": members[0].sex.upper()}
    return found | ({"phenotypic_features_ids": features} if features else {})


def _sample(member: Member) -> dict[str, Any]:
    facts = member.facts
    found = {
        "alias": member.sample,
        "individual": member.subject,
        "name": member.sample,
        "type": "GENOMIC_DNA",
        "description": f"{facts.specimen} from {facts.anatomical_site}, {facts.pathological_state}",
        "case_control_status": CASE_CONTROL[facts.case_control],
        "biospecimen_type": facts.specimen,
        "biospecimen_age_at_sampling": age_range(facts.birth, facts.collected),
    }
    if facts.phenotype == "healthy":
        found["disease_or_healthy"] = "HEALTHY"
    elif facts.hpo or facts.diagnoses:
        found["disease_or_healthy"] = "DISEASE"
    tissue = tissue_id(facts.anatomical_site)
    if tissue:
        found["biospecimen_tissue_term"] = facts.anatomical_site
        found["biospecimen_tissue_id"] = tissue
    return found


def _paired(member: Member) -> bool:
    return any(group.paired for group in member.read_groups)


def _method_of(member: Member) -> tuple[object, ...]:
    facts = member.facts
    return member.assay, facts.instrument, facts.library_selection, _paired(member)


def _methods(record: Record) -> dict[tuple[object, ...], str]:
    """Return an alias for each way in which samples were sequenced, numbered as they come."""
    ways = dict.fromkeys(_method_of(member) for member in record.members)
    return {way: f"{record.dataset.alias}.method.{n}" for n, way in enumerate(ways, start=1)}


def _experiment_method(alias: str, record: Record, told: Ghga, member: Member) -> dict[str, Any]:
    facts, kind = member.facts, LIBRARY_TYPES[member.assay]
    found: dict[str, Any] = {
        "alias": alias,
        "name": f"{kind} on {facts.instrument}",
        "description": f"{kind} of {facts.specimen} on {facts.instrument}",
        "type": DATASET_TYPES[member.assay],
        "library_type": kind,
        "library_selection_methods": [selection(facts.library_selection)],
        "library_preparation": told.library_preparation,
        "instrument_model": instrument(facts.instrument),
        "sequencing_layout": "PE" if _paired(member) else "SE",
    }
    optional = {
        "library_preparation_kit_manufacturer": told.library_kit_manufacturer,
        "sequencing_center": told.sequencing_center,
    }
    return found | {key: value for key, value in optional.items() if value}


def _experiment(member: Member, method: str) -> dict[str, Any]:
    return {
        "alias": f"{member.sample}.experiment",
        "title": f"{LIBRARY_TYPES[member.assay]} of {member.sample}",
        "experiment_method": method,
        "sample": member.sample,
    }


def _analysis_method(record: Record, told: Ghga) -> dict[str, Any]:
    found: dict[str, Any] = {
        "alias": f"{record.dataset.alias}.workflow",
        "name": "Schelde",
        "description": f"Alignment of reads, and germline variants by {record.provenance.caller}",
        "type": "Germline variant calling",
        "workflow_name": "Schelde",
        "workflow_version": record.version,
        "workflow_repository": told.workflow_repository,
        "workflow_doi": told.workflow_doi,
        "parameters": _attributes(record.provenance.settings),
        "software_versions": _attributes(record.provenance.tools),
        "reference_type": "GENOME",
    }
    reference = record.reference
    if reference.genome:
        found["reference_name"] = reference.genome
    if reference.accession:
        found["reference_version"] = reference.accession
    return found


def _attributes(values: Mapping[str, object]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in values.items() if value is not None]


def _analysis(record: Record, member: Member) -> dict[str, Any]:
    return {
        "alias": f"{member.sample}.analysis",
        "title": f"Reads and variants of {member.sample}",
        "analysis_method": f"{record.dataset.alias}.workflow",
        "research_data_files": [name for name, _ in _fastqs(member)],
    }


def _fastqs(member: Member) -> list[tuple[str, bool]]:
    """Return the FASTQ files of the reads, and whether each is in the bundle.

    GHGA asks for the raw files of every analysis; those kept at home are named all the same.
    """
    roles = FASTQS if _paired(member) else FASTQS[:1]
    here = {file.role: file.name for file in member.files}
    return [(here.get(role, f"{member.sample}{SUFFIXES[role]}"), role in here) for role in roles]


def _research_files(record: Record, member: Member) -> list[dict[str, Any]]:
    return [
        {
            "alias": name,
            "name": name,
            "dataset": record.dataset.alias,
            "included_in_submission": included,
            "format": "FASTQ",
            "technical_replicate": 1,
            "experiments": [f"{member.sample}.experiment"],
        }
        for name, included in _fastqs(member)
    ]


def _process_files(record: Record, member: Member) -> list[dict[str, Any]]:
    return [
        {
            "alias": file.name,
            "name": file.name,
            "dataset": record.dataset.alias,
            "included_in_submission": True,
            "format": FORMATS.get(file.role, "OTHER"),
            "analysis": f"{member.sample}.analysis",
        }
        for file in member.files
        if file.role not in FASTQS
    ]
