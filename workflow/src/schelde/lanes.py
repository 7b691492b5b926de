"""Read lanes.tsv: the cells of every row, and rows against one another."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from schelde.errors import Problem
from schelde.names import Fault, id_fault, nearest, path_fault
from schelde.sheet import Lane
from schelde.tables import Row, Table

IDS = ("sample", "library", "flowcell", "lane")
PLATFORMS = (
    "CAPILLARY",
    "DNBSEQ",
    "ELEMENT",
    "HELICOS",
    "ILLUMINA",
    "IONTORRENT",
    "LS454",
    "ONT",
    "PACBIO",
    "SINGULAR",
    "SOLID",
    "ULTIMA",
)
"""PL of @RG, SAM specification, section 1.3."""

BARCODE = re.compile(r"[ACGTN]+(-[ACGTN]+)*")
CENTER = re.compile(r"[ !#-&(-\[\]-~]+")  # printable ASCII without quotes and backslash
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?")


def lanes_of(table: Table, problems: list[Problem]) -> tuple[Lane, ...]:
    """Return the lanes of a table read with the columns of `Lane`, adding to ``problems``.

    Rows with mistakes come back as far as they could be understood, so that they can be checked
    against the other rows and the disk; rows without all their ids are left out.
    """
    lanes = []
    for row in table.rows:
        problems.extend(row.place.problem(*fault) for fault in _row_faults(row.cells))
        if all(name in row.cells for name in IDS):
            lanes.append(_lane(row))
    problems.extend(_clashes(table.file, lanes))
    return tuple(lanes)


def _lane(row: Row) -> Lane:
    cells = row.cells
    return Lane(
        sample=cells["sample"],
        library=cells["library"],
        flowcell=cells["flowcell"],
        lane=cells["lane"],
        fq1=tuple(_files(cells.get("fq1", ""))),
        fq2=tuple(_files(cells.get("fq2", ""))),
        alignment=cells.get("alignment"),
        read_group=cells.get("read_group"),
        platform=cells.get("platform", "ILLUMINA"),
        barcode=cells.get("barcode"),
        center=cells.get("center"),
        date=cells.get("date"),
        line=row.place.line or 0,
    )


def _files(cell: str) -> list[str]:
    return [name for name in cell.split(",") if name]


def _row_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    """Yield what is wrong with a row by itself."""
    for name in IDS:
        fault = id_fault(name, cells[name]) if name in cells else None
        if fault:
            yield fault
    yield from _read_faults(cells)
    for name, fault_of in CELLS.items():
        fault = fault_of(cells[name]) if name in cells else None
        if fault:
            yield fault


def _read_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    """Yield what is wrong with the cells that say where the reads are."""
    fq1, fq2 = cells.get("fq1", ""), cells.get("fq2", "")
    given = [name for name in ("fq1", "fq2") if name in cells]
    if "alignment" in cells and given:
        remedy = "keep the FASTQ or the alignment"
        yield Fault(f"the row has {' and '.join(given)} as well as alignment", remedy)
    elif "alignment" not in cells and "fq1" not in cells:
        what = "fq2 is given without fq1" if fq2 else "the row has no reads"
        yield Fault(what, "give fq1 (and fq2 when paired-end), or alignment")
    elif fq2 and len(_files(fq1)) != len(_files(fq2)):
        what = f"fq1 has {_count(_files(fq1))}, fq2 has {_count(_files(fq2))}"
        yield Fault(what, "list the files of both ends in step")
    if "read_group" in cells and "alignment" not in cells:
        yield Fault(
            "read_group is given without alignment", "take it out; only a BAM or CRAM has them"
        )
    for name in given:
        if "" in cells[name].split(","):
            yield Fault(f"{name} has a comma too many", "put one comma between two files")
    for name in ("fq1", "fq2", "alignment"):
        files = _files(cells.get(name, "")) if name != "alignment" else [cells.get(name, "")]
        yield from filter(None, (path_fault(name, file) for file in files))


def _count(files: list[str]) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def _platform_fault(value: str) -> Fault | None:
    if value in PLATFORMS:
        return None
    remedy = nearest(value, PLATFORMS, f"known are: {', '.join(PLATFORMS)}")
    return Fault(f"platform '{value}' is not one of the SAM format", remedy)


def _barcode_fault(value: str) -> Fault | None:
    if BARCODE.fullmatch(value):
        return None
    return Fault(
        f"barcode '{value}' is not made of bases",
        "give its bases in capitals, with '-' between the two of a dual index",
    )


def _center_fault(value: str) -> Fault | None:
    if CENTER.fullmatch(value):
        return None
    what = f"center '{value}' cannot stand in a BAM header"
    return Fault(what, "use ASCII letters, digits and spaces, without quotes and backslash")


def _date_fault(value: str) -> Fault | None:
    try:
        if DATE.fullmatch(value) and datetime.fromisoformat(value):
            return None
    except ValueError:
        pass
    what = f"date '{value}' is not a day in ISO 8601"
    return Fault(what, "write it as year-month-day, such as 2026-01-31")


def _read_group_fault(value: str) -> Fault | None:
    if value.isprintable():
        return None
    return Fault(f"read_group '{value}' has control characters", "copy it again")


CELLS: Mapping[str, Callable[[str], Fault | None]] = {
    "platform": _platform_fault,
    "barcode": _barcode_fault,
    "center": _center_fault,
    "date": _date_fault,
    "read_group": _read_group_fault,
}


def _clashes(file: str, lanes: Iterable[Lane]) -> Iterable[Problem]:
    """Yield the problems of rows that cannot stand beside an earlier one."""
    names: dict[tuple[str, str], Lane] = {}
    samples: dict[str, Lane] = {}
    reads: dict[tuple[str, str | None], Lane] = {}
    for lane in lanes:
        first = names.setdefault((lane.sample, lane.name.casefold()), lane)
        if first is not lane:
            yield _same_lane(file, lane, first)
        first = samples.setdefault(lane.sample.casefold(), lane)
        if first.sample != lane.sample:
            what = f"sample '{lane.sample}' differs from '{first.sample}' on line {first.line}"
            remedy = "spell it the same, or give another id"
            yield Problem(file, lane.line, f"{what} only in upper and lower case", remedy)
        yield from _used_twice(file, lane, reads)


def _same_lane(file: str, lane: Lane, first: Lane) -> Problem:
    if lane.name != first.name:
        what = f"lane '{lane.name}' differs from '{first.name}' on line {first.line}"
        remedy = "spell it the same, or give another id"
        return Problem(file, lane.line, f"{what} only in upper and lower case", remedy)
    what = f"lane '{lane.name}' of sample '{lane.sample}' is already on line {first.line}"
    remedy = "change library, flowcell or lane, or list all FASTQ of the lane in one row"
    return Problem(file, lane.line, what, remedy)


def _used_twice(
    file: str, lane: Lane, seen: dict[tuple[str, str | None], Lane]
) -> Iterable[Problem]:
    """Yield a problem for each file of a lane whose reads are used already."""
    for path in (*lane.fq1, *lane.fq2):
        first = seen.get((os.path.normpath(path), None))
        seen.setdefault((os.path.normpath(path), None), lane)
        if first is lane:
            remedy = "give each file once; R1 and R2 are two files"
            yield Problem(file, lane.line, f"'{path}' stands twice in the row", remedy)
        elif first:
            yield used_before(file, lane, path, first)
    if lane.alignment:
        key = os.path.normpath(lane.alignment), lane.read_group or ""
        first = seen.setdefault(key, lane)
        if first is not lane:
            group = f" (read group '{lane.read_group}')" if lane.read_group else ""
            yield used_before(file, lane, lane.alignment, first, group)


def used_before(file: str, lane: Lane, path: str, first: Lane, group: str = "") -> Problem:
    """Return the problem of a file that an earlier row has used."""
    what = f"'{path}'{group} is already used on line {first.line}"
    remedy = "give each file once, since its reads would count twice"
    return Problem(file, lane.line, what, remedy)
