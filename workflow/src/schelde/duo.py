"""The Data Use Ontology: which terms there are, and whether one use lies within another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

TERMS = Path(__file__).parents[3] / "resources" / "duo.yaml"
"""The package runs from its checkout, which holds resources/."""

DISEASE_SPECIFIC = "DUO:0000007"
"""The one permission that names a disease."""


@dataclass(frozen=True)
class Term:
    """A term; `resources/duo.yaml` says what ``within``, ``implies`` and ``grants`` mean."""

    id: str
    shorthand: str
    label: str
    kind: Literal["permission", "modifier"]
    within: str | None = None
    implies: tuple[str, ...] = ()
    grants: bool = False


class DataUse(NamedTuple):
    """What data may be used for: one permission, its modifiers, and the disease for DS alone."""

    permission: str
    modifiers: tuple[str, ...] = ()
    disease: str | None = None


@cache
def terms() -> Mapping[str, Term]:
    """Return all terms by their id."""
    entries = yaml.safe_load(TERMS.read_text(encoding="utf-8"))
    found = [Term(**{**entry, "implies": tuple(entry.get("implies", ()))}) for entry in entries]
    return {term.id: term for term in found}


def is_permission(term: str) -> bool:
    """Tell whether a term is a permission.

    >>> is_permission("DUO:0000042"), is_permission("DUO:0000019"), is_permission("DUO:1")
    (True, False, False)
    """
    return term in terms() and terms()[term].kind == "permission"


def is_modifier(term: str) -> bool:
    """Tell whether a term is a modifier."""
    return term in terms() and terms()[term].kind == "modifier"


def named(term: str) -> str:
    """Return a term's id with its short name.

    >>> named("DUO:0000042")
    'DUO:0000042 (GRU)'
    """
    known = terms().get(term)
    return f"{term} ({known.shorthand})" if known else term


def permits(agreed: str, use: str) -> bool:
    """Tell whether who agreed to one permission agreed to all of another.

    No restriction holds general research, that holds biomedical research and ancestry, and
    biomedical research holds that on one disease; a term that is unknown permits nothing.

    >>> permits("DUO:0000042", "DUO:0000006"), permits("DUO:0000006", "DUO:0000042")
    (True, False)
    """
    step: str | None = use
    while step is not None and is_permission(step):
        if step == agreed:
            return True
        step = terms()[step].within
    return False


def restrictions(permission: str, modifiers: Iterable[str]) -> frozenset[str]:
    """Return the modifiers that restrict a use, with those that others of its terms imply.

    A use that two terms together imply is added as well: NPU with NCU is NPUNCU.
    """
    given = {term for term in modifiers if not _grants(term)}
    for term in (permission, *tuple(given)):
        given.update(terms()[term].implies if term in terms() else ())
    both = {term.id for term in terms().values() if term.kind == "modifier" and term.implies}
    given.update(term for term in both if given.issuperset(terms()[term].implies))
    return frozenset(given)


def grants(modifiers: Iterable[str]) -> frozenset[str]:
    """Return the modifiers that allow a use more instead of restricting it (clinical care)."""
    return frozenset(term for term in modifiers if _grants(term))


def _grants(term: str) -> bool:
    return term in terms() and terms()[term].grants


def lies_within(use: DataUse, agreed: DataUse) -> bool:
    """Tell whether a use lies within what somebody agreed to.

    The permission must lie within the one agreed to, and for a disease be of the same one; every
    restriction agreed to must be one of the use; and what the use grants must have been granted.

    >>> lies_within(DataUse("DUO:0000006"), DataUse("DUO:0000042", ("DUO:0000019",)))
    False
    """
    return (
        permits(agreed.permission, use.permission)
        and (agreed.permission != DISEASE_SPECIFIC or agreed.disease == use.disease)
        and restrictions(agreed.permission, agreed.modifiers)
        <= restrictions(use.permission, use.modifiers)
        and grants(use.modifiers) <= grants(agreed.modifiers)
    )
