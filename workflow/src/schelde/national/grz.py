"""What a genomDE Genomrechenzentrum (GRZ) asks of the operator: config/grz.yaml.

Source: BfArM-MVH/grz-tools, grz-pydantic-models 4.1.1 (f993399d), metadata schema 1.3.0; of it
what germline short reads need. Words are those of that schema.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schelde.bundle import part
from schelde.bundle.part import Name, Part, Text
from schelde.days import day


def _exists(text: str) -> str:
    if day(text) is None:
        raise ValueError(f"there is no day {text}")
    return text


Day = Annotated[part.Day, AfterValidator(_exists)]
Oid = r"^[0-2](\.[0-9]+)+$"
MV_SEQUENCING = "mvSequencing"


class MvScope(Part):
    """One module of the consent to the Modellvorhaben."""

    type: Literal["permit", "deny"] = Field(description="permit or deny")
    date: Day = Field(description="day of the signature (YYYY-MM-DD)")
    domain: Literal["mvSequencing", "reIdentification", "caseIdentification"] = Field(
        description="module of the consent"
    )


class MvConsent(Part):
    """Consent of a donor to the Modellvorhaben (Teilnahmeerklärung)."""

    version: Text = Field(description="name and version of the declaration")
    presentation_date: Day | None = Field(
        default=None, description="day on which it was presented (YYYY-MM-DD)"
    )
    scope: tuple[MvScope, ...] = Field(min_length=1, description="list of modules")


class ResearchConsent(Part):
    """Broad consent to research (MII), or why there is none.

    It becomes a FHIR Consent that names the donor by its pseudonym and nobody else. From
    2026-06-01 on a GRZ takes no technical or organisational reasons, so they are not here.
    """

    presentation_date: Day = Field(description="day on which it was presented (YYYY-MM-DD)")
    no_scope_justification: (
        Literal[
            "patient unable to consent",
            "patient refuses to sign consent",
            "patient did not return consent documents",
            "other patient-related reason",
        ]
        | None
    ) = Field(default=None, description="reason why there is no consent, when there is none")
    schema_version: Literal["2025.0.1", "2025.0.2", "2025.0.3", "2025.0.4", "2026.0.0"] | None = (
        Field(default=None, description="version of the MII consent package")
    )
    date: Day | None = Field(default=None, description="day of the signature (YYYY-MM-DD)")
    until: Day | None = Field(default=None, description="last day (YYYY-MM-DD)")
    policy: str | None = Field(
        default=None, pattern=Oid, description="OID of the document that was signed"
    )
    permits: tuple[str, ...] = Field(default=(), description="OIDs of what is permitted, a list")
    denies: tuple[str, ...] = Field(default=(), description="OIDs of what is denied, a list")

    @model_validator(mode="after")
    def _is_given_or_not(self) -> Self:
        told = {
            "schema_version": self.schema_version,
            "date": self.date,
            "until": self.until,
            "policy": self.policy,
            "permits or denies": self.permits or self.denies,
        }
        if self.no_scope_justification:
            if any(told.values()):
                given = ", ".join(key for key, value in told.items() if value)
                raise ValueError(f"no_scope_justification stands beside {given}")
        elif not all(told.values()):
            missing = ", ".join(key for key, value in told.items() if not value)
            raise ValueError(f"{missing} missing, and no no_scope_justification")
        return self


class Lab(Part):
    """How a donor's sample was kept, prepared and sequenced."""

    tissue_ontology: Text = Field(description="name of the tissue ontology, such as UBERON")
    tissue_ontology_version: Text = Field(description="version of that ontology")
    tissue_id: Text = Field(description="id of the tissue in it, such as UBERON:0000178")
    tissue_name: Text = Field(description="name of the tissue in it, such as blood")
    sample_conservation: Literal["fresh-tissue", "cryo-frozen", "ffpe", "other", "unknown"] = Field(
        description="how the sample was kept"
    )
    fragmentation_method: Literal["sonication", "enzymatic", "none", "other", "unknown"] = Field(
        description="how DNA was fragmented"
    )
    library_type: Literal["wgs", "wes", "panel"] | None = Field(
        default=None, description="library type; when left out, the assay of people.tsv"
    )
    library_prep_kit: Text | None = Field(
        default=None,
        description="name and version of the library kit; when left out, library_kit of people.tsv",
    )
    library_prep_kit_manufacturer: Text = Field(description="manufacturer of the library kit")
    sequencer_manufacturer: Text = Field(description="manufacturer of the sequencer")
    kit_name: Text = Field(description="name and version of the sequencing kit")
    kit_manufacturer: Text = Field(description="manufacturer of the sequencing kit")
    enrichment_kit_manufacturer: Literal[
        "Illumina", "Agilent", "Twist", "NEB", "other", "unknown", "none"
    ] = Field(default="none", description="manufacturer of the enrichment kit")
    enrichment_kit_description: Text = Field(
        default="none", description="name and version of the enrichment kit"
    )
    barcode: Text = Field(default="na", description="barcode of the sample, or na")


