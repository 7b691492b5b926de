"""What GHGA, the German Human Genome-Phenome Archive, asks of the operator: config/ghga.yaml.

Source: ghga-de/ghga-metadata-schema 2.2.1, src/schema/submission.yaml (cfc65e15).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schelde.bundle.part import Address, Part, Text

StudyType = Literal[
    "CANCER_GENOMICS", "EPIGENETICS", "EXOME_SEQUENCING", "FORENSIC_GENETICS", "PALEO_GENOMICS",
    "GENE_REGULATION_STUDY", "METAGENOMICS", "POOLED_CLONE_SEQUENCING", "POPULATION_GENOMICS",
    "RNASEQ", "RESEQUENCING", "SYNTHETIC_GENOMICS", "TRANSCRIPTOME_ANALYSIS",
    "WHOLE_GENOME_SEQUENCING", "GWAS", "RARE_DISEASE", "CANCER", "COMMON_DISEASE",
    "NEURODEGENERATIVE_DISEASE", "CASE_CONTROL", "FAMILY", "HEREDITARY_DISEASE", "GENOMICS",
    "EPIGENOMICS", "TRANSCRIPTOMICS", "SINGLE_CELL_SEQUENCING", "SINGLE_CENTER", "MULTI_CENTER",
    "COHORT", "LONGITUDINAL", "TIME_SERIES", "INTERVENTIONAL", "NON_INTERVENTIONAL",
    "COMMUNITY_BASED", "TARGETED_SEQUENCING", "OTHER",
]  # fmt: skip


class Ghga(Part):
    """A submission to GHGA, as far as neither people.tsv nor dataset.yaml has it."""

    study_types: tuple[StudyType, ...] = Field(
        min_length=1, description="types of the study, a list of GHGA's words"
    )
    affiliations: tuple[Text, ...] = Field(
        min_length=1, description="institutions behind the study, a list"
    )
    library_preparation: Text = Field(
        description="general method that libraries were prepared with, such as 'KAPA PCR-free'"
    )
    library_kit_manufacturer: Text | None = Field(
        default=None, description="manufacturer of the kit used for library preparation"
    )
    sequencing_center: Text | None = Field(
        default=None, description="centre where samples were sequenced"
    )
    workflow_repository: Address = Field(
        description="address of the repository that the workflow was taken from"
    )
    workflow_doi: str = Field(
        pattern=r"^10\.[0-9]{4,9}/\S+$",
        description="DOI of the workflow, such as 10.5281/zenodo.1234567",
    )
