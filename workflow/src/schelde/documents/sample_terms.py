"""Codes for what people.tsv says of a sample in words: resources/hmd.yaml.

HMD and Phenopackets take the same words from here. A word without a code stays a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schelde.vocabulary import hmd_terms

ICD11_SITE = re.compile("XA[0-9A-Z]{4}")
"""Codes of ICD-11 for places of the body: an extension code of the block XA."""

Coded = dict[str, Any]
"""A code: ``system``, ``code``, ``label``; or HL7 ``nullFlavor`` with ``originalText``, and
``translation`` where another system has a code."""


def other(text: str) -> Coded:
    """Return a word that the vocabulary lacks: HL7 NullFlavor OTH, with the word.

    >>> other("left ear")
    {'nullFlavor': 'OTH', 'originalText': 'left ear'}
    """
    return {"nullFlavor": "OTH", "originalText": text}


def curie(term: str, label: str) -> Coded:
    """Return a code that is written with its system before a colon.

    >>> curie("NCIT:C14225", "Human")
    {'system': 'NCIT', 'code': 'C14225', 'label': 'Human'}
    """
    system, _, code = term.partition(":")
    return {"system": system, "code": code, "label": label}


def site_entry(text: str) -> Mapping[str, str] | None:
    """Return the row of ``sites`` whose name, code or label a text is; None if there is none."""
    return _row("sites", text, ("name", "icd11", "label"))


def site(text: str) -> Coded:
    """Return where a sample was taken, as a code of ICD-11.

    >>> site("Blood")["code"], site("XA8WB3")["label"], site("left ear")["nullFlavor"]
    ('XA8EC5', 'Buccal mucosa', 'OTH')
    """
    entry = site_entry(text)
    if entry is not None:
        return {"system": "ICD-11", "code": entry["icd11"], "label": entry["label"]}
    if ICD11_SITE.fullmatch(text):
        return {"system": "ICD-11", "code": text, "label": text}
    return other(text)


def specimen_entry(text: str) -> Mapping[str, str] | None:
    """Return the row of ``specimens`` whose code, label or name a text is; None if none."""
    return _row("specimens", text, ("sprec", "label", "name", "ncit"))


def specimen(text: str) -> Coded:
    """Return the type of a specimen, as a code of SPREC v3; 'ZZZ' (Other) has the text as label.

    >>> specimen("blood")["code"], specimen("hair")
    ('BLD', {'system': 'SPREC v3', 'code': 'ZZZ', 'label': 'Other: hair'})
    """
    entry = specimen_entry(text)
    if entry is not None:
        return {"system": "SPREC v3", "code": entry["sprec"], "label": entry["label"]}
    return {"system": "SPREC v3", "code": "ZZZ", "label": f"Other: {text}"}


def state(text: str) -> Coded:
    """Return the pathological state of a sample, one of the seven of HMD."""
    entry = _row("states", text, ("name", "ncit"))
    if entry is None:
        return other(text)
    term = entry.get("ncit") or entry.get("fair_genomes")
    if term is None:
        return {"system": "HMD", "code": entry["name"], "label": entry["name"]}
    return curie(term, entry["name"])


def storage(text: str) -> Coded:
    """Return how a sample is stored, as a letter of SPREC v3.

    >>> storage("q")["label"], storage("in a drawer")["nullFlavor"]
    ('Bag LN', 'OTH')
    """
    for letter, label in hmd_terms()["storage"].items():
        if text.casefold() in (letter.casefold(), label.casefold()):
            return {"system": "SPREC v3", "code": letter, "label": label}
    return other(text)


def instrument(model: str) -> Coded:
    """Return the model of an instrument, as EGA names it, by its code of FAIR Genomes."""
    for name, entry in hmd_terms()["instruments"].items():
        if model.casefold() in (name.casefold(), entry["label"].casefold()):
            return curie(entry["code"], entry["label"])
    return other(model)


def term(table: str, key: str) -> Coded:
    """Return a code of ``targets`` or ``formats`` by its key; KeyError if there is none."""
    entry = hmd_terms()[table][key]
    return curie(entry["code"], entry["label"])


def organism() -> Coded:
    """Return the code of the one organism that Schelde takes."""
    entry = hmd_terms()["organism"]
    return curie(entry["code"], entry["label"])


def _row(table: str, text: str, keys: tuple[str, ...]) -> Mapping[str, str] | None:
    wanted = text.casefold()
    for entry in hmd_terms()[table]:
        values = (entry.get(key) for key in keys)
        if wanted in (value.casefold() for value in values if value is not None):
            found: Mapping[str, str] = entry
            return found
    return None
