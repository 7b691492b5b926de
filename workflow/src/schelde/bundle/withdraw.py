"""Take a person out of a bundle that is already written."""

from __future__ import annotations

from pathlib import Path

from schelde.bundle.folder import encrypted_files, write_bundle
from schelde.bundle.opened import open_record
from schelde.bundle.record import Member, Record, Withdrawal
from schelde.days import day
from schelde.errors import Problem, UserError
from schelde.names import nearest
from schelde.verify.report import Report


def without(record: Record, subject: str, date: str) -> Record:
    """Return a record without a subject: samples, parents, frequencies; with a note of it.

    ``date``: YYYY-MM-DD. KeyError if the subject is not in it. Frequencies that counted the
    person are taken out: they can be made again only from the genomes, by the run.
    """
    gone = record.subjects[subject]
    samples = {member.sample for member in gone}
    note = Withdrawal(
        subject=subject,
        samples=tuple(member.sample for member in gone),
        date=date,
        files=tuple(file.name for member in gone for file in member.files),
    )
    kept = tuple(_parted(member, samples) for member in record.members if member not in gone)
    return record.model_copy(
        update={
            "members": kept,
            "frequencies": None,
            "national": record.national.without(samples),
            "withdrawals": (*record.withdrawals, note),
        }
    )


def _parted(member: Member, gone: set[str]) -> Member:
    parents = {parent: None for parent in ("father", "mother") if getattr(member, parent) in gone}
    return member.model_copy(update=parents)


def withdraw(bundle: Path, subject: str, date: str) -> Report:
    """Take a subject, by its pseudonym, out of a bundle in place; the bundle then verifies.

    Its files are deleted, and every document is written again without it. UserError when there
    is no such bundle or subject, when the date is none, or when nobody else is in the bundle.
    """
    record = open_record(bundle)
    if day(date) is None:
        what = f"'{date}' is no day"
        raise UserError([Problem("--date", None, what, "write it as YYYY-MM-DD")])
    if subject not in record.subjects:
        what = f"subject '{subject}' is not in {bundle.name}"
        if any(subject == past.subject for past in record.withdrawals):
            what = f"subject '{subject}' was taken out of {bundle.name} before"
        remedy = nearest(subject, record.subjects, "give the pseudonym of a subject")
        raise UserError([Problem("--subject", None, what, remedy)])
    if len(record.subjects) == 1:
        what = f"'{subject}' is the only subject in {bundle.name}"
        raise UserError([Problem("--subject", None, what, "delete the bundle instead")])
    changed = without(record, subject, date)
    return write_bundle(bundle, changed, encrypted_files(bundle, record))
