"""Look at the headers of BAM and CRAM files that lanes are taken from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from schelde.errors import Problem
from schelde.files import file_fault
from schelde.names import nearest, path_fault
from schelde.quiet import quiet_htslib
from schelde.sheet import Lane


class HeaderError(ValueError):
    """A file has no header that can be read, or is neither BAM nor CRAM."""


def read_group_ids(path: str) -> list[str]:
    """Return the IDs of the @RG lines of a BAM or CRAM, in order; raise `HeaderError`."""
    import pysam  # slow to load, and few runs have alignments

    try:
        with quiet_htslib(), pysam.AlignmentFile(path, "rb", check_sq=False) as handle:
            if not (handle.is_bam or handle.is_cram):
                raise HeaderError("it is neither BAM nor CRAM")
            groups = handle.header.to_dict().get("RG", [])
            return [str(group["ID"]) for group in groups if "ID" in group]
    except HeaderError:
        raise
    except (OSError, ValueError) as error:
        raise HeaderError("its header cannot be read") from error


def check_alignments(file: str, lanes: Sequence[Lane], problems: list[Problem]) -> None:
    """Add to ``problems`` what is wrong with the alignments of a sheet.

    Every read group of a file must be taken by exactly one row, so that no reads are left behind.
    """
    rows: dict[str, list[Lane]] = {}
    for lane in lanes:
        if lane.alignment and not path_fault("alignment", lane.alignment):  # else told before
            rows.setdefault(os.path.realpath(lane.alignment), []).append(lane)
    for takers in rows.values():
        problems.extend(_file_problems(file, takers))


def _file_problems(file: str, takers: Sequence[Lane]) -> Iterable[Problem]:
    first = takers[0]
    path = first.alignment or ""
    fault = file_fault(path)
    if fault:
        yield Problem(file, first.line, *fault)
        return
    try:
        groups = read_group_ids(path)
    except HeaderError as error:
        what = f"'{path}' is no alignment to read: {error}"
        yield Problem(file, first.line, what, "give a whole BAM or CRAM file")
        return
    taken: dict[str, Lane] = {}
    for lane in takers:
        group = lane.read_group
        if group is None and len(groups) > 1:
            what = f"'{path}' has {len(groups)} read groups, and the row does not say which"
            remedy = f"make a row for each, with read_group: {_listed(groups)}"
            yield Problem(file, lane.line, what, remedy)
        elif group is not None and group not in groups:
            what = f"'{path}' has no read group '{group}'"
            remedy = nearest(group, groups, f"it has: {_listed(groups)}")
            yield Problem(file, lane.line, what, remedy)
        yield from _taken_before(file, lane, group or "".join(groups[:1]), taken)
    yield from _left_out(file, takers, groups)


def _taken_before(file: str, lane: Lane, group: str, taken: dict[str, Lane]) -> Iterable[Problem]:
    other = taken.setdefault(group, lane)
    same_cells = other.alignment == lane.alignment and other.read_group == lane.read_group
    if other is not lane and not same_cells:  # same cells are reported when the rows are read
        what = f"read group '{group}' of '{lane.alignment}' is already used on line {other.line}"
        yield Problem(file, lane.line, what, "give each read group one row")


def _left_out(file: str, takers: Sequence[Lane], groups: Sequence[str]) -> Iterable[Problem]:
    given = {lane.read_group for lane in takers}
    left = [group for group in groups if group not in given]
    if None not in given and left and given & set(groups):
        what = f"no row takes read group {_listed(left)} of '{takers[0].alignment}'"
        remedy = "add a row for each, so that no reads are left behind"
        yield Problem(file, takers[0].line, what, remedy)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:10])
    more = len(names) - 10
    return f"{shown} and {more} more" if more > 0 else shown or "none"
