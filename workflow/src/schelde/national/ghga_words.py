"""GHGA's words for ours.

Source: ghga-de/ghga-metadata-schema 2.2.1, src/schema/submission.yaml (cfc65e15).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schelde.duo import terms

WORDS = Path(__file__).parents[4] / "resources" / "ghga.yaml"
"""The package runs from its checkout, which holds resources/."""


def instrument(model: str) -> str:
    """Return the word for an instrument that EGA names; OTHER when GHGA has none.

    >>> instrument("Illumina NovaSeq 6000"), instrument("Abacus 1")
    ('ILLUMINA_NOVASEQ_6000', 'OTHER')
    """
    word = model.upper().replace(" ", "_")
    return word if word in _words()["instruments"] else "OTHER"


def selection(name: str) -> str:
    """Return the word for a library selection of EGA; OTHER when GHGA has none.

    >>> selection("RANDOM PCR"), selection("unspecified"), selection("MDA")
    ('RANDOM_PCR_METHOD', 'UNSPECIFIED', 'OTHER')
    """
    word = _word(name)
    known = _words()["selections"]
    return next((found for found in (f"{word}_METHOD", word) if found in known), "OTHER")


def tissue_id(site: str) -> str | None:
    """Return the id of an anatomical site in the BRENDA Tissue Ontology, if we know it."""
    found: str | None = _words()["tissues"].get(site)
    return found


def duo_word(term: str) -> str:
    """Return the word for a term of the Data Use Ontology: its label in capitals.

    >>> duo_word("DUO:0000018")
    'NOT_FOR_PROFIT_NON_COMMERCIAL_USE_ONLY'
    """
    return _word(terms()[term].label)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return found
