"""What the demo declares about its people: a sheet apart, on which the data do not depend."""

from __future__ import annotations

from dataclasses import replace

from schelde.declared import COLUMNS, LISTED, Declared
from schelde.demo.family import CHILD, FATHER, MOTHER
from schelde.demo.sheets import PEOPLE, table_text

PERSON_COLUMNS = ("sample", "subject_id", "assay", "sex", "father", "mother")
DEFAULTS = Declared()

# A made-up Belgian family. All agreed to at least what the dataset is for (config/dataset.yaml):
# the father to any research, the mother to health research that earns no money, and a guardian
# for the son, who is a child and will be asked himself.
_FATHER = Declared(
    gender="male",
    birth="1979-04-17",
    country="BE",
    phenotype="healthy",
    case_control="control",
    anatomical_site="blood",
    specimen="blood",
    collected="2025-09-15",
    storage="D",
    instrument="HiSeq X Ten",
    library_selection="RANDOM",
    library_kit="TruSeq DNA PCR-Free",
    sequenced="2025-10-02",
    consent="given",
    consent_date="2025-09-12",
    consent_version="2.1",
    duo="DUO:0000042",
    legal_basis="Consent",
)
DECLARED = {
    FATHER: _FATHER,
    MOTHER: replace(
        _FATHER,
        gender="female",
        birth="1982-11-03",
        duo="DUO:0000006",
        duo_modifiers=("DUO:0000046",),
        consent_expires="2045-09-12",
    ),
    CHILD: replace(
        _FATHER,
        birth="2015-06-21",
        phenotype="seizures",
        hpo=("HP:0001250",),
        case_control="case",
        duo="DUO:0000006",
        duo_modifiers=("DUO:0000019", "DUO:0000046"),
        consent_by="guardian",
        renew_on="2033-06-21",
    ),
}


def people_text() -> str:
    """Return people.tsv, with the columns that anybody has something in."""
    everyone = DECLARED.values()
    used = [c for c in COLUMNS if any(getattr(d, c) != getattr(DEFAULTS, c) for d in everyone)]
    rows = [
        (
            *(p.sample, p.subject_id, p.assay, p.sex, p.father, p.mother),
            *(_cell(DECLARED[p.sample], column) for column in used),
        )
        for p in PEOPLE
    ]
    return table_text((*PERSON_COLUMNS, *used), rows)


def _cell(declared: Declared, column: str) -> str | None:
    value = getattr(declared, column)
    return ",".join(value) if column in LISTED else value
