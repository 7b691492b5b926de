"""What is wrong with the declared cells of a row of people.tsv, by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import get_args

from schelde import duo
from schelde.bundle.dataset import LegalBasis
from schelde.days import day, may_be_child, span
from schelde.names import Fault, nearest, nearest_of, question
from schelde.vocabulary import countries, instruments, library_selections, sample_words

GENDERS = ("male", "female", "other", "unknown")
"""HL7 administrative gender."""

CASE_CONTROL = ("case", "control", "both", "NA")
"""As EGA names them."""

STATUSES = ("given", "refused", "withdrawn", "pending")
MISSPELT = 0.8
"""How alike a misspelt word and the right one are; what is less alike, such as 'venous blood', is
taken to be meant."""

EU_CODES = {"EL": "GR", "UK": "GB"}
"""Where the EU's own codes of countries differ from those of ISO 3166-1."""

HPO = re.compile(r"HP:[0-9]{7}")
MONDO = re.compile(r"MONDO:[0-9]{7}")
DIAGNOSIS = re.compile(
    r"ORPHA:[0-9]{1,7}|OMIM:[0-9]{6}|MONDO:[0-9]{7}|SCTID:[0-9]{6,18}"
    r"|ICD10:[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?|ICD11:[0-9A-Z]{4}(\.[0-9A-Z]{1,2})?"
)
"""Orphanet, OMIM, MONDO, SNOMED CT and ICD, in the lengths that these give their codes."""


def row_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    """Yield everything that is wrong with the declared cells of a row."""
    wrong: set[str] = set()
    for column, fault_of in CELLS.items():
        for fault in fault_of(column, cells[column]) if column in cells else ():
            wrong.add(column)
            yield fault
    for check, columns in TOGETHER:
        if not wrong.intersection(columns):
            yield from check(cells)


def _one_of(known: Sequence[str], column: str, value: str) -> Iterable[Fault]:
    if value not in known:
        remedy = nearest(value, known, f"write {', '.join(known[:-1])} or {known[-1]}")
        yield Fault(f"{column} is '{value}'", remedy)


def _term_of(known: Callable[[], Sequence[str]], column: str, value: str) -> Iterable[Fault]:
    if value not in known():
        otherwise = "resources/ega.yaml has all words; 'unspecified' is one"
        yield Fault(f"{column} '{value}' is not known to EGA", nearest(value, known(), otherwise))


def _partial_day(column: str, value: str) -> Iterable[Fault]:
    if span(value) is None:
        remedy = "write 1980-05-01, 1980-05 or 1980: year, month, day"
        yield Fault(f"{column} '{value}' is no date", remedy)


def _whole_day(column: str, value: str) -> Iterable[Fault]:
    if day(value) is None:
        remedy = "write year, month and day, such as 2026-01-31"
        yield Fault(f"{column} '{value}' is no day", remedy)


def _country(column: str, value: str) -> Iterable[Fault]:
    if value in countries():
        return
    codes = {name: code for code, name in countries().items()}
    name = nearest_of(value, codes) if len(value) > 3 else None
    code = EU_CODES.get(value, codes[name] if name else None)
    code = value.upper() if value.upper() in countries() else code
    remedy = question(code, "give its two letters of ISO 3166-1 (resources/countries.tsv)")
    yield Fault(f"{column} '{value}' is not the code of a country", remedy)


def _text(column: str, value: str) -> Iterable[Fault]:
    if not value.isprintable():
        yield Fault(f"{column} has control characters", "write it again")


def _word_of(table: str, column: str, value: str) -> Iterable[Fault]:
    """Take any text, as HMD does, but ask about one that is nearly a word with a code."""
    yield from _text(column, value)
    near = _near_word(table, value)
    if near and value.isprintable() and near.casefold() != value.casefold():
        what = f"{column} '{value}' has no code of 1+MG, and is nearly a word that has one"
        yield Fault(what, question(near, ""))


@cache
def _near_word(table: str, value: str) -> str | None:
    """Return what a word may have been meant to be; most of 1,000 rows say the same."""
    return nearest_of(value, sample_words(table), MISSPELT)


def _terms(pattern: re.Pattern[str], example: str, column: str, value: str) -> Iterable[Fault]:
    given = [item.strip() for item in value.split(",")]
    for number, item in enumerate(given):
        if not item:
            yield Fault(f"{column} has a comma too many", "put one comma between two terms")
        elif item in given[:number]:
            yield Fault(f"{column} has '{item}' twice", "take one of them out")
        elif not pattern.fullmatch(item):
            yield Fault(f"{column} '{item}' is not such a term", f"write it as {example}")


def _permission(column: str, value: str) -> Iterable[Fault]:
    if "," in value:
        remedy = "give the one permission that holds, and modifiers in duo_modifiers"
        yield Fault(f"{column} is '{value}', more than one term", remedy)
    elif duo.is_modifier(value):
        remedy = "put it into duo_modifiers, and the permission here"
        yield Fault(f"{column} is '{duo.named(value)}', a modifier", remedy)
    elif not duo.is_permission(value):
        yield Fault(
            f"{column} is '{value}', no permission of DUO", _duo_remedy(value, "permission")
        )


def _modifiers(column: str, value: str) -> Iterable[Fault]:
    yield from _terms(re.compile(".*"), "", column, value)
    for item in filter(None, (part.strip() for part in value.split(","))):
        if duo.is_permission(item):
            what = f"{column} has '{duo.named(item)}', a permission"
            yield Fault(what, "put it into duo, or take it out; a consent has exactly one")
        elif not duo.is_modifier(item):
            yield Fault(f"{column} has '{item}', no modifier of DUO", _duo_remedy(item, "modifier"))


