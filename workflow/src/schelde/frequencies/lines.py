"""The text of a VCF of allele frequencies: sites only, nothing but counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schelde.frequencies.count import Counted, Counts
from schelde.frequencies.people import Level, Settings, tags
from schelde.vcf import PASS

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"

MEANINGS = {
    "AF": ("Float", "Allele frequency, AC / AN"),
    "AC": ("Integer", "Alleles counted"),
    "AN": ("Integer", "Alleles in genotypes that are known"),
    "Hom": ("Integer", "Alleles counted in homozygous genotypes, two in each"),
    "Het": ("Integer", "Alleles counted in heterozygous genotypes"),
    "Hemi": ("Integer", "Alleles counted in haploid genotypes"),
}


@dataclass(frozen=True)
class Heading:
    """What a header tells. ``contigs``: whole lines; ``individuals``: counted of ``asked``."""

    version: str
    assembly: str | None
    contigs: Sequence[str]
    individuals: int
    asked: int
    settings: Settings


def header(heading: Heading, levels: Sequence[Level]) -> str:
    """Return the header. All of it is ours: of the people's files no line is taken over."""
    settings = heading.settings
    left_out = heading.asked - heading.individuals
    children = "children whose parents are both counted"
    lines = [
        "##fileformat=VCFv4.2",
        f"##source=Schelde {heading.version}",
        f"##reference={heading.assembly}" if heading.assembly else "",
        f"##individuals={heading.individuals}",
        f"##individualsLeftOut={left_out} ({children})" if settings.founders_only else "",
        f"##minimumCount={settings.minimum_count} (alleles that are counted less often are left "
        "out, and so is a level of groups where it would tell a lower count)",
        f"##missing=genotypes with GQ below {settings.minimum_quality}, or without GQ with DP "
        f"below {settings.minimum_depth}, those that did not pass, and bases without reads",
        PASS,
    ]
    suffixes = ["", *(suffix for level in levels for suffix in level.groups)]
    for suffix in suffixes:
        for tag, number, kind in tags(suffix):
            form, meaning = MEANINGS[kind]
            words = f'Description="{meaning}{_of_whom(suffix)}"'
            lines.append(f"##INFO=<ID={tag},Number={number},Type={form},{words}>")
    return "\n".join([*filter(None, lines), *heading.contigs, COLUMNS]) + "\n"


def _of_whom(suffix: str) -> str:
    """Return whom a group is of, in words.

    >>> _of_whom("_BE_M"), _of_whom("")
    (' (males from BE)', '')
    """
    parts = suffix.split("_")[1:]
    sexes = {"M": "males", "F": "females"}
    people = next((sexes[part] for part in parts if part in sexes), "people")
    places = [f" from {part}" for part in parts if part not in sexes]
    return f" ({people}{''.join(places)})" if parts else ""


def lines(contig: str, counted: Counted, levels: Sequence[Level], least: int) -> Iterator[str]:
    """Yield the record of each allele.

    A level is left out of a record where one of its groups has the allele, but less often than
    ``least``: the group and its difference to the others would tell what is to be kept back.
    """
    seen = {suffix: table[1:].sum(axis=0) for suffix, table in counted.counts.items()}
    for place, (pos, ref, alt) in enumerate(counted.sites):
        info = _info("", counted.counts[""], place)
        for level in levels:
            numbers = [int(seen[suffix][place]) for suffix in level.groups]
            rest = int(seen[""][place]) - sum(numbers)
            if all(number == 0 or number >= least for number in (*numbers, rest)):
                for suffix in level.groups:
                    info += _info(suffix, counted.counts[suffix], place)
        yield f"{contig}\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t{';'.join(info)}\n"


def _info(suffix: str, table: Counts, place: int) -> list[str]:
    """Return the tags of a group; none where nobody's genotype is known."""
    known, hom, het, hemi = (int(number) for number in table[:, place])
    if not known:
        return []
    count = hom + het + hemi
    values = {"AC": count, "AN": known, "Hom": hom, "Het": het, "Hemi": hemi}
    texts = {**values, "AF": f"{count / known:.6g}"}
    return [f"{tag}={texts[kind]}" for tag, _, kind in tags(suffix)]
