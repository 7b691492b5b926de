"""The gate: a test per rule, and what can never admit more people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.bundle.dataset import Use
from schelde.consent import Gate, Reason, gate, write_left_out
from schelde.declared import Declared
from schelde.duo import is_modifier, is_permission, terms
from schelde.sheet import Assay, Person, Sex

DAY = "2026-01-31"
USE = Use(permission="DUO:0000006", modifiers=("DUO:0000019",))
GIVEN = Declared(
    consent="given", consent_date="2025-01-15", duo="DUO:0000042", legal_basis="Consent"
)
PERSON = Person("A", Assay.WGS, Sex.FEMALE, "P1")
RESTRICTIONS = sorted(t for t in terms() if is_modifier(t) and not terms()[t].grants)
PERMISSIONS = sorted(t for t in terms() if is_permission(t))


def reason(
    declared: Declared | None, use: Use = USE, *, withdrawn: frozenset[str] = frozenset()
) -> Reason | None:
    """Return why one person is left out; None if it is admitted."""
    rows = {"A": declared} if declared else {}
    found = gate([PERSON], rows, use, DAY, withdrawn, basis="Consent")
    assert found.admitted == (() if found.left_out else ("A",))
    return found.left_out.get("A")


def test_who_agreed_to_the_use_comes_in() -> None:
    assert reason(GIVEN) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"consent": None}, "no consent"),
        ({"consent": "pending"}, "no consent"),
        ({"consent": "refused"}, "consent refused"),
        ({"consent": "withdrawn"}, "consent withdrawn"),
        ({"consent_date": None}, "no consent"),
        ({"consent_date": "2026-02-01"}, "no consent"),
        ({"consent_date": DAY}, None),
        ({"consent_expires": "2026-01-30"}, "consent expired"),
        ({"consent_expires": DAY}, None),
        ({"renew_on": DAY}, "renewal due"),
        ({"renew_on": "2026-02-01"}, None),
        ({"legal_basis": None}, "no legal basis"),
        ({"legal_basis": "PublicInterest"}, "no legal basis"),
        ({"duo": None}, "use not agreed to"),
        ({"duo": "DUO:0000011"}, "use not agreed to"),
        ({"duo": "DUO:0000006"}, None),
        ({"duo": "DUO:0000007", "duo_disease": "MONDO:0007739"}, "use not agreed to"),
        ({"duo_modifiers": ("DUO:0000019",)}, None),
        ({"duo_modifiers": ("DUO:0000019", "DUO:0000046")}, "use not agreed to"),
        # The first reason counts: who has withdrawn is not told to have agreed to too little.
        ({"consent": "withdrawn", "duo": None, "consent_expires": "2020-01-01"}, Reason.WITHDRAWN),
        ({"consent_expires": "2020-01-01", "duo": None}, Reason.EXPIRED),
    ],
)
def test_each_rule_leaves_out_with_its_reason(
    changes: dict[str, object], expected: str | None
) -> None:
    assert reason(replace(GIVEN, **changes)) == expected  # type: ignore[arg-type]


def test_a_row_without_anything_declared_is_no_consent() -> None:
    assert reason(None) is Reason.NONE


def test_a_disease_must_be_the_same() -> None:
    use = Use(permission="DUO:0000007", disease="MONDO:0007739")
    specific = replace(GIVEN, duo="DUO:0000007")
    assert reason(replace(specific, duo_disease="MONDO:0007739"), use) is None
    assert reason(replace(specific, duo_disease="MONDO:0000001"), use) is Reason.USE
    assert reason(GIVEN, use) is None


def test_a_row_in_withdrawn_tsv_wins_over_what_people_tsv_says() -> None:
    assert reason(GIVEN, withdrawn=frozenset({"P1"})) is Reason.WITHDRAWN
    assert reason(GIVEN, withdrawn=frozenset({"A", "p1"})) is None


def test_withdrawing_takes_all_samples_of_a_person_and_no_others() -> None:
    people = [
        PERSON,
        replace(PERSON, sample="B"),
        replace(PERSON, sample="C", subject_id="P2"),
        replace(PERSON, sample="D", subject_id=None),
        replace(PERSON, sample="E", subject_id=None),
    ]
    rows = {person.sample: GIVEN for person in people}
    rows["B"] = replace(GIVEN, consent="withdrawn")
    found = gate(people, rows, USE, DAY, {"D"})
    assert found.admitted == ("C", "E")
    assert found.counts == {"consent withdrawn": 3}


def test_any_legal_basis_will_do_when_none_is_asked_for() -> None:
    rows = {"A": replace(GIVEN, legal_basis="PublicInterest")}
    assert gate([PERSON], rows, USE, DAY, ()).admitted == ("A",)
    rows = {"A": replace(GIVEN, legal_basis=None)}
    assert gate([PERSON], rows, USE, DAY, ()).left_out == {"A": Reason.BASIS}


def test_counts_have_no_names_and_every_reason_reads_as_words() -> None:
    found = Gate(("A",), {"B": Reason.USE, "C": Reason.NONE, "D": Reason.USE})
    assert found.counts == {"no consent": 1, "use not agreed to": 2}
    assert all(reason.replace(" ", "").islower() for reason in Reason)


def test_the_table_of_those_left_out_has_their_names(tmp_path: Path) -> None:
    people = [PERSON, replace(PERSON, sample="B", subject_id=None)]
    found = gate(people, {"A": GIVEN}, USE, DAY, ())
    write_left_out(tmp_path / "left_out.tsv", found.left_out, people)
    text = (tmp_path / "left_out.tsv").read_text()
    assert text == "sample\tsubject_id\treason\nB\t\tno consent\n"


CONSENTS = st.builds(
    Declared,
    consent=st.sampled_from(["given", "given", "given", "refused", "pending", "withdrawn", None]),
    consent_date=st.sampled_from(["2025-01-15", "2025-01-15", DAY, "2026-02-01", None]),
    consent_expires=st.sampled_from([None, None, "2026-01-30", DAY, "2027-01-01"]),
    renew_on=st.sampled_from([None, None, "2026-01-30", DAY, "2027-01-01"]),
    legal_basis=st.sampled_from(["Consent", "Consent", "PublicInterest", None]),
    duo=st.sampled_from([*PERMISSIONS, "DUO:0000042", None]),
    duo_modifiers=st.lists(st.sampled_from(RESTRICTIONS), unique=True, max_size=2).map(tuple),
    duo_disease=st.sampled_from([None, "MONDO:0007739"]),
)
USES = st.builds(
    Use,
    permission=st.sampled_from(PERMISSIONS),
    modifiers=st.lists(st.sampled_from(RESTRICTIONS), unique=True, max_size=4).map(tuple),
    disease=st.sampled_from([None, "MONDO:0007739"]),
)


def admitted(
    rows: list[Declared], use: Use, day: str = DAY, gone: tuple[str, ...] = ()
) -> set[str]:
    people = [Person(f"S{n}", Assay.WGS, Sex.UNKNOWN, f"P{n // 2}") for n in range(len(rows))]
    named = {person.sample: row for person, row in zip(people, rows, strict=True)}
    found = gate(people, named, use, day, gone, basis="Consent")
    assert set(found.admitted) | found.left_out.keys() == set(named)
    assert not set(found.admitted) & found.left_out.keys()
    assert sum(found.counts.values()) == len(found.left_out)
    return set(found.admitted)


@given(rows=st.lists(CONSENTS, max_size=5), use=USES, more=st.sampled_from(RESTRICTIONS))
def test_a_modifier_more_on_people_never_admits_more(
    rows: list[Declared], use: Use, more: str
) -> None:
    stricter = [replace(row, duo_modifiers=(*row.duo_modifiers, more)) for row in rows]
    assert admitted(stricter, use) <= admitted(rows, use)


@given(rows=st.lists(CONSENTS, max_size=5), use=USES, more=st.sampled_from(RESTRICTIONS))
def test_a_modifier_more_on_the_dataset_never_admits_fewer(
    rows: list[Declared], use: Use, more: str
) -> None:
    stricter = use.model_copy(update={"modifiers": (*use.modifiers, more)})
    assert admitted(rows, stricter) >= admitted(rows, use)


@given(rows=st.lists(CONSENTS, min_size=1, max_size=5), use=USES)
def test_a_withdrawal_never_admits_more_and_takes_its_person(
    rows: list[Declared], use: Use
) -> None:
    left = admitted(rows, use, gone=("P0",))
    assert left == admitted(rows, use) - {"S0", "S1"}


@given(rows=st.lists(CONSENTS, max_size=5), use=USES)
def test_without_new_consents_time_never_admits_more(rows: list[Declared], use: Use) -> None:
    later = admitted(rows, use, "2030-01-01")
    given_by_then = {f"S{n}" for n, row in enumerate(rows) if (row.consent_date or "9") <= DAY}
    assert later & given_by_then <= admitted(rows, use)


@given(rows=st.lists(CONSENTS, max_size=5), use=USES)
def test_nobody_comes_in_whose_consent_is_not_given(rows: list[Declared], use: Use) -> None:
    assert all(rows[int(sample[1:])].consent == "given" for sample in admitted(rows, use))


def test_the_page_about_consent_tells_the_reasons_in_the_order_in_which_they_count() -> None:
    page = (Path(__file__).parents[2] / "docs/consent.md").read_text(encoding="utf-8")
    table = page.split("| reason | when |")[1].split("\n\n")[0].splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in table[2:]] == [str(r) for r in Reason]
