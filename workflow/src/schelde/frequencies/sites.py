"""What an allele in a VCF must look like so that it can be compared with those of others."""

from __future__ import annotations

import re

BASES = re.compile("[ACGTN]+")


def fault_of(pos: int, ref: str, alt: str) -> str | None:
    """Return what keeps an allele from being split, trimmed and left-aligned; None if nothing does.

    An allele is so if and only if the two end in different bases, and begin in different bases
    or the shorter has one base (Tan, Abecasis and Kang, Bioinformatics 2015, 31: 2202, rule 1 and
    2); nothing needs to be looked up in the reference. At the first base of a contig the base
    behind stands in for the one before, as VCF has it.

    >>> fault_of(9, "CA", "C"), fault_of(9, "CAA", "CA"), fault_of(9, "CA", "CG")
    (None, 'they end in the same base', 'they begin in the same base')
    """
    if not (BASES.fullmatch(ref) and BASES.fullmatch(alt)):
        return "they are not bases alone"
    if ref == alt:
        return "they are the same"
    if pos > 1 and ref[-1] == alt[-1]:
        return "they end in the same base"
    if ref[0] == alt[0] and min(len(ref), len(alt)) > 1:
        return "they begin in the same base"
    return None
