"""What national collections ask for, for the made-up trio of made_record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.made_record import made_file, made_member, made_record

from schelde.bundle.record import RECORD, National, Record, Role
from schelde.documents import ghga as ghga_document
from schelde.documents import grz as grz_document
from schelde.national.ghga import Ghga
from schelde.national.grz import Grz
from schelde.sheet import Sex
from schelde.verify.rule import Bundle

GHGA = Ghga(
    study_types=("WHOLE_GENOME_SEQUENCING", "FAMILY"),
    affiliations=("Example Genome Institute",),
    library_preparation="PCR-free",
    workflow_repository="https://example.org/schelde",
    workflow_doi="10.5281/zenodo.1234567",
)

SIGNED = {
    "version": "1.0",
    "presentation_date": "2025-01-10",
    "scope": [{"type": "permit", "date": "2025-01-15", "domain": "mvSequencing"}],
}
RESEARCH = {
    "presentation_date": "2025-01-10",
    "schema_version": "2025.0.1",
    "date": "2025-01-15",
    "until": "2055-01-14",
    "policy": "2.16.840.1.113883.3.1937.777.24.2.1791",
    "permits": [
        "2.16.840.1.113883.3.1937.777.24.5.3.1",
        "2.16.840.1.113883.3.1937.777.24.5.3.8",
    ],
}
REFUSED = {
    "presentation_date": "2025-01-10",
    "no_scope_justification": "patient refuses to sign consent",
}
LAB = {
    "tissue_ontology": "UBERON",
    "tissue_ontology_version": "2025-01-15",
    "tissue_id": "UBERON:0000178",
    "tissue_name": "blood",
    "sample_conservation": "fresh-tissue",
    "fragmentation_method": "sonication",
    "library_prep_kit": "TruSeq DNA PCR-Free",
    "library_prep_kit_manufacturer": "Illumina",
    "sequencer_manufacturer": "Illumina",
    "kit_name": "NovaSeq 6000 S4",
    "kit_manufacturer": "Illumina",
}
SUBMISSION = {
    "submission_type": "initial",
    "tan_g": "9e" * 32,
    "local_case_id": "case-1",
    "coverage_type": "GKV",
    "submitter_id": "123456789",
    "genomic_data_center_id": "GRZM00123",
    "clinical_data_node_id": "KDKM00456",
    "disease_type": "rare",
    "lab_name": "Example Genome Institute",
}


def made_donor(relation: str, consent: dict[str, Any] = RESEARCH, **lab: object) -> dict[str, Any]:
    """Return a donor as a YAML file gives it."""
    return {
        "relation": relation,
        "mv_consent": SIGNED,
        "research_consents": [consent],
        "lab": LAB | lab,
    }


def made_cases(index: str = "P3AAAA", mother: str = "P2AAAA", father: str = "P1AAAA") -> Any:
    """Return the one case of the trio as a YAML file gives it."""
    donors = {
        index: made_donor("index"),
        mother: made_donor("mother", REFUSED),
        father: made_donor("father"),
    }
    return {"cases": [{"submission": dict(SUBMISSION), "donors": donors}]}


def made_national_record(**others: object) -> Record:
    """Return the trio with FASTQ files and the coverage of regions, for GHGA and a GRZ."""
    members = []
    people = {1: Sex.MALE, 2: Sex.FEMALE, 3: Sex.MALE}
    for number, sex in people.items():
        member = made_member(number, sex)
        changes: dict[str, Any] = {
            "metrics": {**member.metrics, "pct_regions_20x": 97.1},
            "files": (
                *member.files,
                made_file(member.sample, Role.FASTQ_1),
                made_file(member.sample, Role.FASTQ_2),
            ),
        }
        if number == 3:
            changes |= {"father": "P1AAAA", "mother": "P2AAAA"}
        members.append(member.model_copy(update=changes))
    national = National(ghga=GHGA, grz=Grz.model_validate(made_cases()))
    values: dict[str, Any] = {"members": tuple(members), "national": national}
    return made_record(**(values | others))


def written_bundle(root: Path, record: Record) -> Bundle:
    """Write the national part of a bundle, with files of zeros in the place of encrypted ones."""
    files = {RECORD: record.to_json()}
    files |= ghga_document.documents(record) | grz_document.documents(record)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for _, file in record.files:
        (root / file.path).parent.mkdir(parents=True, exist_ok=True)
        (root / file.path).write_bytes(bytes(file.encrypted_size))
    for target, source in grz_document.grz_links(record).items():
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        (root / target).hardlink_to(root / source)
    return Bundle(root)