class Donor(Part):
    """One person of a case."""

    relation: Literal["index", "mother", "father", "brother", "sister", "child", "other"] = Field(
        description="relation to the index patient"
    )
    mv_consent: MvConsent = Field(description="consent to the Modellvorhaben")
    research_consents: tuple[ResearchConsent, ...] = Field(
        min_length=1, description="list of consents to research"
    )
    lab: Lab = Field(description="laboratory's side of the sample")


class Submission(Part):
    """What is said of a case as a whole. The type of study follows from the donors."""

    submission_date: Day | None = Field(
        default=None, description="day of the submission; when left out, that of the dataset"
    )
    submission_type: Literal["initial", "followup", "addition", "correction", "test"] = Field(
        description="type of the submission"
    )
    tan_g: str = Field(pattern="^[0-9A-Fa-f]{64}$", description="tanG, 64 hexadecimal digits")
    local_case_id: Text = Field(description="local id of the case, which names nobody")
    coverage_type: Literal["GKV", "PKV", "BG", "SEL", "SOZ", "GPV", "PPV", "BEI", "SKT", "UNK"] = (
        Field(description="who pays")
    )
    submitter_id: str = Field(
        pattern="^[0-9]{9}$", description="institutional id of the submitter, 9 digits"
    )
    genomic_data_center_id: str = Field(
        pattern="^GRZ[A-Z0-9]{3}[0-9]{3}$", description="id of the GRZ, such as GRZX00001"
    )
    clinical_data_node_id: str = Field(
        pattern="^KDK[A-Z0-9]{3}[0-9]{3}$", description="id of the clinical node (KDK)"
    )
    disease_type: Literal["oncological", "rare", "hereditary"] = Field(
        description="type of the disease"
    )
    lab_name: Text = Field(description="name of the sequencing laboratory")


class Case(Part):
    """An index patient and its relatives: one submission. ``donors``: by sample."""

    submission: Submission = Field(description="block about the case as a whole")
    donors: dict[Name, Donor] = Field(min_length=1, description="donors, each under its sample")

    @property
    def index(self) -> str | None:
        """The sample of the index patient; None if there is none, or more than one."""
        found = [name for name, donor in self.donors.items() if donor.relation == "index"]
        return found[0] if len(found) == 1 else None


class Grz(Part):
    """All cases of a bundle."""

    cases: tuple[Case, ...] = Field(min_length=1, description="list of cases")

    def for_pseudonyms(self, pseudonyms: Mapping[str, str]) -> Grz | None:
        """Return the same cases with donors under their pseudonyms (home sample -> pseudonym).

        Who has none was left out of the bundle and is left out here; so is a case whose index
        patient was. None when no case is left.
        """
        cases = tuple(
            Case(
                submission=case.submission,
                donors={
                    pseudonyms[sample]: donor
                    for sample, donor in case.donors.items()
                    if sample in pseudonyms
                },
            )
            for case in self.cases
            if case.index in pseudonyms
        )
        return Grz(cases=cases) if cases else None

    def without(self, gone: Collection[str]) -> Grz | None:
        """Return it without these samples, such as after a withdrawal; see `for_pseudonyms`."""
        samples = (sample for case in self.cases for sample in case.donors)
        return self.for_pseudonyms({sample: sample for sample in samples if sample not in gone})
