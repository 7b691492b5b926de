"""Phenopackets of a bundle as checks read them, whatever they hold."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schelde.bundle.record import Member
from schelde.documents.phenopackets import FAMILIES, FOLDER
from schelde.verify.json_values import mapping, objects
from schelde.verify.rule import Bundle


def packets(bundle: Bundle) -> list[str]:
    """Return the paths of the Phenopackets."""
    return bundle.names(f"{FOLDER}/*.json")


def families(bundle: Bundle) -> list[str]:
    """Return the paths of the Families."""
    return bundle.names(f"{FAMILIES}/*.json")


def stem(path: str) -> str:
    """Return the subject that the name of a document tells."""
    return posixpath.basename(path).removesuffix(".json")


def by_subject(bundle: Bundle) -> Iterator[tuple[str, Mapping[str, Any], Sequence[Member]]]:
    """Yield path, Phenopacket and samples of each subject that the record has."""
    for path in packets(bundle):
        members = bundle.record.subjects.get(stem(path))
        if members is not None:
            yield path, mapping(bundle.json(path)), members


def within(bundle: Bundle) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield path, folder and each Phenopacket, those in Families too."""
    for path in packets(bundle):
        yield path, posixpath.dirname(path), mapping(bundle.json(path))
    for path in families(bundle):
        family = mapping(bundle.json(path))
        for packet in [mapping(family.get("proband")), *objects(family.get("relatives"))]:
            yield path, posixpath.dirname(path), packet
