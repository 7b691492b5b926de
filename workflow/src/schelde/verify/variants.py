"""Count the variants of a VCF by the rules of GA4GH WGS-QC, from its text alone.

The rules are those of `schelde.variant_counts`, whose commands are bcftools'; here without any
tool, since who checks a bundle may have none.
"""

from __future__ import annotations

import re
from collections import Counter

AUTOSOME = re.compile(r"(?:chr)?(?:[1-9]|1[0-9]|2[0-2])")
BASES = re.compile(r"[ACGTNacgtn]+")
TRANSITIONS = frozenset(("AG", "GA", "CT", "TC"))
NO_VARIANT = frozenset(("0", "."))


class VariantTally:
    """Takes the records of a VCF with one sample; counts PASS variants of the autosomes.

    Autosomes are told by their names, with or without ``chr``.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def take(self, line: str) -> None:
        """Count a record; one that is not whole is not counted."""
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 10 or columns[6] != "PASS" or not AUTOSOME.fullmatch(columns[0]):
            return
        alleles = re.split(r"[/|]", columns[9].split(":", 1)[0])
        if set(alleles) <= NO_VARIANT and len(set(alleles)) == 1:
            return
        ref = columns[3].upper()
        kinds = Counter(kind_of(ref, alt.upper()) for alt in columns[4].split(","))
        zygosity = "" if "." in alleles else ("hom" if len(set(alleles)) == 1 else "het")
        if kinds["ts"] or kinds["tv"]:
            self.counts["snvs"] += 1
            self.counts[f"{zygosity}_snvs"] += 1
            self.counts["ts"] += kinds["ts"]
            self.counts["tv"] += kinds["tv"]
        if kinds["insertion"] or kinds["deletion"]:
            self.counts["insertions"] += bool(kinds["insertion"])
            self.counts["deletions"] += bool(kinds["deletion"])
            self.counts[f"{zygosity}_indels"] += 1

    def metrics(self) -> dict[str, float | None]:
        """Return the seven variant metrics by the ids of GA4GH; None for a ratio to nothing."""
        found = self.counts
        return {
            "count_snvs": found["snvs"],
            "count_insertions": found["insertions"],
            "count_deletions": found["deletions"],
            "ratio_heterozygous_homzygous_snv": _ratio(found["het_snvs"], found["hom_snvs"]),
            "ratio_heterozygous_homzygous_indel": _ratio(found["het_indels"], found["hom_indels"]),
            "ratio_insertion_deletion": _ratio(found["insertions"], found["deletions"]),
            "ratio_transitions_transversions_snv": _ratio(found["ts"], found["tv"]),
        }


def kind_of(ref: str, alt: str) -> str:
    """Return ts, tv, insertion, deletion or other: what is left when common ends are taken off.

    >>> kind_of("A", "G"), kind_of("CA", "CT"), kind_of("AT", "A"), kind_of("AC", "GT")
    ('ts', 'tv', 'deletion', 'other')
    """
    if not BASES.fullmatch(ref) or not BASES.fullmatch(alt):
        return "other"
    while ref and alt and ref[0] == alt[0]:
        ref, alt = ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    if len(ref) == 1 == len(alt):
        return "ts" if ref + alt in TRANSITIONS else "tv"
    if (ref and alt) or not (ref or alt):
        return "other"
    return "insertion" if alt else "deletion"


def _ratio(part: int, of: int) -> float | None:
    return part / of if of else None
