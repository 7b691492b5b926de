"""national/grz/: submissions to a genomDE Genomrechenzentrum (GRZ), one folder for each case.

``<case>/metadata/metadata.json`` is of metadata schema 1.3.0 (BfArM-MVH/MVGenomseq; the model is
grz-pydantic-models 4.1.1 of BfArM-MVH/grz-tools, f993399d); a case is named by the sample of its
index patient. ``<case>/encrypted_files/`` holds the case's files again, as `grz_links` tells, in
the layout of grz-cli. ``cases.json`` lists all cases, and what those that are not ready lack:
they have no metadata.
"""

from __future__ import annotations

from typing import Any

from schelde.bundle.record import File, Member, Record, Role
from schelde.json_text import json_text
from schelde.national.grz import Case, Donor, MvConsent, ResearchConsent
from schelde.national.grz_ready import (
    MEASURES,
    MINIMUM_QUALITY,
    QUALITY,
    READ_LENGTH,
    day_of,
    files_of,
    gaps,
    is_paired,
    library_kit,
    library_type,
    members_of,
)

CASES = "national/grz/cases.json"
SCHEMA = (
    "https://raw.githubusercontent.com/BfArM-MVH/MVGenomseq/refs/tags/v1.3.0/GRZ/grz-schema.json"
)

STUDY_TYPES = {1: "single", 2: "duo"}
"""By number of donors; more are a trio."""

RESEARCH = ("http://terminology.hl7.org/CodeSystem/consentscope", "research")
CATEGORIES = (
    ("http://loinc.org", "57016-8"),
    (
        "https://www.medizininformatik-initiative.de/fhir/modul-consent/CodeSystem/"
        "mii-cs-consent-consent_category",
        "2.16.840.1.113883.3.1937.777.24.2.184",
    ),
)
PROVISIONS = "urn:oid:2.16.840.1.113883.3.1937.777.24.5.3"
"""Codings that the MII's profile of a FHIR Consent asks for (package consent 2025.0.1)."""


def documents(record: Record) -> dict[str, str]:
    """Return the list of cases and the metadata of those that are ready, if asked for."""
    if record.national.grz is None:
        return {}
    lacking = {case.index: gaps(record, case) for case in record.national.grz.cases}
    listed = [
        {
            "case": case.index,
            "donors": [member.sample for member, _ in members_of(record, case)],
            "ready": not lacking[case.index],
            "lacks": lacking[case.index],
        }
        for case in record.national.grz.cases
    ]
    found = {CASES: json_text({"cases": listed})}
    for case in ready_cases(record):
        found[metadata_path(case)] = json_text(_metadata(record, case))
    return found


def grz_links(record: Record) -> dict[str, str]:
    """Return where a GRZ expects each encrypted file, and which file of the bundle it is.

    Both are paths from the top of the bundle.
    """
    return {
        f"{folder_of(case)}/encrypted_files/{file.name}.c4gh": file.path
        for case in ready_cases(record)
        for member, _ in members_of(record, case)
        for file in files_of(member)
    }


def ready_cases(record: Record) -> list[Case]:
    """Return the cases that a GRZ can take."""
    cases = record.national.grz.cases if record.national.grz else ()
    return [case for case in cases if not gaps(record, case)]


def folder_of(case: Case) -> str:
    """Return the folder of a case, from the top of the bundle."""
    return f"national/grz/{case.index}"


def metadata_path(case: Case) -> str:
    """Return the metadata of a case, from the top of the bundle."""
    return f"{folder_of(case)}/metadata/metadata.json"


def _metadata(record: Record, case: Case) -> dict[str, Any]:
    donors: dict[str, list[tuple[Member, Donor]]] = {}
    for member, donor in members_of(record, case):
        donors.setdefault(member.subject, []).append((member, donor))
    told = case.submission
    return {
        "$schema": SCHEMA,
        "submission": {
            "submissionDate": day_of(record, case),
            "submissionType": told.submission_type,
            "tanG": told.tan_g,
            "localCaseId": told.local_case_id,
            "coverageType": told.coverage_type,
            "submitterId": told.submitter_id,
            "genomicDataCenterId": told.genomic_data_center_id,
            "clinicalDataNodeId": told.clinical_data_node_id,
            "diseaseType": told.disease_type,
            "genomicStudyType": STUDY_TYPES.get(len(donors), "trio"),
            "genomicStudySubtype": "germline-only",
            "labName": told.lab_name,
        },
        "donors": [_donor(record, subject, own) for subject, own in donors.items()],
    }


def _donor(record: Record, subject: str, own: list[tuple[Member, Donor]]) -> dict[str, Any]:
    member, donor = own[0]
    return {
        # Since schema 1.2.1 the index patient is called so, and nobody else.
        "donorPseudonym": "index" if donor.relation == "index" else subject,
        "gender": member.facts.gender,
        "relation": donor.relation,
        "mvConsent": _mv_consent(donor.mv_consent),
        "researchConsents": [_research(consent, subject) for consent in donor.research_consents],
        "labData": [_lab_datum(record, member, donor) for member, donor in own],
    }


