"""The key file: which pseudonym stands for which sample and person. It stays at home.

A table ``kind id pseudonym`` (tabs), readable by its owner alone:

| kind | id | pseudonym |
|---|---|---|
| secret | reads | 64 hexadecimal digits from which names of reads are made |
| sample | sample id of people.tsv | of the sample |
| subject | subject_id of people.tsv | of the person, for all of its samples |
| sample-subject | sample id | of the person of a sample without subject_id |

Rows are added and never changed, so that a person keeps its pseudonym in all bundles.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.names import Place, nearest
from schelde.tables import Row, columns_of, read_table

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 of Douglas Crockford: no I, L, O, which look like digits, and no U."""

LENGTH = 10
"""Letters of a pseudonym after its first: 50 bits, so that no two people ever share one."""

SECRET_BYTES = 32
SECRET_TEXT = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}")
SHORT = 4
"""An id of fewer characters stands in many pseudonyms by chance."""

MODE = 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO

SECRET, SAMPLE, SUBJECT, OWN = "secret", "sample", "subject", "sample-subject"
LETTER = {SAMPLE: "P", SUBJECT: "S", OWN: "S"}
"""First letter of a new pseudonym, by kind."""

HEADER = "kind\tid\tpseudonym\n"
SECRET_ID = "reads"
PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
"""No dot: read groups are ``<pseudonym>.1``."""


@dataclass(frozen=True)
class Entry:
    """A row of the key file."""

    kind: str = field(metadata={"about": "secret, sample, subject or sample-subject"})
    id: str = field(metadata={"about": "id in people.tsv"})
    pseudonym: str = field(metadata={"about": "what stands for it in bundles"})

    def line(self) -> str:
        """Return the row as it stands in the file."""
        return f"{self.kind}\t{self.id}\t{self.pseudonym}\n"


@dataclass(frozen=True)
class Key:
    """A key file that was read. ``own``: subjects of samples without subject_id, by sample."""

    secret: bytes = field(repr=False)
    samples: Mapping[str, str]
    subjects: Mapping[str, str]
    own: Mapping[str, str]

    def sample(self, sample: str) -> str:
        """Return the pseudonym of a sample; KeyError if it has none."""
        return self.samples[sample]

    def subject(self, sample: str, subject_id: str | None) -> str:
        """Return the pseudonym of the person of a sample; KeyError if it has none."""
        return self.own[sample] if subject_id is None else self.subjects[subject_id]

    def has(self, sample: str, subject_id: str | None) -> bool:
        """Whether a sample and its person have pseudonyms."""
        person = self.own if subject_id is None else self.subjects
        return sample in self.samples and (subject_id or sample) in person

    def names_key(self, sample: str) -> bytes:
        """Return the 32 bytes by which names of a sample's reads are hashed.

        Another one for each sample, so that a read's name tells nothing about other samples.
        """
        name = self.samples[sample].encode()
        return hashlib.blake2b(name, key=self.secret, digest_size=32).digest()


def extend_key(path: Path, people: Mapping[str, str | None]) -> list[Entry]:
    """Give pseudonyms to all samples and persons that have none; return the rows added.

    ``people``: subject_id (None where there is none) by sample. Rows that are there stay as they
    are. The file is made with mode 0600, written beside and renamed, so that it is always whole.
    Raises `UserError` for a key file that others may read or that has mistakes.
    """
    with _only_one(path) as part:
        problems: list[Problem] = []
        there = path.exists()
        key = read_key(path, problems) if there else Key(b"", {}, {}, {})
        if problems or key is None:
            raise UserError(problems)
        added = _new_entries(key, people)
        if added:
            before = path.read_text(encoding="utf-8") if there else HEADER
            gap = "" if before.endswith("\n") else "\n"
            _write(part, before + gap + "".join(entry.line() for entry in added))
            part.replace(path)
            _sync(path.parent)
    return [entry for entry in added if entry.kind != SECRET]


def read_key(path: Path, problems: list[Problem]) -> Key | None:
    """Read a key file strictly, adding every mistake to ``problems``; None when there is any."""
    before = len(problems)
    if path.is_file() and path.stat().st_mode & OTHERS:
        remedy = f"run chmod 600 {path}, and think of who may have read it"
        problems.append(Problem(str(path), None, "others than you may read this file", remedy))
    table = read_table(str(path), columns_of(Entry), problems)
    if table is None:
        return None
    rows = [row for row in table.rows if {"kind", "id", "pseudonym"} <= row.cells.keys()]
    problems.extend(problem for row in rows for problem in _row_problems(row))
    problems.extend(_doubles(rows))
    found: dict[str, dict[str, str]] = {kind: {} for kind in (SECRET, *LETTER)}
    for row in rows:
        found.get(row.cells["kind"], {})[row.cells["id"]] = row.cells["pseudonym"]
    if not found[SECRET] and table.whole:
        what, remedy = "there is no row 'secret'", "take the file from a copy; do not make one up"
        problems.append(Problem(str(path), None, what, remedy))
    if len(problems) > before:
        return None
    secret = bytes.fromhex(found[SECRET][SECRET_ID])
    return Key(secret, found[SAMPLE], found[SUBJECT], found[OWN])


