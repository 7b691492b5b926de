"""The efficiency of a run as text, JSON and TSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from textwrap import wrap

from schelde.json_text import json_text
from schelde.progress.basis import FULL_BASES, Basis, basis_of
from schelde.progress.efficiency import Kind, RuleUse, by_kind, use_of
from schelde.progress.numbers import Layers, numbers_of
from schelde.progress.stages import TARGETS, in_order
from schelde.progress.tune import (
    ENOUGH,
    FEWER_THREADS,
    TOO_FEW,
    Proposal,
    propose,
    told_of_threads,
)
from schelde.progress.usage import usages
from schelde.sheet import Assay

LINES = 30
AT_END_S = 5.0
"""Seconds that Slurm's accounting may take at the end of a run, which waits for it."""

COLUMNS = (
    ("", "rule", -22),
    ("", "jobs", 4),
    ("", "again", 5),
    ("", "threads", 7),
    ("memory", "asked", 6),
    ("(MB)", "peak", 6),
    ("", "95%", 6),
    ("time", "asked", 5),
    ("(min)", "most", 6),
    ("core", "share", 5),
    ("hours", "unused", 6),
    ("new", "MB", 6),
    ("new", "min", 4),
)
"""Heads and widths of columns, with a blank between two; one below 0 begins at the left.

The longest name of a rule has 22 letters; all together have 100.
"""

WIDTH = 100


@dataclass(frozen=True)
class Row:
    """One kind of jobs: what it used, and what it should ask for; None for a rule in no file."""

    use: RuleUse
    proposal: Proposal | None
    threads: str | None


