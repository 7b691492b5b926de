"""Which ids and file names are taken, and what is said about the others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from schelde.errors import Problem

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ID_LENGTH = 64
"""Characters of an id: three of them and a suffix fit into the 255 bytes of a file name."""

SAFE = re.compile(r"[\w/.+=@%:-]")
"""Characters of a path that no shell, no list of files and no Snakemake pattern reads as more."""


class Fault(NamedTuple):
    """What is wrong, and how to mend it."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Place:
    """Where a value was given: a file and a 1-based line, or an option of the command line."""

    file: str
    line: int | None = None

    def problem(self, what: str, remedy: str) -> Problem:
        """Return a problem of this place."""
        return Problem(self.file, self.line, what, remedy)


def nearest_of(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name nearest to ``name`` whatever its case, or None if none is near.

    ``cutoff``: how alike they must be, from 0 to 1 (`difflib.SequenceMatcher.ratio`).

    >>> nearest_of("na12787", ["NA12878", "NA12891"])
    'NA12878'
    """
    spelt = {other.casefold(): other for other in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.casefold(), spelt, n=1, cutoff=cutoff)
    return spelt[near[0]] if near else None


def question(near: str | None, otherwise: str) -> str:
    """Ask whether ``near`` was meant; say ``otherwise`` when there is no such name."""
    return f"did you mean '{near}'?" if near else otherwise


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Ask whether the nearest known name was meant, or say ``otherwise`` when none is near.

    >>> nearest("child", ["NA12878"], "add it")
    'add it'
    """
    return question(nearest_of(name, known), otherwise)


def closest(name: str, known: Iterable[str]) -> str:
    """Ask whether the nearest known name was meant, or list them all when none is near.

    >>> closest("smaple", ["sample", "lane"])
    "did you mean 'sample'?"
    >>> closest("zzz", ["sample", "lane"])
    'known are: lane, sample'
    """
    names = sorted(known)
    return nearest(name, names, f"known are: {', '.join(names)}")


def id_fault(kind: str, value: str) -> Fault | None:
    """Return what is wrong with an id that becomes part of file names; None if nothing is.

    >>> id_fault("sample", "NA.1").remedy
    "put '-' or '_' in place of the dot, which separates the parts of file names"
    """
    if len(value) > ID_LENGTH:
        what = f"{kind} '{value}' has {len(value)} characters"
        return Fault(what, f"use at most {ID_LENGTH}, since it becomes part of file names")
    if ID.fullmatch(value):
        return None
    if ID.fullmatch(value.replace(".", "")) and ID.match(value):
        remedy = "put '-' or '_' in place of the dot, which separates the parts of file names"
        return Fault(f"{kind} '{value}' has a dot", remedy)
    remedy = "use letters without accents, digits, '-' and '_', with a letter or digit first"
    return Fault(f"{kind} '{printable(value)}' cannot be part of a file name", remedy)


def path_fault(kind: str, value: str) -> Fault | None:
    """Return what is wrong with the spelling of a path; None if nothing is.

    >>> path_fault("fq1", "a b.fq").what
    "fq1 'a b.fq' has a character that is not safe in a file name: ' '"
    """
    if "://" in value:
        remedy = "fetch the file first and give its path"
        return Fault(f"{kind} '{value}' is an address", remedy)
    unsafe = [character for character in value if not SAFE.match(character)]
    if unsafe:
        shown = "'" + printable(unsafe[0]) + "'"
        what = f"{kind} '{printable(value)}' has a character that is not safe in a file name: "
        remedy = "rename the file, or link to it (ln -s), with letters, digits and /._+=@%:- only"
        return Fault(what + shown, remedy)
    if value.startswith("-"):
        what = f"{kind} '{value}' begins with '-', so that tools would read it as an option"
        return Fault(what, f"write './{value}'")
    return None


def printable(text: str) -> str:
    r"""Return text with characters that a terminal would act on written as escapes.

    >>> printable("a\tb")
    'a\\tb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