def _row_problems(row: Row) -> Iterator[Problem]:
    kind, own, pseudonym = (row.cells[key] for key in ("kind", "id", "pseudonym"))
    if kind not in (SECRET, *LETTER):
        remedy = nearest(kind, (SECRET, *LETTER), f"write one of: {SECRET} {' '.join(LETTER)}")
        yield row.place.problem(f"kind is '{kind}'", remedy)
    elif kind == SECRET:
        if own != SECRET_ID:
            yield row.place.problem(f"the secret is for '{own}'", f"write '{SECRET_ID}'")
        if not SECRET_TEXT.fullmatch(pseudonym):
            what = f"the secret is not {2 * SECRET_BYTES} hexadecimal digits"
            yield row.place.problem(what, "take the row from a copy of the file")
    elif not PSEUDONYM.fullmatch(pseudonym):
        remedy = "use 4 to 40 letters, digits, '-' and '_', with a letter or digit first"
        yield row.place.problem(f"pseudonym '{pseudonym}' cannot stand in file names", remedy)
    elif tells(pseudonym, own):
        what = f"pseudonym '{pseudonym}' holds the {kind} '{own}' that it is to hide"
        yield row.place.problem(what, "take the row out, and have a new one made")


def tells(pseudonym: str, own: str) -> bool:
    """Whether a pseudonym holds the id that it stands for, whatever the case.

    >>> tells("P7NA12878", "na12878"), tells("P7NA12878", "NA"), tells("P1", "p1")
    (True, False, True)
    """
    if len(own) < SHORT:
        return own.casefold() == pseudonym.casefold()
    return own.casefold() in pseudonym.casefold()


def _doubles(rows: list[Row]) -> Iterator[Problem]:
    ids: dict[tuple[str, str], Row] = {}
    pseudonyms: dict[str, Row] = {}
    for row in rows:
        kind, own, pseudonym = (row.cells[key] for key in ("kind", "id", "pseudonym"))
        first = ids.setdefault((kind, own), row)
        if first is not row:
            what = f"{kind} '{own}' is already on line {first.place.line}"
            yield row.place.problem(what, "keep the row that bundles were made with")
            continue
        # Whatever the case, since some file systems cannot tell them apart.
        first = pseudonyms.setdefault(pseudonym.casefold(), row)
        if first is not row and kind != SECRET:
            what = f"pseudonym '{pseudonym}' is already on line {first.place.line}"
            yield row.place.problem(what, "give each its own")


def _new_entries(key: Key, people: Mapping[str, str | None]) -> list[Entry]:
    known = {SAMPLE: dict(key.samples), SUBJECT: dict(key.subjects), OWN: dict(key.own)}
    taken = {name.casefold() for names in known.values() for name in names.values()}
    added = []
    if not key.secret:
        added.append(Entry(SECRET, SECRET_ID, secrets.token_hex(SECRET_BYTES)))
    for sample, subject_id in people.items():
        person = (OWN, sample) if subject_id is None else (SUBJECT, subject_id)
        for kind, own in ((SAMPLE, sample), person):
            if own in known[kind]:
                continue
            pseudonym = _new_pseudonym(kind, taken, [sample, subject_id or sample])
            known[kind][own] = pseudonym
            added.append(Entry(kind, own, pseudonym))
    return added


def _new_pseudonym(kind: str, taken: set[str], hidden: list[str]) -> str:
    while True:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        made = LETTER[kind] + letters
        if made.casefold() not in taken and not any(tells(made, own) for own in hidden):
            taken.add(made.casefold())
            return made


@contextmanager
def _only_one(path: Path) -> Iterator[Path]:
    """Yield a new, empty file beside the key file; `UserError` if there is one already."""
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE))
    except FileExistsError:
        what = f"'{part}' is there: another command is writing the key file, or was stopped"
        remedy = f"wait, or delete {part} when nothing is writing"
        raise UserError([Place(str(path)).problem(what, remedy)]) from None
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, text: str) -> None:
    with part.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
