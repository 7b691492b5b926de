"""Check settings against one another, and against the machine that is to run them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence, Set
from importlib.util import find_spec
from pathlib import Path

from schelde.cluster.devices import devices
from schelde.cluster.used import CALLS, EITHER_CALLERS, GPU_CALLERS, GPU_SETTINGS
from schelde.config import Draft, Settings
from schelde.containers import image_addresses, is_file
from schelde.errors import Problem
from schelde.files import file_fault
from schelde.genome_check import alternate_contig
from schelde.joblog import JobError
from schelde.jobs import Jobs
from schelde.names import Fault, closest, path_fault
from schelde.quiet import quiet_htslib
from schelde.site import Site

OUTPUTS = ("results", "logs", "benchmarks")
ALWAYS = ("samtools", "bcftools", "bgzip", "tabix", "fastp")
"""Programs that every run needs."""

RECALIBRATED = ("gatk",)
"""Callers that use recalibrated base qualities."""

NO_TOOL = "pairhmm"
"""The caller that is part of Schelde."""

CONTAINED = {
    "parabricks": ("pbrun",),
    "deepvariant": ("make_examples", "call_variants", "postprocess_variants"),
}
"""Tools that are given out as containers, and their programs, for sites that have them on PATH."""

CALLER_TOOLS = {"parabricks-deepvariant": "parabricks"}
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
    if call.caller in GPU_CALLERS and call.device == "cpu":
        what = f"call.caller {call.caller} runs on a GPU only, but call.device is cpu"
        remedy = f"set call.device to gpu, or call.caller to one of {_others(GPU_CALLERS)}"
        yield draft.place("call", "caller").problem(what, remedy)
    if call.caller not in (*GPU_CALLERS, *EITHER_CALLERS) and call.device == "gpu":
        what = f"call.device is gpu, but {call.caller} runs on the CPU only"
        able = ", ".join((*EITHER_CALLERS, *GPU_CALLERS))
        remedy = f"set it to cpu, or call.caller to one of {able}"
        yield draft.place("call", "device").problem(what, remedy)
    if call.dragen and call.caller != "gatk":
        what = f"call.dragen is a mode of gatk, but call.caller is {call.caller}"
        remedy = "set call.dragen to false or call.caller to gatk"
        yield draft.place("call", "dragen").problem(what, remedy)
    if call.bqsr and call.caller not in RECALIBRATED:
        what = f"call.bqsr is for {' and '.join(RECALIBRATED)}, but call.caller is {call.caller}"
        yield draft.place("call", "bqsr").problem(what, "set call.bqsr to false")
    elif call.bqsr and not draft.settings.reference.known_sites:
        what = "call.bqsr needs variants that are known, but reference.known_sites is empty"
        remedy = "list VCFs such as dbSNP there, or set call.bqsr to false"
        yield draft.place("call", "bqsr").problem(what, remedy)


def _others(callers: Sequence[str]) -> str:
    return ", ".join(name for name in CALLS if name not in callers)


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
    """Return the tools that a run with these settings uses, and the setting that chose each.

    Those that every run needs have no setting. A tool is the program of its name, but for those of
    `CONTAINED`.
    """
    caller = settings.call.caller
    chosen: dict[str, tuple[str, ...]] = {
        settings.align.aligner: ("align", "aligner"),
        CALLER_TOOLS.get(caller, caller): ("call", "caller"),
        ENGINE_TOOLS[settings.qc.engine]: ("qc", "engine"),
    }
    chosen.pop(NO_TOOL, None)
    if settings.align.aligner == "parabricks":
        chosen.setdefault("bwa", ("align", "aligner"))  # makes the index
    if caller == "parabricks":
        chosen.setdefault("gatk", ("call", "caller"))  # genotypes its gVCF
    if settings.call.bqsr:
        chosen.setdefault("gatk", ("call", "bqsr"))
    if settings.qc.contamination != "schelde":
        chosen.setdefault(settings.qc.contamination, ("qc", "contamination"))
    return dict.fromkeys(ALWAYS, ()) | {
        tool: setting for tool, setting in chosen.items() if tool not in ALWAYS
    }


def _value(settings: Settings, setting: Sequence[str]) -> object:
    return getattr(getattr(settings, setting[0]), setting[1])


def check_tools(draft: Draft, path: str, problems: list[Problem]) -> None:
    """Add to ``problems`` the programs that are not on ``path``, the PATH of jobs."""
    for tool, setting in tools_of(draft.settings).items():
        if tool in CONTAINED or shutil.which(tool, path=path) is not None:
            continue
        if setting:
            value = _value(draft.settings, setting)
            runs = "" if value == tool else f" and runs {tool}"
            value = "on" if value is True else value
            what = f"'{'.'.join(setting)}' is {value}{runs}, which is not on PATH"
            remedy = "run make setup, choose another, or run with --sdm conda"
            problems.append(draft.place(*setting).problem(what, remedy))
        else:
            what = f"there is no program {tool}"
            problems.append(Problem("PATH", None, what, "run make setup, or run with --sdm conda"))


def check_images(site: Site, problems: list[Problem]) -> None:
    """Add to ``problems`` the images of a site that there are not; no registry is asked."""
    known = image_addresses()
    for name, address in site.images.items():
        place = site.place("images", name)
        if name not in known:
            problems.append(place.problem(f"there is no image '{name}'", closest(name, known)))
        elif is_file(address) and not Path(address).exists():
            problems.append(place.problem(f"there is no file '{address}'", "correct the path"))


def check_contained(draft: Draft, site: Site, path: str, problems: list[Problem]) -> None:
    """Add to ``problems`` what the tools of `CONTAINED` need and ``path``, the PATH of jobs, lacks.

    That is the engine of config/site.yaml or, where it names none, the programs themselves.
    """
    used = {tool: way for tool, way in tools_of(draft.settings).items() if tool in CONTAINED}
    engine = site.container_engine
    if engine is not None:
        if used and shutil.which(engine, path=path) is None:
            what = f"'container_engine' is {engine}, which is not on PATH"
            problems.append(site.place("container_engine").problem(what, "install it, or load it"))
        return
    for tool, setting in used.items():
        missing = [name for name in CONTAINED[tool] if shutil.which(name, path=path) is None]
        if missing:
            value = _value(draft.settings, setting)
            what = f"'{'.'.join(setting)}' is {value} and runs {', '.join(missing)}, not on PATH"
            remedy = "set container_engine in config/site.yaml, or choose another"
            problems.append(draft.place(*setting).problem(what, remedy))


def check_open_engine(draft: Draft, problems: list[Problem]) -> None:
    """Add to ``problems`` what caller pairhmm needs and set-up has not made."""
    call = draft.settings.call
    if call.caller != "pairhmm":
        return
    from schelde.pairhmm.library import LIBRARY  # with numpy, which is slow to load

    if not LIBRARY.exists():
        what = "'call.caller' is pairhmm, whose native part was not built"
        remedy = "run make setup and see what it says, or choose another"
        problems.append(draft.place("call", "caller").problem(what, remedy))
    if call.device == "gpu" and find_spec("cupy") is None:
        what = "'call.device' is gpu, for which pairhmm needs CuPy, which is not installed"
        problems.append(draft.place("call", "device").problem(what, "run make gpu, or set cpu"))


def check_devices(draft: Draft, jobs: Jobs, unused: Set[str], problems: list[Problem]) -> None:
    """Add to ``problems`` the rules that are to use more GPUs than this machine has.

    ``unused``: rules that the run has no jobs of. Nothing of a caller that is for GPUs only and was
    set to the CPU: `check_choices` tells that.
    """
    rules = {
        rule: (draft.place(*setting), f"{'.'.join(setting)} is {value}")
        for rule, setting in GPU_SETTINGS.items()
        if rule not in unused
        and jobs.asks_for_gpu(rule)
        and (value := _value(draft.settings, setting)) != "cpu"
    }
    if not rules:
        return
    try:
        number = len(devices(os.environ))
    except JobError as error:
        what, _, remedy = str(error).partition("; ")
        problems.append(Problem("nvidia-smi", None, what, remedy))
        return
    jobs.check_devices(number, rules, problems)


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
