"""Check settings against one another, and against the machine that is to run them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from schelde.config import Draft, Settings
from schelde.errors import Problem
from schelde.files import file_fault
from schelde.genome_check import alternate_contig
from schelde.names import Fault, path_fault
from schelde.quiet import quiet_htslib

OUTPUTS = ("results", "logs", "benchmarks")
ALWAYS = ("samtools", "bcftools", "bgzip", "tabix", "fastp")
"""Programs that every run needs."""

ENGINE_TOOLS = {"riker": "riker", "picard": "gatk"}  # GATK's jar holds Picard
"""Engine of quality control to the program that it is."""


def check_choices(draft: Draft, lengths: Mapping[str, int] | None, problems: list[Problem]) -> None:
    """Add to ``problems`` the settings that cannot stand together."""
    settings = draft.settings
    if "call" not in draft.broken and "reference" not in draft.broken:
        problems.extend(_call_problems(draft))
    alternate = alternate_contig(lengths) if lengths else None
    if settings.align.aligner == "minibwa" and alternate:
        what = f"minibwa cannot use a reference with alternate contigs, such as '{alternate}'"
        remedy = "take a no-alt analysis set as reference, or aligner bwa"
        problems.append(draft.place("align", "aligner").problem(what, remedy))


def _call_problems(draft: Draft) -> Iterable[Problem]:
    call = draft.settings.call
    if call.dragen and call.caller != "gatk":
        what = f"call.dragen is a mode of gatk, but call.caller is {call.caller}"
        remedy = "set call.dragen to false or call.caller to gatk"
        yield draft.place("call", "dragen").problem(what, remedy)
    if call.bqsr and not draft.settings.reference.known_sites:
        what = "call.bqsr needs variants that are known, but reference.known_sites is empty"
        remedy = "list VCFs such as dbSNP there, or set call.bqsr to false"
        yield draft.place("call", "bqsr").problem(what, remedy)


def check_known_sites(
    draft: Draft, lengths: Mapping[str, int] | None, problems: list[Problem]
) -> None:
    """Add to ``problems`` the VCFs of known variants that cannot be used."""
    for number, path in enumerate(draft.settings.reference.known_sites):
        place = draft.place("reference", "known_sites", number)
        fault = path_fault("reference.known_sites", path) or file_fault(path)
        fault = fault or _sites_fault(path, lengths)
        if fault:
            problems.append(place.problem(*fault))


def _sites_fault(path: str, lengths: Mapping[str, int] | None) -> Fault | None:
    import pysam  # slow to load, and few runs recalibrate

    if not any(Path(path + suffix).is_file() for suffix in (".tbi", ".csi")):
        remedy = f"make one: tabix -p vcf {path} (after bgzip, if it is not compressed yet)"
        return Fault(f"'{path}' has no index beside it", remedy)
    try:
        with quiet_htslib(), pysam.TabixFile(path) as sites:
            contigs = sites.contigs
    except (OSError, ValueError):
        return Fault(
            f"'{path}' and its index cannot be read", f"make it again: tabix -p vcf {path}"
        )
    if lengths is None or lengths.keys() & set(contigs):
        return None
    what = f"'{path}' has contigs such as '{contigs[0]}', none of them of the reference"
    return Fault(what if contigs else f"'{path}' has no variants", "take the VCF of its assembly")


def tools_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the programs that a run with these settings calls, and the setting that chose each.

    Those that every run needs have no setting.
    """
    chosen: dict[str, tuple[str, ...]] = {
        settings.align.aligner: ("align", "aligner"),
        settings.call.caller: ("call", "caller"),
        ENGINE_TOOLS[settings.qc.engine]: ("qc", "engine"),
    }
    if settings.call.bqsr:
        chosen.setdefault("gatk", ("call", "bqsr"))
    if settings.qc.contamination != "schelde":
        chosen.setdefault(settings.qc.contamination, ("qc", "contamination"))
    return dict.fromkeys(ALWAYS, ()) | {
        tool: setting for tool, setting in chosen.items() if tool not in ALWAYS
    }


def check_tools(draft: Draft, path: str, problems: list[Problem]) -> None:
    """Add to ``problems`` the programs that are not on ``path``, the PATH of jobs."""
    for tool, setting in tools_of(draft.settings).items():
        if shutil.which(tool, path=path) is not None:
            continue
        if setting:
            value = getattr(getattr(draft.settings, setting[0]), setting[1])
            runs = "" if value == tool else f" and runs {tool}"
            value = "on" if value is True else value
            what = f"'{'.'.join(setting)}' is {value}{runs}, which is not on PATH"
            remedy = "run make setup, choose another, or run with --sdm conda"
            problems.append(draft.place(*setting).problem(what, remedy))
        else:
            what = f"there is no program {tool}"
            problems.append(Problem("PATH", None, what, "run make setup, or run with --sdm conda"))


def check_outputs(problems: list[Problem]) -> None:
    """Add to ``problems`` the folders of the working directory that cannot be written to."""
    for name in OUTPUTS:
        if os.path.lexists(name) and not Path(name).is_dir():
            what = "this is a file, where a run makes a folder"
            problems.append(Problem(name, None, what, "move it away"))
            continue
        folder = name if Path(name).is_dir() else "."
        if not os.access(folder, os.W_OK | os.X_OK):
            what = "nothing can be written here"
            if folder == ".":
                what = "the folder cannot be made here"
            read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
            remedy = "the disk is read-only; start in a folder on another one"
            if not read_only:
                remedy = f"run chmod u+rwx {folder}, or start in a folder of your own"
            problems.append(Problem(name, None, what, remedy))
