"""What a bundle needs of people.tsv, told once for each column."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from schelde.bundle.record import Consent, Facts
from schelde.bundle_settings import Target
from schelde.declared import COLUMNS, Declared
from schelde.requirements import BASE, missing, requirements, stretches

PAGE = Path(__file__).parents[2] / "docs" / "people.md"
FULL = Declared(
    gender="female",
    birth="1980",
    country="BE",
    phenotype="healthy",
    anatomical_site="blood",
    specimen="blood",
    collected="2025-02-01",
    instrument="unspecified",
    library_selection="RANDOM",
    library_kit="kit",
    consent="given",
    consent_date="2025-01-15",
    consent_version="1",
    duo="DUO:0000042",
    legal_basis="Consent",
    line=2,
)


def told(targets: tuple[str, ...] = (), **changes: object) -> list[str]:
    row = replace(FULL, **changes)  # type: ignore[arg-type]
    return [str(problem) for problem in missing("people.tsv", {"S1": row}, targets)]


def test_requirements_name_columns_and_targets_that_there_are() -> None:
    assert {requirement.column for requirement in requirements()} <= set(COLUMNS)
    assert {requirement.target for requirement in requirements()} == {BASE, "goe", "ghga", "grz"}
    assert set(Target.__args__) | {BASE} == {requirement.target for requirement in requirements()}


def test_every_field_that_the_record_must_have_is_asked_for() -> None:
    names = {"date": "consent_date", "version": "consent_version", "permission": "duo"}
    must = {name for name, field in Facts.model_fields.items() if field.is_required()}
    must |= {names.get(n, n) for n, field in Consent.model_fields.items() if field.is_required()}
    assert must <= {req.column for req in requirements() if req.target == BASE}


def test_who_has_all_is_asked_for_nothing() -> None:
    assert not told(("goe", "ghga", "grz"))


@pytest.mark.parametrize("column", [f.name for f in fields(Declared) if f.metadata])
def test_a_column_is_missed_by_those_who_ask_for_it(column: str) -> None:
    asked = {requirement.target for requirement in requirements() if requirement.column == column}
    empty = {column: () if isinstance(getattr(FULL, column), tuple) else None}
    for target in ("goe", "ghga", "grz"):
        assert len(told((target,), **empty)) == bool(asked & {BASE, target})


def test_a_message_names_who_asks_and_what_to_give() -> None:
    assert told(birth=None) == [
        "people.tsv:2: the person of sample 'S1' has no birth; 1+MG and Phenopackets need it: "
        "give day, month or year of birth: 1980-05-01, 1980-05 or 1980"
    ]
    assert told(("goe",), country=None) == [
        "people.tsv:2: the person of sample 'S1' has no country; GoE needs it: "
        "give country of origin, two letters (ISO 3166-1), such as BE"
    ]


def test_who_has_it_in_another_file_is_not_asked() -> None:
    row = {"S1": replace(FULL, library_kit=None), "S2": replace(FULL, library_kit=None, line=3)}
    (problem,) = missing("people.tsv", row, ("grz",), {"library_kit": {"S1"}})
    assert problem.line == 3
    assert "sample 'S2' has no library_kit" in problem.what


def test_a_thousand_rows_are_told_in_one_line() -> None:
    rows = {f"S{n}": replace(FULL, birth=None, line=n) for n in range(2, 1002)}
    (problem,) = missing("people.tsv", rows, ())
    assert problem.line == 2
    assert problem.what.endswith("has no birth, and so 999 more rows: 3-1001")


def test_lines_that_do_not_follow_one_another_are_cut_short() -> None:
    assert stretches([3]) == "3"
    assert stretches(range(2, 100, 2)) == "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, ..."


@pytest.mark.parametrize("target", [BASE, "goe", "ghga", "grz"])
def test_the_page_about_people_tells_what_each_target_asks(target: str) -> None:
    rows = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    (row,) = [row for row in rows if row[0].strip("|` ") == target]
    columns = [req.column for req in requirements() if req.target == target]
    words = {"consent_date": "date", "consent_version": "version", "duo": "permission"}
    assert columns
    for column in columns:
        assert words.get(column, column).replace("legal_basis", "legal basis") in row[2]
