"""Consents in a bundle: each rule on a record damaged in one place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import HOSTILE, places, replaced
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import RECORD, Record
from schelde.sheet import Sex
from schelde.verify.consent import RULES
from schelde.verify.rule import Bundle, UnreadableError

CHILD: dict[str, Any] = {"birth": "2015-06-21"}
GUARDIAN: dict[str, Any] = {"given_by": "guardian", "renew_on": "2033-06-21"}
ALWAYS = {rule.id for rule in RULES} - {"consent.withdrawn"}


def family(
    facts: dict[str, Any] | None = None, consent: dict[str, Any] | None = None, **others: Any
) -> Record:
    """Return a record of three, with other facts and consent of the third."""
    child = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
    child = child.model_copy(
        update={
            "facts": child.facts.model_copy(update=facts or {}),
            "consent": child.consent.model_copy(update=consent or {}),
        }
    )
    record = made_record()
    return record.model_copy(update={"members": (*record.members[:2], child), **others})


def in_dataset(**changes: Any) -> Record:
    """Return a record whose dataset has other values."""
    record = made_record()
    return record.model_copy(update={"dataset": record.dataset.model_copy(update=changes)})


def withdrawn(subject: str = "S4AAAA", sample: str = "P4AAAA") -> Record:
    entry = {
        "subject": subject,
        "samples": [sample],
        "date": "2026-02-01",
        "files": [f"{sample}.cram"],
    }
    return Record.model_validate(made_record().model_dump() | {"withdrawals": [entry]})


def bundle_of(folder: Path, text: str) -> Bundle:
    (folder / RECORD).parent.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text(text, encoding="utf-8")
    return Bundle(folder)


def findings(bundle: Bundle) -> dict[str, list[str]]:
    """Return what the rules that apply say, by rule."""
    return {
        rule.id: [f"{found.file}: {found.message}" for found in rule.check(bundle)]
        for rule in RULES
        if rule.applies(bundle)
    }


def test_a_sound_record_passes_every_rule(tmp_path: Path) -> None:
    said = findings(bundle_of(tmp_path, made_record().to_json()))
    assert said == {rule: [] for rule in ALWAYS}


def test_a_child_with_a_guardian_passes(tmp_path: Path) -> None:
    said = findings(bundle_of(tmp_path, family(CHILD, GUARDIAN).to_json()))
    assert said == {rule: [] for rule in ALWAYS}


def test_those_who_have_withdrawn_and_left_pass(tmp_path: Path) -> None:
    said = findings(bundle_of(tmp_path, withdrawn().to_json()))
    assert said == {rule: [] for rule in (*ALWAYS, "consent.withdrawn")}


def use(**changes: Any) -> Record:
    return in_dataset(use=made_record().dataset.use.model_copy(update=changes))


DAMAGED: dict[str, tuple[Record, str, str]] = {
    "a modifier as the dataset's permission": (
        use(permission="DUO:0000019"),
        "consent.permission",
        "dataset.use: DUO:0000019 (PUB) is no permission of DUO",
    ),
    "a second permission among the dataset's modifiers": (
        use(modifiers=("DUO:0000019", "DUO:0000006")),
        "consent.permission",
        "dataset.use: DUO:0000006 (HMB) is no modifier of DUO",
    ),
    "a term that is none": (
        family(consent={"permission": "DUO:9999999"}),
        "consent.permission",
        "sample 'P3AAAA': DUO:9999999 is no permission of DUO",
    ),
    "a second permission of a person": (
        family(consent={"modifiers": ("DUO:0000006",)}),
        "consent.permission",
        "sample 'P3AAAA': DUO:0000006 (HMB) is no modifier of DUO",
    ),
    "a disease with a permission that has none": (
        family(consent={"disease": "MONDO:0007739"}),
        "consent.permission",
        "the disease is MONDO:0007739, with permission DUO:0000042 (GRU)",
    ),
    "a disease left out": (
        family(consent={"permission": "DUO:0000007"}),
        "consent.permission",
        "the disease is None, with permission DUO:0000007 (DS)",
    ),
    "a person who agreed to less": (
        family(consent={"permission": "DUO:0000006"}),
        "consent.use",
        "sample 'P3AAAA' agreed to DUO:0000006 (HMB), which does not allow the dataset's use, "
        "DUO:0000042 (GRU) + DUO:0000019 (PUB)",
    ),
    "a person with a condition that the dataset has not": (
        family(consent={"modifiers": ("DUO:0000046",)}),
        "consent.use",
        "agreed to DUO:0000042 (GRU) + DUO:0000046 (NCU), which does not allow",
    ),
    "a dataset for clinical care, which nobody agreed to": (
        use(modifiers=("DUO:0000019", "DUO:0000043")),
        "consent.use",
        "sample 'P1AAAA' agreed to DUO:0000042 (GRU), which does not allow",
    ),
    "another legal basis": (
        family(consent={"legal_basis": "PublicInterest"}),
        "consent.use",
        "the legal basis is PublicInterest; the dataset's is Consent",
    ),
    "a consent that had expired": (
        family(consent={"expires": "2026-01-30"}),
        "consent.in_force",
        "sample 'P3AAAA' held until 2026-01-30; the dataset was issued on 2026-01-31",
    ),
    "a consent given later": (
        family(consent={"date": "2026-02-01"}),
        "consent.in_force",
        "sample 'P3AAAA' agreed on 2026-02-01, after the dataset was issued (2026-01-31)",
    ),
    "a child that was to be asked itself": (
        family(CHILD, GUARDIAN | {"renew_on": "2026-01-31"}),
        "consent.in_force",
        "sample 'P3AAAA' was to be asked itself by 2026-01-31",
    ),
    "a day that does not exist": (
        family(consent={"expires": "2026-02-31"}),
        "consent.in_force",
        "consent.expires 2026-02-31 is no day",
    ),
    "a day of issue that does not exist": (
        in_dataset(issued="2026-02-31"),
        "consent.in_force",
        "dataset.issued 2026-02-31 is no day",
    ),
    "a child's own consent": (
        family(CHILD, GUARDIAN | {"given_by": "self"}),
        "consent.children",
        "born 2015-06-21, was under 18 on 2025-01-15: the consent is by self; it should be by a "
        "guardian",
    ),
    "a child who is never asked itself": (
        family(CHILD, GUARDIAN | {"renew_on": None}),
        "consent.children",
        "was under 18 on 2025-01-15: renew_on is missing",
    ),
    "a year of birth that may be a child's": (
        family({"birth": "2007"}),
        "consent.children",
        "sample 'P3AAAA', born 2007, was under 18 on 2025-01-15",
    ),
    "a birth that does not exist": (
        family({"birth": "1961-13"}),
        "consent.children",
        "birth 1961-13 or consent.date 2025-01-15 is no date",
    ),
    "a member who has withdrawn": (
        withdrawn("S3AAAA", "P9AAAA"),
        "consent.withdrawn",
        "sample 'P3AAAA' has withdrawn, but is still a member",
    ),
    "a sample whose person has withdrawn": (
        withdrawn("S9AAAA", "P3AAAA"),
        "consent.withdrawn",
        "sample 'P3AAAA' has withdrawn, but is still a member",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_caught_by_its_rule_alone(name: str, tmp_path: Path) -> None:
    record, rule, message = DAMAGED[name]
    said = findings(bundle_of(tmp_path, record.to_json()))
    assert any(message in found for found in said[rule]), said
    others = {other for other, found in said.items() if found} - {rule}
    # Who agreed to no term that there is, or to two, has not agreed to the dataset's use either.
    assert others <= ({"consent.use"} if rule == "consent.permission" else set())


@pytest.mark.parametrize(
    "path",
    [
        "encrypted/P4AAAA.cram.c4gh",
        "qc/P4AAAA.ga4gh-wgs-qc.json",
        "phenopackets/S4AAAA.json",
        "ega/api/sample-P4AAAA.json",
    ],
)
def test_a_file_about_somebody_who_has_withdrawn_is_found(path: str, tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, withdrawn().to_json())
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("{}")
    found = findings(bundle)["consent.withdrawn"]
    assert [line.split(":")[0] for line in found] == [path]


def test_every_rule_is_tried_on_damage() -> None:
    assert {rule for _, rule, _ in DAMAGED.values()} == {rule.id for rule in RULES}


def _hostile() -> Iterator[str]:
    document = json.loads(withdrawn().to_json())
    document["members"] = document["members"][2:]
    ways = [
        at
        for at in places(document)
        if at[:1] in ((), ("dataset",), ("withdrawals",))
        or at[:3] in (("members", 0, "consent"), ("members", 0, "facts"))
    ]
    assert len(ways) > 60
    for at in ways:
        for value in HOSTILE:
            yield json.dumps(replaced(document, at, value))


def test_no_value_in_the_record_ends_in_a_traceback(tmp_path: Path) -> None:
    for text in _hostile():
        try:
            findings(bundle_of(tmp_path, text))
        except UnreadableError as error:
            assert error.file == RECORD