@dataclass(frozen=True)
class Efficiency:
    """All that is known of a working directory's jobs; ``notes`` are sentences about how well."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    basis: Basis

    @property
    def proposals(self) -> dict[Kind, Proposal]:
        """What each kind of jobs should ask for."""
        return {row.use.kind: row.proposal for row in self.rows if row.proposal is not None}


def efficiency(
    folder: Path, layers: Layers, *, force: bool = False, limit_s: float = 60.0
) -> Efficiency:
    """Return what the jobs of a working directory used and should ask for.

    ``force``: see `schelde.progress.tune.propose`; ``limit_s``: seconds that Slurm's accounting may
    take to answer.
    """
    basis = basis_of(folder)
    asked = layers.jobs()
    found = usages(folder, asked, basis.assays, limit_s=limit_s)
    kinds = by_kind((job for job in found.jobs if job.rule not in TARGETS), basis.assays)
    rows = []
    for kind in sorted(
        kinds, key=lambda kind: (kind.assay is Assay.WES, in_order(kind.rule), kind.rule)
    ):
        jobs, now = kinds[kind], numbers_of(asked, kind)
        use = use_of(kind, jobs)
        proposal = propose(kind, jobs, now, basis, folder, force=force) if now else None
        rows.append(Row(use, proposal, told_of_threads(use, jobs)))
    return Efficiency(tuple(rows), found.notes, basis)


def efficiency_lines(folder: Path) -> list[str]:
    """Return at most `LINES` lines about a run that has ended, for its summary; fast.

    The rules that reserved most are shown. No line where no job has ended.
    """
    found = efficiency(folder, Layers.of(folder), limit_s=AT_END_S)
    if not found.rows:
        return []
    below = [*_wrapped(_sums(found)), *_wrapped(found.notes)]
    room = LINES - 4 - len(below)  # two heads, one over exomes, one about those left out
    most = sorted(found.rows, key=lambda row: -row.use.core_h)[:room]
    if left_out := len(found.rows) - len(most):
        below.insert(0, f"and {left_out} rules that reserved less: schelde tune shows them")
    return [*_table([row for row in found.rows if row in most], found), *below]


def lines(found: Efficiency) -> list[str]:
    """Return the table with all that is to be said about it, for a terminal of 100 columns."""
    told = [row.threads for row in found.rows if row.threads]
    below = [*_sums(found), *found.notes, *told, *_legend(found)]
    return [*_table(found.rows, found), "", *_wrapped(below)]


def _wrapped(sentences: Iterable[str]) -> list[str]:
    return [line for each in sentences for line in wrap(each, WIDTH, subsequent_indent="  ")]


def _table(rows: Sequence[Row], found: Efficiency) -> list[str]:
    total = sum(row.use.core_h for row in found.rows)
    table = [_line([upper for upper, _, _ in COLUMNS]), _line([head for _, head, _ in COLUMNS])]
    for number, row in enumerate(rows):
        before = rows[number - 1].use.kind.assay if number else None
        if row.use.kind.assay is Assay.WES and before is not Assay.WES:
            table.append("exomes:")
        table.append(_line(_cells(row, total, found.basis)))
    return table


def _line(cells: Sequence[str]) -> str:
    aligned = (
        cell.ljust(-width) if width < 0 else cell.rjust(width)
        for cell, (*_, width) in zip(cells, COLUMNS, strict=True)
    )
    return " ".join(aligned).rstrip()


def _cells(row: Row, total_h: float, basis: Basis) -> list[str]:
    use = row.use
    used = "?" if use.threads_used is None else f"{use.threads_used:.1f}"
    if use.threads_used is not None and not use.cpu_known:
        used = f">{used}"
    short = "" if use.sampled else ">"
    return [
        use.kind.rule,
        str(use.jobs),
        str(use.failed or ""),
        f"{use.threads}/{used}",
        _whole(use.mem_mb),
        _whole(use.peak_mb, short),
        _whole(use.p95_mb, short),
        _whole(use.minutes),
        "?" if use.longest_min is None else f"{use.longest_min:.1f}",
        f"{use.core_h / total_h:.0%}" if total_h else "",
        "?" if use.wasted is None else f"{use.wasted:.0%}",
        *_new(row, basis),
    ]


def _whole(number: float | None, sign: str = "") -> str:
    return "?" if number is None else f"{sign}{number:.0f}"


def _new(row: Row, basis: Basis) -> tuple[str, str]:
    use, proposal = row.use, row.proposal
    if proposal is None:
        return "", ""
    memory = "" if proposal.mem_mb == use.mem_mb else str(proposal.mem_mb)
    if not memory and use.kind.rule in basis.java:
        memory = "heap"
    return memory, "" if proposal.runtime == use.minutes else str(proposal.runtime)


def _sums(found: Efficiency) -> Iterator[str]:
    reserved = sum(row.use.core_h for row in found.rows)
    unknown = sum(row.use.unknown_h for row in found.rows)
    unused = sum(row.use.waste_h for row in found.rows)
    failed = sum(row.use.failed for row in found.rows)
    again = f"; {failed} attempts failed" if failed else ""
    yield (
        f"{reserved:.2f} core-hours reserved, {unused:.2f} of them not used{again}; of another "
        f"{unknown:.2f} it is not known."
    )
    counts = []
    for assay, name in ((Assay.WGS, "genomes"), (Assay.WES, "exomes")):
        samples = [sample for sample, each in found.basis.assays.items() if each is assay]
        seen = [found.basis.bases[sample] for sample in samples if sample in found.basis.bases]
        if seen:
            whole = sum(bases >= FULL_BASES[assay] for bases in seen)
            counts.append(
                f"{len(seen)} {name} of {min(seen) / 1e9:.3g} to {max(seen) / 1e9:.3g} Gb, "
                f"{whole} of them of {FULL_BASES[assay] / 1e9:.0f} Gb or more"
            )
    yield f"These are numbers of {' and '.join(counts) or 'samples whose size is not known'}."


def _legend(found: Efficiency) -> Iterator[str]:
    kept = {row.proposal.kept for row in found.rows if row.proposal is not None}
    if TOO_FEW in kept:
        yield (
            f"Numbers are lowered from {ENOUGH} whole samples on; with --force these count as such "
            "and the numbers suit only their like."
        )
    if FEWER_THREADS in kept:
        yield (
            "Of rules with threads no number is lowered where jobs had fewer than config/jobs.yaml "
            "gives, or no event log tells how many."
        )
    if any(not row.use.sampled for row in found.rows):
        yield ">  at least so much: jobs under 5 s are too short to be measured."
    if any("heap" in _new(row, found.basis) for row in found.rows):
        yield "heap  Java fills what it is given, its peak is not its need: never lowered."


def to_json(found: Efficiency) -> str:
    """Return all numbers as JSON: a list of rules, and notes."""
    rules = [dict(zip(TSV_HEAD, _values(row), strict=True)) for row in found.rows]
    return json_text({"rules": rules, "notes": [*_sums(found), *found.notes]})


def to_tsv(found: Efficiency) -> str:
    """Return all numbers as a table with a header; an empty cell is not known."""
    rows = [["" if value is None else str(value) for value in _values(row)] for row in found.rows]
    return "".join("\t".join(row) + "\n" for row in (TSV_HEAD, *rows))


TSV_HEAD = (
    "rule",
    "assay",
    *(field.name for field in fields(RuleUse) if field.name != "kind"),
    "new_mem_mb",
    "new_minutes",
    "kept",
)


def _values(row: Row) -> list[str | int | float | bool | None]:
    use, proposal = row.use, row.proposal
    numbers: Mapping[str, int | float | bool | None] = vars(use)
    values: list[str | int | float | bool | None] = [
        use.kind.rule,
        use.kind.assay.value if use.kind.assay else None,
    ]
    for name in TSV_HEAD[2:-3]:
        value = numbers[name]
        values.append(round(value, 4) if isinstance(value, float) else value)
    new = (proposal.mem_mb, proposal.runtime, proposal.kept) if proposal else (None, None, None)
    return [*values, *new]
