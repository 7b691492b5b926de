"""Count the alleles of people in one window of the genome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schelde.frequencies.genotypes import (
    Call,
    FrequencyError,
    Site,
    Window,
    calls_of,
    reference_of,
)
from schelde.frequencies.people import Level, Person, Settings
from schelde.frequencies.sites import fault_of

Counts = npt.NDArray[np.int32]
KINDS = ("AN", "Hom", "Het", "Hemi")
"""Rows of counts: alleles that are known, and alternative alleles in homozygous, heterozygous and
haploid genotypes, as bcftools +fill-tags counts them."""


@dataclass(frozen=True)
class Task:
    """What is to be counted: ``people`` with their ``levels``."""

    people: tuple[Person, ...]
    levels: tuple[Level, ...]
    settings: Settings


@dataclass(frozen=True)
class Counted:
    """Sorted alleles of a window; of each group, by its suffix, counts of `KINDS` by alleles.

    The suffix "" is everyone.
    """

    sites: list[Site]
    counts: Mapping[str, Counts]


def count(task: Task, window: Window) -> Counted:
    """Count the alleles that begin in a window and are seen ``minimum_count`` times at least.

    A genotype counts where it is known: where a person's VCF has a record that passed and is sure
    enough, and where the gVCF surely has the reference. Elsewhere it is missing.
    Raises `FrequencyError` for alleles that are not split and normalised, `ToolError` for broken
    files.
    """
    numbers: dict[Site, int] = {}
    calls = [_Calls(calls_of(p, window, task.settings), window, numbers) for p in task.people]
    sites = sorted(numbers)
    places = np.empty(len(sites), dtype=np.int64)
    places[[numbers[site] for site in sites]] = np.arange(len(sites))
    positions = np.array([site.pos for site in sites], dtype=np.int64)
    groups = _groups_of(task)
    suffixes = dict.fromkeys(suffix for names in groups for suffix in names)
    counts = {suffix: np.zeros((len(KINDS), len(sites)), dtype=np.int32) for suffix in suffixes}
    for person, own, names in zip(task.people, calls, groups, strict=True):
        spans = reference_of(person, window, task.settings).joined(own.spans)
        found = own.counts(places, spans.alleles_at(positions))
        for suffix in names:
            counts[suffix] += found
    return _often(Counted(sites, counts), task.settings.minimum_count, window)


class _Calls:
    """The calls of a person in a window, without the texts of their alleles.

    ``spans``: start, end and number of alleles of what is known, 1-based and closed.
    """

    def __init__(self, calls: Iterable[Call], window: Window, numbers: dict[Site, int]) -> None:
        """Take the calls; alleles that are new get the next of the ``numbers``."""
        rows: list[tuple[int, int, int, bool]] = []
        spans: list[tuple[int, int, int]] = []
        for site, ploidy, copies, known in calls:
            if known:
                spans.append((site.pos, site.pos + len(site.ref) - 1, ploidy))
            if window.start <= site.pos <= window.end and (copies or not known):
                rows.append((numbers.setdefault(site, len(numbers)), ploidy, copies, known))
        self.spans = np.array(spans, dtype=np.int32).reshape(-1, 3)
        table = np.array(rows, dtype=np.int32).reshape(-1, 4)
        # Two records of one allele would be counted twice; the first one stands.
        _, first = np.unique(table[:, 0], return_index=True)
        self._table = table[first]

    def counts(self, places: npt.NDArray[np.int64], alleles: npt.NDArray[np.int64]) -> Counts:
        """Return what the person adds to the counts: rows of `KINDS`, a column for each allele.

        ``places``: column of each allele by its number; ``alleles``: how many alleles of the
        person are known at each column.
        """
        found = np.zeros((len(KINDS), len(places)), dtype=np.int32)
        found[0] = alleles
        number, ploidy, copies, known = self._table.T
        column = places[number]
        found[0, column] = np.where(known, ploidy, 0)
        copies = np.where(known, copies, 0)
        found[1, column] = np.where((ploidy > 1) & (copies == ploidy), copies, 0)
        found[2, column] = np.where((ploidy > 1) & (copies < ploidy), copies, 0)
        found[3, column] = np.where(ploidy == 1, copies, 0)
        return found


def _groups_of(task: Task) -> list[list[str]]:
    """Return the suffixes of the groups that each person is in."""
    groups: list[list[str]] = [[""] for _ in task.people]
    for level in task.levels:
        for suffix, places in level.groups.items():
            for place in places:
                groups[place].append(suffix)
    return groups


def _often(counted: Counted, least: int, window: Window) -> Counted:
    """Return the alleles that everyone together has often enough."""
    kept = np.flatnonzero(counted.counts[""][1:].sum(axis=0) >= least)
    sites = [counted.sites[place] for place in kept]
    for site in sites:
        if fault := fault_of(*site):
            place = f"{window.contig}:{site.pos}: {site.ref} and {site.alt}"
            raise FrequencyError(f"{place}: {fault}; normalise the calls (bcftools norm)")
    return Counted(sites, {name: table[:, kept] for name, table in counted.counts.items()})
