"""The Data Use Ontology: our table against the ontology's, and which use lies within which."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.duo import (
    DataUse,
    is_modifier,
    is_permission,
    lies_within,
    permits,
    restrictions,
    terms,
)

NRES, GRU, HMB, DS, POA = (
    f"DUO:{number}" for number in ("0000004", "0000042", "0000006", "0000007", "0000011")
)
PUB, CC, NPOA, NPU, NCU, NPUNCU = (
    f"DUO:00000{number}" for number in ("19", "43", "44", "45", "46", "18")
)
CLASSES = {"DUO:0000001", "DUO:0000017"}
"""Terms of the ontology that only hold others together."""

PERMISSIONS = sorted(term for term in terms() if is_permission(term))
MODIFIERS = sorted(term for term in terms() if is_modifier(term))
RESTRICTIONS = [term for term in MODIFIERS if not terms()[term].grants]
USES = st.builds(
    DataUse,
    st.sampled_from(PERMISSIONS),
    st.lists(st.sampled_from(MODIFIERS), unique=True, max_size=4).map(tuple),
    st.sampled_from([None, "MONDO:0007739"]),
)


def test_our_terms_are_those_of_the_ontology(shared: Path) -> None:
    with (shared / "standards/duo/duo.csv").open(encoding="utf-8", newline="") as handle:
        rows = {row["id"]: row for row in csv.DictReader(handle)}
    assert len(rows) == 25
    assert terms().keys() == rows.keys() - CLASSES
    for term in terms().values():
        row = rows[term.id]
        assert (term.shorthand, term.label) == (row["shorthand"], row["label"])
        assert f"data use {term.kind}" in row["description"], term.id


def test_there_are_five_permissions() -> None:
    assert sorted(PERMISSIONS) == sorted([NRES, GRU, HMB, DS, POA])


@pytest.mark.parametrize(
    ("agreed", "uses"),
    [
        (NRES, {NRES, GRU, HMB, DS, POA}),
        (GRU, {GRU, HMB, DS, POA}),
        (HMB, {HMB, DS}),
        (DS, {DS}),
        (POA, {POA}),
        (PUB, set()),
        ("DUO:9999999", set()),
    ],
)
def test_a_permission_holds_those_that_allow_less(agreed: str, uses: set[str]) -> None:
    assert {use for use in [*PERMISSIONS, PUB, "DUO:9999999"] if permits(agreed, use)} == uses


@pytest.mark.parametrize(
    ("use", "agreed", "within"),
    [
        (DataUse(HMB), DataUse(GRU), True),
        (DataUse(GRU), DataUse(HMB), False),
        (DataUse(GRU), DataUse(GRU, (PUB,)), False),
        (DataUse(GRU, (PUB,)), DataUse(GRU), True),
        (DataUse(DS, (), "MONDO:1"), DataUse(DS, (), "MONDO:1"), True),
        (DataUse(DS, (), "MONDO:1"), DataUse(DS, (), "MONDO:2"), False),
        (DataUse(DS, (), "MONDO:1"), DataUse(GRU), True),
        # Not for profit and non-commercial, one by one or in one term
        (DataUse(GRU, (NPUNCU,)), DataUse(GRU, (NCU,)), True),
        (DataUse(GRU, (NPU, NCU)), DataUse(GRU, (NPUNCU,)), True),
        (DataUse(GRU, (NCU,)), DataUse(GRU, (NPUNCU,)), False),
        # Biomedical research leaves ancestry out by definition
        (DataUse(HMB), DataUse(GRU, (NPOA,)), True),
        (DataUse(DS, (), "MONDO:1"), DataUse(GRU, (NPOA,)), True),
        (DataUse(POA), DataUse(GRU, (NPOA,)), False),
        # Clinical care is allowed, not demanded
        (DataUse(GRU), DataUse(GRU, (CC,)), True),
        (DataUse(GRU, (CC,)), DataUse(GRU), False),
        (DataUse(GRU, (CC,)), DataUse(GRU, (CC,)), True),
    ],
)
def test_a_use_lies_within_what_was_agreed_to(use: DataUse, agreed: DataUse, within: bool) -> None:
    assert lies_within(use, agreed) is within


@given(use=USES)
def test_every_use_lies_within_itself(use: DataUse) -> None:
    assert lies_within(use, use)


@given(first=USES, second=USES, third=USES)
def test_what_lies_within_a_use_lies_within_all_around_it(
    first: DataUse, second: DataUse, third: DataUse
) -> None:
    if lies_within(first, second) and lies_within(second, third):
        assert lies_within(first, third)


@given(use=USES, agreed=USES, more=st.sampled_from(RESTRICTIONS))
def test_a_further_restriction_of_a_person_never_admits_more(
    use: DataUse, agreed: DataUse, more: str
) -> None:
    stricter = agreed._replace(modifiers=(*agreed.modifiers, more))
    assert lies_within(use, stricter) <= lies_within(use, agreed)


@given(use=USES, agreed=USES, more=st.sampled_from(RESTRICTIONS))
def test_a_further_restriction_of_the_dataset_never_admits_fewer(
    use: DataUse, agreed: DataUse, more: str
) -> None:
    stricter = use._replace(modifiers=(*use.modifiers, more))
    assert lies_within(stricter, agreed) >= lies_within(use, agreed)


@given(use=USES, agreed=USES)
def test_a_dataset_that_allows_clinical_care_never_admits_more(
    use: DataUse, agreed: DataUse
) -> None:
    wider = use._replace(modifiers=(*use.modifiers, CC))
    assert lies_within(wider, agreed) <= lies_within(use, agreed)


@given(use=USES)
def test_restrictions_do_not_depend_on_their_order(use: DataUse) -> None:
    there = restrictions(use.permission, use.modifiers)
    assert there == restrictions(use.permission, tuple(reversed(use.modifiers)))
    assert there == restrictions(use.permission, tuple(there))
