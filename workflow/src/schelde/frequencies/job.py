"""Write the allele frequencies of a dataset."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from schelde import __version__
from schelde.bundle.record import Frequencies
from schelde.frequencies.count import Counted, Task, count
from schelde.frequencies.genotypes import FrequencyError, Window, windows
from schelde.frequencies.lines import Heading, header, lines
from schelde.frequencies.people import Person, Settings, counted, levels
from schelde.frequencies.spectrum import BINS, bin_of
from schelde.streams import vcf_writer
from schelde.vcf import contig_line

PRIMARY = re.compile(r"(chr)?([1-9]|1[0-9]|2[0-2]|X|Y|M|MT)")
"""Contigs that packages of allele frequencies are of (gdi-dataset-tool: primary contigs)."""


def count_frequencies(
    people: Sequence[Person],
    facts: Path,
    output: Path,
    settings: Settings,
    *,
    assembly: str | None = None,
    threads: int,
    log: IO[bytes],
) -> Frequencies:
    """Count alleles over people and write them, sites only; return what the record tells of it.

    ``facts``: the JSON of the reference that `schelde.reference` writes; ``assembly``: its name if
    it is a public one. ``output``: a bgzipped
    VCF, which gets an index ``.tbi`` beside it; both whole or not at all, and the same bytes
    whatever the number of ``threads`` and the order of people. Windows of the genome are counted
    in as many processes. Raises `FrequencyError` for calls that cannot be counted, `ToolError`
    for broken files.
    """
    chosen = tuple(sorted(counted(people, settings), key=lambda person: person.sample))
    if not chosen:
        raise FrequencyError("there is nobody whose alleles could be counted")
    genome = json.loads(facts.read_text(encoding="utf-8"))
    contigs = [c for c in genome["contigs"] if PRIMARY.fullmatch(c["name"])]
    primary = [(c["name"], c["length"]) for c in contigs]
    told = levels(chosen, settings.minimum_count)
    task = Task(chosen, tuple(told), settings)
    heading = Heading(
        version=__version__,
        assembly=assembly,
        contigs=[contig_line(c["name"], c["length"], c["md5"], assembly) for c in contigs],
        individuals=len(chosen),
        asked=len({person.subject for person in people}),
        settings=settings,
    )
    bins: Counter[int] = Counter()
    stretches = list(windows(primary, settings.window))
    with (
        _counts(partial(count, task), stretches, threads) as found,
        vcf_writer(output, log=log) as text,
    ):
        text.write(header(heading, told).encode())
        for window, numbers in zip(stretches, found, strict=True):
            bins.update(_bins(numbers))
            for line in lines(window.contig, numbers, told, settings.minimum_count):
                text.write(line.encode())
    log.write(f"{len(chosen)} people, {bins.total()} alleles\n".encode())
    return Frequencies(
        name=output.name,
        sites=bins.total(),
        individuals=len(chosen),
        minimum_count=settings.minimum_count,
        spectrum=tuple(bins[number] for number in range(BINS)),
        size=output.stat().st_size,
        sha256=_sha256(output),
    )


def _bins(counted: Counted) -> list[int]:
    """Return the bin of each allele by its frequency among everyone."""
    known, *parts = counted.counts[""].tolist()
    return [bin_of(sum(found), alleles) for alleles, *found in zip(known, *parts, strict=True)]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _counts(
    work: Callable[[Window], Counted], stretches: Sequence[Window], processes: int
) -> Iterator[Iterator[Counted]]:
    """Yield what comes of each window, in order, worked out by several processes at once."""
    if processes == 1:
        yield map(work, stretches)
        return
    # A new interpreter would run the script of the job again, which nothing keeps from running.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        # All are begun before anything else is opened, which a forked process would keep open.
        found = pool.map(work, stretches)
        try:
            yield found
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
