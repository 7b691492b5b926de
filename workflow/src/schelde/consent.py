"""The gate: who may come into a bundle, by what each person has agreed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from schelde.bundle.dataset import Use
from schelde.declared import Declared
from schelde.duo import DataUse, lies_within
from schelde.pipes import write_text
from schelde.sheet import Person


class Reason(StrEnum):
    """Why a sample is left out; of several that hold, the first counts."""

    WITHDRAWN = "consent withdrawn"
    REFUSED = "consent refused"
    NONE = "no consent"
    EXPIRED = "consent expired"
    RENEWAL = "renewal due"
    BASIS = "no legal basis"
    USE = "use not agreed to"


@dataclass(frozen=True)
class Gate:
    """Samples that may come into the bundle, in their order, and the others with the reason."""

    admitted: tuple[str, ...]
    left_out: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many samples are left out, by reason, without names: what may travel."""
        found = Counter(str(reason) for reason in self.left_out.values())
        return {str(reason): found[reason] for reason in Reason if reason in found}


def gate(
    people: Sequence[Person],
    declared: Mapping[str, Declared],
    use: Use,
    on: str,
    withdrawn: Collection[str],
    *,
    basis: str | None = None,
) -> Gate:
    """Return who may come into a bundle of a day; docs/consent.md has the rules as a table.

    ``use``, ``basis``: what the dataset may be used for, and its legal basis (None: any).
    ``on``: the day that it bears, YYYY-MM-DD. ``withdrawn``: subjects that have withdrawn since;
    all samples of a subject go, also when one row alone says so. A sample without a subject is
    its own.
    """
    gone = set(withdrawn)
    gone |= {
        subject_of(person)
        for person in people
        if (found := declared.get(person.sample)) and found.consent == "withdrawn"
    }
    asked = DataUse(use.permission, use.modifiers, use.disease)
    left_out = {
        person.sample: reason
        for person in people
        if (reason := _reason(subject_of(person) in gone, declared.get(person.sample), on))
        or (reason := _terms_reason(declared[person.sample], asked, basis))
    }
    admitted = tuple(person.sample for person in people if person.sample not in left_out)
    return Gate(admitted, left_out)


def subject_of(person: Person) -> str:
    """Return the person that a sample is of: its subject, else the sample itself."""
    return person.subject_id or person.sample


def _reason(gone: bool, declared: Declared | None, on: str) -> Reason | None:
    """Return why there is no consent on a day. Days are compared as ISO 8601 orders them: as text.

    ``gone``: the person has withdrawn.
    """
    if gone:
        return Reason.WITHDRAWN
    if declared is None or declared.consent is None:
        return Reason.NONE
    if declared.consent == "refused":
        return Reason.REFUSED
    if declared.consent != "given" or declared.consent_date is None or declared.consent_date > on:
        return Reason.NONE
    if declared.consent_expires is not None and declared.consent_expires < on:
        return Reason.EXPIRED
    if declared.renew_on is not None and declared.renew_on <= on:
        return Reason.RENEWAL
    return None


def _terms_reason(declared: Declared, use: DataUse, basis: str | None) -> Reason | None:
    """Return why a consent does not hold for a use."""
    if declared.legal_basis is None or basis not in (None, declared.legal_basis):
        return Reason.BASIS
    if declared.duo is None:
        return Reason.USE
    agreed = DataUse(declared.duo, declared.duo_modifiers, declared.duo_disease)
    return None if lies_within(use, agreed) else Reason.USE


LEFT_OUT_COLUMNS = ("sample", "subject_id", "reason")


def write_left_out(path: str | Path, left_out: Mapping[str, str], people: Sequence[Person]) -> None:
    """Write the samples that are not in a bundle, with names: a table that stays at home.

    ``left_out``: the reason by sample.
    """
    rows = [
        (person.sample, person.subject_id or "", str(left_out[person.sample]))
        for person in people
        if person.sample in left_out
    ]
    write_text(path, "".join("\t".join(row) + "\n" for row in (LEFT_OUT_COLUMNS, *rows)))
