"""What cannot be computed about a person and its sample: facts and consent, from people.tsv.

It stands apart from `Person`: alignment and calling do not depend on it, so that a consent that
changes reruns neither. Names of fields are those of `schelde.bundle.record` where these have them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schelde.declared_faults import row_faults
from schelde.errors import Problem
from schelde.tables import Row, Table

if TYPE_CHECKING:
    from schelde.bundle.record import Consent, Facts


def _column(about: str, default: str | None = None, *, listed: bool = False) -> Any:  # noqa: ANN401
    """Return the field of a column; ``listed``: its cells hold several values, with commas."""
    metadata = {"about": about}
    return field(default=() if listed else default, metadata=metadata)


@dataclass(frozen=True)
class Declared:
    """The declared cells of a row. An empty cell is None, or what the column says."""

    gender: str | None = _column("male, female, other or unknown (HL7 administrative gender)")
    birth: str | None = _column("day, month or year of birth: 1980-05-01, 1980-05 or 1980")
    country: str | None = _column("country of origin, two letters (ISO 3166-1), such as BE")
    phenotype: str | None = _column("'healthy', or what the person has, in words")
    hpo: tuple[str, ...] = _column("terms of the Human Phenotype Ontology: HP:0001250", listed=True)
    diagnoses: tuple[str, ...] = _column(
        "codes of diagnoses: ORPHA:98473, OMIM:143100, MONDO:0007739 or SCTID:22298006",
        listed=True,
    )
    case_control: str = _column("case, control, both or NA (not applicable; also if empty)", "NA")
    anatomical_site: str | None = _column("where the sample was taken, such as blood")
    pathological_state: str = _column(
        "state of the sampled tissue; 'Germline Normal' if empty", "Germline Normal"
    )
    specimen: str | None = _column("type of the specimen, such as blood")
    collected: str | None = _column("day, month or year in which the sample was taken")
    storage: str | None = _column("how the sample is stored")
    instrument: str | None = _column("model of the sequencer, as EGA names it")
    library_selection: str | None = _column(
        "how DNA was selected, as EGA names it: RANDOM, PCR, Hybrid Selection ..."
    )
    library_kit: str | None = _column("kit that the library was made with")
    sequenced: str | None = _column("day, month or year in which it was sequenced")
    consent: str | None = _column("given, refused, withdrawn or pending")
    consent_date: str | None = _column("day on which it was given, such as 2026-01-31")
    consent_version: str | None = _column("version of the form that was signed")
    duo: str | None = _column("what it allows: one permission of the Data Use Ontology")
    duo_modifiers: tuple[str, ...] = _column("modifiers of that permission", listed=True)
    duo_disease: str | None = _column("the disease (MONDO) of DUO:0000007, and of it alone")
    legal_basis: str | None = _column(
        "on which the data are processed: Consent, PublicInterest, LegalObligation or "
        "ScientificResearch"
    )
    consent_expires: str | None = _column("last day on which the consent holds")
    consent_by: str = _column("who gave it: self (also if empty) or guardian", "self")
    renew_on: str | None = _column(
        "day from which the person must have been asked itself; always for children"
    )
    line: int = field(default=0, compare=False, repr=False)  # of the sheet, 1-based


COLUMNS = tuple(column.name for column in dataclasses.fields(Declared) if column.metadata)
LISTED = tuple(column.name for column in dataclasses.fields(Declared) if column.default == ())

OF_A_PERSON = (
    *("gender", "birth", "country", "phenotype", "hpo", "diagnoses"),
    *COLUMNS[COLUMNS.index("consent") :],
)
"""Columns that are the same for all samples of a person."""


def declared_of(table: Table, problems: list[Problem]) -> dict[str, Declared]:
    """Return what a table of people declares, by sample, adding mistakes to ``problems``.

    As in `schelde.people`, the first row of a sample counts; mistaken cells come back as they are,
    so that nobody is told besides that they are missing.
    """
    found: dict[str, Declared] = {}
    for row in table.rows:
        problems.extend(row.place.problem(*fault) for fault in row_faults(row.cells))
        if "sample" in row.cells:
            found.setdefault(row.cells["sample"], _declared(row))
    problems.extend(_clashes(table))
    return found


def _declared(row: Row) -> Declared:
    values: dict[str, Any] = {
        name: items(row.cells[name]) if name in LISTED else row.cells[name]
        for name in COLUMNS
        if name in row.cells
    }
    return Declared(**values, line=row.place.line or 0)


def items(cell: str) -> tuple[str, ...]:
    """Return the values of a cell with commas between them.

    >>> items("HP:0000118, HP:0001250")
    ('HP:0000118', 'HP:0001250')
    """
    return tuple(item.strip() for item in cell.split(",") if item.strip())


def _clashes(table: Table) -> Iterable[Problem]:
    """Yield a problem for each cell about a person that another sample of it tells otherwise."""
    first: dict[str, Row] = {}
    for row in table.rows:
        subject = row.cells.get("subject_id")
        if subject is None:
            continue
        before = first.setdefault(subject, row)
        for name in OF_A_PERSON:
            here, there = row.cells.get(name), before.cells.get(name)
            if here != there:
                what = f"{name} of subject '{subject}' is {_shown(here)}, but {_shown(there)}"
                remedy = "give a person's facts and consent alike for all its samples"
                yield row.place.problem(f"{what} on line {before.place.line}", remedy)


def _shown(cell: str | None) -> str:
    return "empty" if cell is None else f"'{cell}'"


def facts_of(declared: Declared) -> Facts:
    """Return the facts as a bundle's record has them.

    pydantic's ValidationError if a mandatory one is missing; `schelde.requirements` tells before.
    """
    from schelde.bundle.record import Facts  # slow to load, and few processes ask

    return Facts.model_validate(_given(declared, Facts.model_fields))


def consent_of(declared: Declared) -> Consent:
    """Return the consent as a bundle's record has it; ValidationError as in `facts_of`."""
    from schelde.bundle.record import Consent

    names = {
        "date": declared.consent_date,
        "version": declared.consent_version,
        "permission": declared.duo,
        "modifiers": declared.duo_modifiers,
        "disease": declared.duo_disease,
        "legal_basis": declared.legal_basis,
        "expires": declared.consent_expires,
        "given_by": declared.consent_by,
        "renew_on": declared.renew_on,
    }
    return Consent.model_validate({name: value for name, value in names.items() if value})


def _given(declared: Declared, names: Iterable[str]) -> Mapping[str, object]:
    values = ((name, getattr(declared, name)) for name in names)
    return {name: value for name, value in values if value is not None}
