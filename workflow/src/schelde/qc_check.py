"""Check the user's files of quality control: panel of sites, regions, profiles of acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schelde.bed import parse_bed
from schelde.config import Draft
from schelde.errors import Problem, UserError
from schelde.files import file_fault
from schelde.names import path_fault
from schelde.panel import panel_files, read_panel
from schelde.profiles import ASK, read_profiles


def check_qc(
    draft: Draft,
    workflow_dir: Path,
    lengths: Mapping[str, int] | None,
    problems: list[Problem],
    *,
    thorough: bool,
) -> None:
    """Add to ``problems`` what is wrong with the files that the block ``qc`` names.

    ``lengths``: contigs of the reference, None when it cannot be read. ``thorough``: read the
    panel and the regions too.
    """
    if "qc" in draft.broken:
        return
    _check_profiles(draft, workflow_dir / "config" / "profiles", problems)
    if thorough:
        _check_regions(draft, lengths, problems)
        _check_panel(draft, lengths, problems)


def _check_profiles(draft: Draft, folder: Path, problems: list[Problem]) -> None:
    for number, name in enumerate(draft.settings.qc.profiles):
        found: list[Problem] = []
        read_profiles([name], folder, found)
        place = draft.place("qc", "profiles", number)
        problems.extend(
            place.problem(problem.what, problem.remedy) if problem.file == ASK else problem
            for problem in found
        )


def _check_regions(
    draft: Draft, lengths: Mapping[str, int] | None, problems: list[Problem]
) -> None:
    regions = draft.settings.qc.regions
    if regions is None:
        return
    fault = path_fault("qc.regions", regions) or file_fault(regions)
    if fault:
        problems.append(draft.place("qc", "regions").problem(*fault))
    else:
        parse_bed(regions, lengths, problems)


def _check_panel(draft: Draft, lengths: Mapping[str, int] | None, problems: list[Problem]) -> None:
    qc, place = draft.settings.qc, draft.place("qc", "panel")
    if qc.panel is None:
        if qc.contamination != "schelde":
            what = f"{qc.contamination} needs a panel of sites, but qc.panel is empty"
            remedy = "name a panel there, or leave qc.contamination out"
            problems.append(draft.place("qc", "contamination").problem(what, remedy))
        return
    fault = path_fault("qc.panel", qc.panel)
    if fault:
        problems.append(place.problem(*fault))
        return
    files = panel_files(Path(qc.panel))
    missing = [fault for fault in (file_fault(str(file)) for file in files) if fault]
    problems.extend(place.problem(*fault) for fault in missing)
    if qc.contamination == "verifybamid2" and not str(files[-1]).endswith(".UD"):
        what = f"verifybamid2 cannot use panel '{qc.panel}'"
        remedy = "name the prefix of a panel with .bed, .mu and .UD, or take another engine"
        problems.append(place.problem(what, remedy))
    if missing:
        return
    try:
        panel = read_panel(Path(qc.panel))
    except UserError as error:
        problems.extend(error.problems)
        return
    if lengths is not None and not lengths.keys() & set(panel.contigs):
        what = f"panel '{qc.panel}' has contigs such as '{panel.contigs[0]}', none of the reference"
        problems.append(place.problem(what, "take the panel of the reference's assembly"))
