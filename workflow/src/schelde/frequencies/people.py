"""Whose alleles are counted, and in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde.sheet import Sex

SEX_LETTERS = {Sex.MALE: "M", Sex.FEMALE: "F"}


@dataclass(frozen=True)
class Person:
    """A sample whose alleles may be counted; no name of it is written anywhere.

    ``variants``: its VCF, normalised and split; ``gvcf``: its gVCF. Both bgzipped, with an index,
    and with that one sample. ``father``, ``mother``: samples. ``country``: ISO 3166-1, two letters.
    """

    sample: str
    subject: str
    sex: Sex
    variants: Path
    gvcf: Path
    country: str | None = None
    father: str | None = None
    mother: str | None = None


@dataclass(frozen=True)
class Settings:
    """How alleles are counted.

    ``minimum_count``: alleles that are counted less often are left out; the GDI guide gives 2 k
    for alleles of at least k people, 10 for k = 5 (gdi-node-standalone, config.minAlleleCount).
    ``founders_only``: leave out children whose parents are both in the dataset, as their alleles
    are counted in the parents.
    ``minimum_quality``, ``minimum_depth``: what a genotype must have to be known, GQ or, where a
    caller gives none, DP (EGA-archive/AF_bcftools_pipeline at d31fa6ae: GQ >= 20, DP >= 10).
    ``window``: bp that are counted at once; it bounds the memory and changes no number.
    """

    minimum_count: int = 10
    founders_only: bool = True
    minimum_quality: int = 20
    minimum_depth: int = 10
    window: int = 10_000_000


@dataclass(frozen=True)
class Level:
    """A way to part people into groups: suffixes of tags, and places of people in their list.

    ``rest``: those of whom it is not known.
    """

    groups: Mapping[str, tuple[int, ...]]
    rest: tuple[int, ...]


def counted(people: Sequence[Person], settings: Settings) -> list[Person]:
    """Return those whose alleles are counted: of each subject one sample, and founders only."""
    subject_of = {person.sample: person.subject for person in people}
    there = set(subject_of.values())
    first: dict[str, Person] = {}
    for person in people:
        parents = [subject_of.get(parent or "") for parent in (person.father, person.mother)]
        child = all(parent in there for parent in parents)
        if not (child and settings.founders_only):
            first.setdefault(person.subject, person)
    return list(first.values())


def levels(people: Sequence[Person], minimum_count: int) -> list[Level]:
    """Return the levels that may be told: sexes, countries, sexes in each country.

    A level is left out if one of its groups, or of those of whom it is not known, has someone in
    it but fewer people than can carry ``minimum_count`` alleles: an allele that such a group does
    not have, or the difference to all others, would tell of these few.
    """
    kinds = (_sex, _country, _country_and_sex)
    found = (_level([kind(person) for person in people]) for kind in kinds)
    least = -(-minimum_count // 2)
    return [level for level in found if level.groups and _is_large(level, least)]


def _is_large(level: Level, least: int) -> bool:
    return all(not group or len(group) >= least for group in (*level.groups.values(), level.rest))


def _level(suffixes: Sequence[str | None]) -> Level:
    names = sorted({suffix for suffix in suffixes if suffix is not None})
    return Level({name: _places(suffixes, name) for name in names}, _places(suffixes, None))


def _places(suffixes: Iterable[str | None], wanted: str | None) -> tuple[int, ...]:
    return tuple(place for place, suffix in enumerate(suffixes) if suffix == wanted)


def _sex(person: Person) -> str | None:
    letter = SEX_LETTERS.get(person.sex)
    return f"_{letter}" if letter else None


def _country(person: Person) -> str | None:
    return f"_{person.country}" if person.country else None


def _country_and_sex(person: Person) -> str | None:
    country, sex = _country(person), _sex(person)
    return f"{country}{sex}" if country and sex else None


def tags(suffix: str) -> Iterator[tuple[str, str, str]]:
    """Yield ID, Number and kind of the INFO tags of a group.

    Grammar of gdi-dataset-tool: AC_EE_M_Hom (gdi-node-standalone at a42d1dc1).
    """
    yield f"AF{suffix}", "A", "AF"
    yield f"AC{suffix}", "A", "AC"
    yield f"AN{suffix}", "1", "AN"
    for kind in ("Hom", "Het", "Hemi"):
        yield f"AC{suffix}_{kind}", "A", kind