def _duo_remedy(value: str, kind: str) -> str:
    """Name the term that was meant by its short name or label; else the terms there are."""
    known = [term for term in duo.terms().values() if term.kind == kind]
    words = {word: t.id for t in known for word in (t.id[4:], t.shorthand, t.label)}
    near = nearest_of(value.removeprefix("DUO:"), words)
    every = ", ".join(duo.named(term.id) for term in known)
    if value.startswith("DUO:"):  # one digit makes another term, so that no guess is safe
        return f"known are: {every}"
    return question(words[near] if near else None, f"known are: {every}")


CELLS: Mapping[str, Callable[[str, str], Iterable[Fault]]] = {
    "gender": partial(_one_of, GENDERS),
    "birth": _partial_day,
    "country": _country,
    "phenotype": _text,
    "hpo": partial(_terms, HPO, "HP: and seven digits, such as HP:0001250"),
    "diagnoses": partial(
        _terms, DIAGNOSIS, "ORPHA:98473, OMIM:143100, MONDO:0007739 or SCTID:22298006"
    ),
    "case_control": partial(_one_of, CASE_CONTROL),
    "anatomical_site": partial(_word_of, "sites"),
    "pathological_state": partial(_word_of, "states"),
    "specimen": partial(_word_of, "specimens"),
    "collected": _partial_day,
    "storage": partial(_word_of, "storage"),
    "instrument": partial(_term_of, instruments),
    "library_selection": partial(_term_of, library_selections),
    "library_kit": _text,
    "sequenced": _partial_day,
    "consent": partial(_one_of, STATUSES),
    "consent_date": _whole_day,
    "consent_version": _text,
    "duo": _permission,
    "duo_modifiers": _modifiers,
    "duo_disease": partial(_terms, MONDO, "MONDO: and seven digits, such as MONDO:0007739"),
    "legal_basis": partial(_one_of, get_args(LegalBasis)),
    "consent_expires": _whole_day,
    "consent_by": partial(_one_of, ("self", "guardian")),
    "renew_on": _whole_day,
}
"""The check of each column."""

IN_ORDER = (
    ("birth", "collected"),
    ("collected", "sequenced"),
    ("consent_date", "consent_expires"),
    ("consent_date", "renew_on"),
)
"""Dates of which the second cannot lie before the first."""


def _order_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    for first, second in IN_ORDER:
        before, after = (span(cells.get(name, "")) for name in (first, second))
        if before and after and after.last < before.first:
            what = f"{second} {cells[second]} lies before {first} {cells[first]}"
            yield Fault(what, "mend one of the two dates")


def _health_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    for name in ("hpo", "diagnoses"):
        if cells.get("phenotype") == "healthy" and name in cells:
            what = f"phenotype is healthy, but {name} has '{cells[name]}'"
            yield Fault(what, "say in phenotype what the person has, or take them out")


def _use_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    specific = cells.get("duo") == duo.DISEASE_SPECIFIC
    if specific and "duo_disease" not in cells:
        what = f"duo is {duo.named(cells['duo'])}, but no disease is given"
        yield Fault(what, "give its MONDO term in duo_disease")
    if "duo_disease" in cells and not specific:
        what = f"duo_disease is given, but duo is not {duo.named(duo.DISEASE_SPECIFIC)}"
        yield Fault(what, "take it out, or mend duo")
    if "," in cells.get("duo_disease", ""):
        what = f"duo_disease has more than one term: '{cells['duo_disease']}'"
        yield Fault(what, "give the one term that holds all of them")
    if cells.get("duo") == "DUO:0000011" and "DUO:0000044" in cells.get("duo_modifiers", ""):
        what = "duo allows research on ancestry alone, and duo_modifiers prohibit it"
        yield Fault(what, "keep DUO:0000011 or DUO:0000044")


def _consent_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    details = [name for name in CELLS if name.startswith(("consent_", "duo")) and name in cells]
    if details and "consent" not in cells:
        what = f"consent is empty, but {details[0]} is filled"
        yield Fault(what, f"write {', '.join(STATUSES[:-1])} or {STATUSES[-1]}")


def _child_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    """Yield what a child's consent lacks: a child cannot give it, and will be asked itself."""
    if not {"birth", "consent_date"} <= cells.keys() or cells.get("consent") != "given":
        return
    birth, on = cells["birth"], cells["consent_date"]
    if not may_be_child(birth, on):
        return
    if cells.get("consent_by", "self") != "guardian":
        what = f"born {birth}, the person was under 18 on {on}, but consent_by is not guardian"
        remedy = "give a guardian's consent, or more of the date of birth if it was 18 by then"
        yield Fault(what, remedy)
    if "renew_on" not in cells:
        what = f"born {birth}, the person was under 18 on {on}, but renew_on is empty"
        yield Fault(what, "give the day from which it must have been asked itself")


TOGETHER: tuple[tuple[Callable[[Mapping[str, str]], Iterable[Fault]], tuple[str, ...]], ...] = (
    (_order_faults, ()),
    (_health_faults, ("hpo", "diagnoses")),
    (_use_faults, ("duo", "duo_modifiers", "duo_disease")),
    (_consent_faults, ()),
    (_child_faults, ("birth", "consent", "consent_date", "consent_by", "renew_on")),
)
"""Checks of cells against one another, each with the columns that must be sound for it."""
