"""Consents against the use that the dataset declares, as the gate asked before the run.

That the catalogue and EGA's policy tell the same use, access right and legal basis is checked
where these are (`schelde.verify.dcat`, `schelde.verify.ega`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from schelde import duo
from schelde.bundle.record import RECORD, Member
from schelde.days import day, may_be_child, span
from schelde.verify.rule import Bundle, Finding, Rule


def _one_permission(bundle: Bundle) -> Iterator[Finding]:
    dataset = bundle.record.dataset
    uses = [("dataset.use", dataset.use.permission, dataset.use.modifiers, dataset.use.disease)]
    uses += [
        (_name(member), member.consent.permission, member.consent.modifiers, member.consent.disease)
        for member in bundle.record.members
    ]
    for name, permission, modifiers, disease in uses:
        if not duo.is_permission(permission):
            yield Finding(RECORD, f"{name}: {duo.named(permission)} is no permission of DUO")
        for modifier in modifiers:
            if not duo.is_modifier(modifier):
                yield Finding(RECORD, f"{name}: {duo.named(modifier)} is no modifier of DUO")
        if (disease is not None) != (permission == duo.DISEASE_SPECIFIC):
            what = f"{name}: the disease is {disease}, with permission {duo.named(permission)}"
            yield Finding(RECORD, f"{what}; {duo.DISEASE_SPECIFIC} has one, and no other")


def _agreed(bundle: Bundle) -> Iterator[Finding]:
    dataset = bundle.record.dataset
    use = duo.DataUse(dataset.use.permission, dataset.use.modifiers, dataset.use.disease)
    for member in bundle.record.members:
        consent = member.consent
        agreed = duo.DataUse(consent.permission, consent.modifiers, consent.disease)
        if not duo.lies_within(use, agreed):
            what = f"{_name(member)} agreed to {_terms(agreed)}"
            yield Finding(RECORD, f"{what}, which does not allow the dataset's use, {_terms(use)}")
        if consent.legal_basis != dataset.legal_basis:
            what = f"{_name(member)}: the legal basis is {consent.legal_basis}"
            yield Finding(RECORD, f"{what}; the dataset's is {dataset.legal_basis}")


def _in_force(bundle: Bundle) -> Iterator[Finding]:
    issued = bundle.record.dataset.issued
    if day(issued) is None:
        yield Finding(RECORD, f"dataset.issued {issued} is no day")
        return
    for member in bundle.record.members:
        consent = member.consent
        given = {"date": consent.date, "expires": consent.expires, "renew_on": consent.renew_on}
        wrong = [name for name, text in given.items() if text is not None and day(text) is None]
        for name in wrong:
            yield Finding(RECORD, f"{_name(member)}: consent.{name} {given[name]} is no day")
        if wrong:
            continue
        if consent.date > issued:
            what = f"{_name(member)} agreed on {consent.date}"
            yield Finding(RECORD, f"{what}, after the dataset was issued ({issued})")
        if consent.expires is not None and consent.expires < issued:
            what = f"the consent of {_name(member)} held until {consent.expires}"
            yield Finding(RECORD, f"{what}; the dataset was issued on {issued}")
        if consent.renew_on is not None and consent.renew_on <= issued:
            what = f"{_name(member)} was to be asked itself by {consent.renew_on}"
            yield Finding(RECORD, f"{what}; the dataset was issued on {issued}")


def _children(bundle: Bundle) -> Iterator[Finding]:
    for member in bundle.record.members:
        birth, consent = member.facts.birth, member.consent
        if span(birth) is None or day(consent.date) is None:
            what = f"birth {birth} or consent.date {consent.date} is no date"
            yield Finding(RECORD, f"{_name(member)}: {what}")
        elif may_be_child(birth, consent.date):
            who = f"{_name(member)}, born {birth}, was under 18 on {consent.date}"
            if consent.given_by != "guardian":
                what = f"the consent is by {consent.given_by}; it should be by a guardian"
                yield Finding(RECORD, f"{who}: {what}")
            if consent.renew_on is None:
                yield Finding(RECORD, f"{who}: renew_on is missing")


def _withdrawn(bundle: Bundle) -> Iterator[Finding]:
    record = bundle.record
    subjects = {withdrawal.subject for withdrawal in record.withdrawals}
    samples = set(chain.from_iterable(entry.samples for entry in record.withdrawals))
    for member in record.members:
        if member.subject in subjects or member.sample in samples:
            yield Finding(RECORD, f"{_name(member)} has withdrawn, but is still a member")
    for entry in record.withdrawals:
        for name in entry.files:
            if (bundle.root / "encrypted" / f"{name}.c4gh").exists():
                yield Finding(f"encrypted/{name}.c4gh", "its person has withdrawn")
    gone = subjects | samples
    for path in bundle.names("**/*"):
        stem = path.rsplit("/", 1)[-1]
        if not path.startswith("encrypted/") and any(_is_about(stem, name) for name in gone):
            yield Finding(path, "this is about a person who has withdrawn")


def _is_about(file: str, name: str) -> bool:
    """Tell whether a file name holds a pseudonym as a word of its own.

    >>> _is_about("sample-P1AAAA.json", "P1AAAA"), _is_about("P1AAAAB.json", "P1AAAA")
    (True, False)
    """
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", file) is not None


def _name(member: Member) -> str:
    return f"sample '{member.sample}'"


def _terms(use: duo.DataUse) -> str:
    words: Iterable[str] = (*map(duo.named, (use.permission, *use.modifiers)), use.disease or "")
    return " + ".join(word for word in words if word)


RULES: tuple[Rule, ...] = (
    Rule(
        "consent.permission",
        "the dataset and every consent have exactly one DUO permission, and modifiers of DUO",
        _one_permission,
    ),
    Rule(
        "consent.use",
        "everyone agreed to the use and the legal basis that the dataset declares",
        _agreed,
    ),
    Rule(
        "consent.in_force",
        "every consent was given, not expired and not due for renewal on the day of issue",
        _in_force,
    ),
    Rule(
        "consent.children",
        "every child has a guardian's consent, and a day from which it is asked itself",
        _children,
    ),
    Rule(
        "consent.withdrawn",
        "nobody who has withdrawn is a member, and no file is about them",
        _withdrawn,
        applies=lambda bundle: bool(bundle.record.withdrawals),
    ),
)
