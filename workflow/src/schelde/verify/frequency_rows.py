"""What is wrong with single records of a VCF of allele frequencies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schelde.bundle.record import Frequencies
from schelde.frequencies.sites import fault_of

GROUP = "((?:_[A-Z]{2})?(?:_[MF])?)"
TAG = re.compile(f"A[FN]{GROUP}|AC{GROUP}(?:_(?:Hom|Het|Hemi))?")
POSITION = re.compile("[1-9][0-9]{0,9}")
KINDS = ("Hom", "Het", "Hemi")

Fault = tuple[str, str]
"""Rule, and what is wrong."""


@dataclass(frozen=True)
class Group:
    """What a record says of a group; ``parts``: alleles in genotypes of each of `KINDS`."""

    frequency: float
    count: int
    known: int
    parts: tuple[int, ...]


class RowError(ValueError):
    """A record whose numbers cannot be read."""


def groups_of(info: str) -> dict[str, Group]:
    """Return the groups of an INFO column by their suffix; `RowError` if it cannot be read."""
    values: dict[str, str] = {}
    for field in info.split(";"):
        name, sign, value = field.partition("=")
        if not sign or name in values:
            raise RowError(f"INFO has '{field[:40]}', without a value or for the second time")
        values[name] = value
    suffixes = dict.fromkeys(suffix_of(name) for name in values)
    found = {suffix: _group(suffix, values) for suffix in suffixes}
    if "" not in found:
        raise RowError("INFO has no AF, AC and AN of everyone")
    return found


def suffix_of(tag: str) -> str:
    """Return the group that a tag is of; `RowError` if it is not one of ours.

    >>> suffix_of("AC_EE_M_Hom"), suffix_of("AC_Hom"), suffix_of("AN_EE")
    ('_EE_M', '', '_EE')
    """
    match = TAG.fullmatch(tag)
    if match is None:
        raise RowError(f"INFO has the tag '{tag[:40]}'")
    return match[1] if match[1] is not None else match[2]


def _group(suffix: str, values: Mapping[str, str]) -> Group:
    try:
        parts = tuple(int(values[f"AC{suffix}_{kind}"]) for kind in KINDS)
        count, known = int(values[f"AC{suffix}"]), int(values[f"AN{suffix}"])
        group = Group(float(values[f"AF{suffix}"]), count, known, parts)
    except KeyError as error:
        raise RowError(f"INFO has no {error.args[0]}") from None
    except ValueError:
        raise RowError(f"INFO has numbers{suffix} that are none") from None
    if min(count, known, *parts) < 0:
        raise RowError(f"INFO has numbers{suffix} below 0")
    return group


def place_faults(cells: list[str], length: int | None) -> Iterable[Fault]:
    """Yield what is wrong with the columns before INFO; ``length``: bp of the contig."""
    contig, pos, name, ref, alt, quality, filters, _ = cells
    if length is None:
        yield "sites", f"contig '{contig[:40]}' is not in the header"
    if not POSITION.fullmatch(pos):
        yield "sites", f"'{pos[:40]}' is no position"
        return
    if length is not None and int(pos) + len(ref) - 1 > length:
        yield "sites", f"it ends behind the contig's {length} bp"
    if (name, quality, filters) != (".", ".", "PASS"):
        yield "sites", f"ID, QUAL, FILTER are '{name} {quality} {filters}' and not '. . PASS'"
    if fault := fault_of(int(pos), ref, alt):
        yield "sites", f"alleles {ref[:40]} and {alt[:40]}: {fault}"


def number_faults(groups: Mapping[str, Group], told: Frequencies) -> Iterable[Fault]:
    """Yield in what the numbers of a record break what must hold between them."""
    for suffix, group in groups.items():
        tag = f"AC{suffix} {group.count}, AN{suffix} {group.known}"
        if group.known == 0 or group.count > group.known:
            yield "numbers", f"{tag}: more alleles than are known"
        elif not abs(group.frequency - group.count / group.known) <= 1e-6:  # NaN is never near
            yield "numbers", f"{tag}: AF{suffix} is {group.frequency} and not their ratio"
        if sum(group.parts) != group.count:
            yield "numbers", f"{tag}: its parts {group.parts} do not add up to it"
        if group.parts[0] % 2:
            yield "numbers", f"{tag}: {group.parts[0]} alleles in homozygous genotypes"
    if groups[""].known > 2 * told.individuals:
        most = f"{told.individuals} people have {2 * told.individuals}"
        yield "numbers", f"AN is {groups[''].known}, and {most} at most"
    yield from _level_faults(groups, told.minimum_count)


def _level_faults(groups: Mapping[str, Group], least: int) -> Iterable[Fault]:
    """Yield faults of groups beside one another: sexes, countries, sexes in countries."""
    everyone = groups[""]
    if everyone.count < least:
        yield "minimum", f"AC is {everyone.count}, below the least count of {least}"
    levels: dict[str, list[str]] = {}
    for suffix in groups:
        levels.setdefault(re.sub("[A-Z]", "x", suffix), []).append(suffix)
    del levels[""]
    for suffixes in levels.values():
        words = ", ".join(f"AC{suffix} {groups[suffix].count}" for suffix in suffixes)
        rest = everyone.count - sum(groups[suffix].count for suffix in suffixes)
        if rest < 0 or everyone.known < sum(groups[suffix].known for suffix in suffixes):
            yield "numbers", f"{words} or their AN are more than those of everyone"
        elif any(0 < n < least for n in (rest, *(groups[suffix].count for suffix in suffixes))):
            yield "minimum", f"{words} of {everyone.count} tell of a count below {least}"