def _mv_consent(consent: MvConsent) -> dict[str, Any]:
    presented = consent.presentation_date
    return {
        **({"presentationDate": presented} if presented else {}),
        "version": consent.version,
        "scope": [
            {"type": scope.type, "date": scope.date, "domain": scope.domain}
            for scope in consent.scope
        ],
    }


def _research(consent: ResearchConsent, subject: str) -> dict[str, Any]:
    if consent.no_scope_justification:
        return {
            "presentationDate": consent.presentation_date,
            "noScopeJustification": consent.no_scope_justification,
        }
    return {
        "schemaVersion": consent.schema_version,
        "presentationDate": consent.presentation_date,
        "scope": _fhir_consent(consent, subject),
    }


def _fhir_consent(consent: ResearchConsent, subject: str) -> dict[str, Any]:
    """Return the FHIR Consent; all is denied but for what is permitted (opt-in)."""
    period = {"start": consent.date, "end": consent.until}
    rules = [("permit", code) for code in consent.permits]
    rules += [("deny", code) for code in consent.denies]
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": _coding(*RESEARCH),
        "category": [_coding(*category) for category in CATEGORIES],
        "patient": {"reference": f"Patient/{subject}"},
        "dateTime": consent.date,
        "policy": [{"uri": f"urn:oid:{consent.policy}"}],
        "provision": {
            "type": "deny",
            "period": period,
            "provision": [
                {"type": kind, "period": period, "code": [_coding(PROVISIONS, code)]}
                for kind, code in rules
            ],
        },
    }


def _coding(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _lab_datum(record: Record, member: Member, donor: Donor) -> dict[str, Any]:
    lab, facts = donor.lab, member.facts
    return {
        "labDataName": member.sample,
        "tissueOntology": {"name": lab.tissue_ontology, "version": lab.tissue_ontology_version},
        "tissueTypeId": lab.tissue_id,
        "tissueTypeName": lab.tissue_name,
        "sampleDate": facts.collected,
        "sampleConservation": lab.sample_conservation,
        "sequenceType": "dna",
        "sequenceSubtype": "germline",
        "fragmentationMethod": lab.fragmentation_method,
        "libraryType": library_type(member, donor),
        "libraryPrepKit": library_kit(member, donor),
        "libraryPrepKitManufacturer": lab.library_prep_kit_manufacturer,
        "sequencerModel": facts.instrument,
        "sequencerManufacturer": lab.sequencer_manufacturer,
        "kitName": lab.kit_name,
        "kitManufacturer": lab.kit_manufacturer,
        "enrichmentKitManufacturer": lab.enrichment_kit_manufacturer,
        "enrichmentKitDescription": lab.enrichment_kit_description,
        "barcode": lab.barcode,
        "sequencingLayout": "paired-end" if is_paired(member) else "single-end",
        "sequenceData": _sequence_data(record, member, donor),
    }


def _sequence_data(record: Record, member: Member, donor: Donor) -> dict[str, Any]:
    """Return numbers and files. Only of cases without gaps, so that all numbers are there."""
    measures = MEASURES[member.assay]
    name, _, version = record.provenance.caller.rpartition(" ")
    return {
        "bioinformaticsPipelineName": "Schelde",
        "bioinformaticsPipelineVersion": record.version,
        "referenceGenome": record.reference.genome,
        "percentBasesAboveQualityThreshold": {
            "minimumQuality": MINIMUM_QUALITY,
            "percent": member.number(QUALITY),
        },
        "meanDepthOfCoverage": member.number(measures.depth),
        "minCoverage": measures.minimum,
        "targetedRegionsAboveMinCoverage": round((member.number(measures.regions) or 0) / 100, 6),
        "nonCodingVariants": library_type(member, donor) == "wgs",
        "callerUsed": [{"name": name or version, "version": version}],
        "files": [_file(member, file) for file in files_of(member)],
    }


def _file(member: Member, file: File) -> dict[str, Any]:
    common = {
        "filePath": file.name,
        "fileType": "fastq",
        "checksumType": "sha256",
        "fileChecksum": file.plain.sha256,
        "fileSizeInBytes": file.size,
    }
    if file.role is Role.TARGETS:
        return common | {"fileType": "bed"}
    if file.role is Role.VARIANTS:
        return common | {"fileType": "vcf"}
    order = "R2" if file.role is Role.FASTQ_2 else "R1"
    return common | {
        **({"readOrder": order} if is_paired(member) else {}),
        "readLength": round(member.number(READ_LENGTH) or 0),
        # All lanes of a sample are in one pair of files, so there is no one lane.
        "flowcellId": "+".join(group.unit for group in member.read_groups),
        "laneId": "na",
    }
