"""What a run did, in words and as a table of settings, fit to be shown to anybody.

Nothing here tells about the machine: local files are named without their folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from schelde.callers import filters_of

if TYPE_CHECKING:
    from schelde.config import Settings
    from schelde.consent import Gate
    from schelde.sheet import Sheet

READABLE = {
    "bwa": "bwa mem",
    "bwa-mem2": "bwa-mem2 mem",
    "minibwa": "minibwa map",
    "gatk": "GATK HaplotypeCaller",
    "bcftools": "bcftools mpileup and call",
    "freebayes": "freebayes",
    "pairhmm": "the pair-HMM caller of Schelde",
    "deepvariant": "DeepVariant",
    "parabricks": "HaplotypeCaller of Parabricks",
    "parabricks-deepvariant": "DeepVariant of Parabricks",
}
FQ2BAM = "fq2bam of Parabricks"
VERSION_OF = {"pairhmm": "schelde", "parabricks-deepvariant": "parabricks"}
"""Callers whose version is that of another name."""

ESTIMATORS = {"gatk": "GATK CalculateContamination", "verifybamid2": "VerifyBamID2"}
FREE_TEXT = {"report.title"}
"""Settings that are prose: a slash in them does not make a path."""


@dataclass(frozen=True)
class Sample:
    """What a report tells about a sample apart from its numbers."""

    name: str
    assay: str
    sex: str
    lanes: tuple[tuple[str, str], ...]  # name, library


@dataclass(frozen=True)
class Run:
    """A run without anything of the machine that it ran on.

    ``left_out``: how many samples may not come into the bundle, by reason; None without a bundle.
    """

    samples: tuple[Sample, ...]
    settings: Mapping[str, Any]  # as in config.yaml, keys joined by dots
    left_out: Mapping[str, int] | None = None


def run_of(settings: Settings, sheet: Sheet, gate: Gate | None = None) -> Run:
    """Return what a report may tell about a run; ``gate``: who may come into its bundle.

    Where a bundle is sent is left out: it names a host.
    """
    samples = tuple(
        Sample(
            name=person.sample,
            assay=str(person.assay),
            sex=str(person.sex),
            lanes=tuple((lane.name, lane.library) for lane in sheet.lanes_of(person.sample)),
        )
        for person in sheet.people
    )
    told = public(flat(settings.model_dump(mode="json", exclude={"submit"})))
    return Run(samples, told, gate.counts if gate else None)


def flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Join the keys of nested mappings by dots.

    >>> flat({"align": {"aligner": "bwa"}, "lanes": "lanes.tsv"})
    {'align.aligner': 'bwa', 'lanes': 'lanes.tsv'}
    """
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{above}{key}"
        leaves |= flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return leaves


def public(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Cut folders off all values that are paths.

    >>> public({"reference.fasta": "/home/me/hg38.fa", "report.title": "batch 3/4"})
    {'reference.fasta': 'hg38.fa', 'report.title': 'batch 3/4'}
    """
    return {key: value if key in FREE_TEXT else _base(value) for key, value in settings.items()}


def _base(value: object) -> object:
    if isinstance(value, str):
        return PurePath(value).name if "/" in value else value
    if isinstance(value, (list, tuple)):
        return [_base(item) for item in value]
    return value


def setting_rows(run: Run) -> dict[str, str]:
    """Return each setting as text, for a table.

    >>> setting_rows(Run((), {"call.bqsr": False, "reference.md5": None, "reads": ["a", "b"]}))
    {'call.bqsr': 'off', 'reference.md5': '-', 'reads': 'a, b'}
    """
    return {key: _text(value) for key, value in run.settings.items()}


def _text(value: object) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def methods(run: Run, versions: Mapping[str, str]) -> str:
    """Return sentences that say how the files of a run were made, for a methods section."""
    given = run.settings
    aligner, caller = given["align.aligner"], given["call.caller"]
    read_in = "reads were checked to be whole and in step, and measured with"
    trimmed = ", which also cut the adapters" if given["reads.trim"] else ""
    distance = given["align.optical_distance"]
    optical = f"; optical ones within {distance} pixels" if distance else ""
    sentences = [
        f"{_people(run)}: {read_in} {_tool('fastp', versions)}{trimmed}.",
        f"They were aligned to {_reference(given)} with {_aligner(aligner, versions)}, sorted, and"
        f" their duplicates marked per library across lanes{optical}"
        f" ({_tool('samtools', versions)}; CRAM 3.0).",
    ]
    if given["call.bqsr"]:
        sites = ", ".join(given["reference.known_sites"])
        sentences.append(f"Base qualities were recalibrated with GATK at known sites ({sites}).")
    mode = " in DRAGEN mode" if given["call.dragen"] else ""
    mode += " on a GPU" if given["call.device"] == "gpu" else ""
    sentences.append(
        f"Variants were called sample by sample with {_tool(caller, versions)}{mode}, with the"
        f" number of copies of each chromosome that {given['call.sex']} sex and pseudo-autosomal"
        " regions ask for, left-aligned and split into single alleles"
        f" (bcftools {versions['bcftools']})."
    )
    filters = filters_of(caller)
    if filters == "deepvariant":
        sentences.append("The mitochondrion was not called: there is no model for it.")
    if any(sample.assay == "wes" for sample in run.samples):
        sentences.append(
            f"Exomes were called on their targets and {given['call.padding']} bp around them and"
            " reported on the targets."
        )
    source = "hard filters"
    if filters in ("gatk", "pairhmm"):
        source = "GATK's published hard filters"
    if filters == "deepvariant":
        source = "DeepVariant's own filter"
    sentences.append(
        f"Calls that fail {source} stay in the files, with FILTER values that the header"
        " explains; the numbers here count calls that pass."
    )
    sentences.append(_quality(given, versions))
    if run.left_out is not None:
        sentences.append(_consent(run, run.left_out))
    return " ".join(sentences)


def _quality(given: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Say how samples were measured and what they were judged by."""
    engine = given["qc.engine"]
    measured = (
        _tool("riker", versions) if engine == "riker" else f"Picard in GATK {versions['gatk']}"
    )
    by = given["qc.contamination"]
    estimated = (
        "by our own maximum likelihood"
        if by == "schelde"
        else f"with {ESTIMATORS[by]} {versions[by]}"
    )
    contamination = f" and contamination estimated {estimated}" if given["qc.panel"] else ""
    names = ", ".join(given["qc.profiles"])
    profiles = f"profile{'s' if len(given['qc.profiles']) > 1 else ''} {names}"
    return (
        f"Coverage was measured with {measured}{contamination}; samples were judged by {profiles}."
    )


def _consent(run: Run, left_out: Mapping[str, int]) -> str:
    """Say how many samples may come into the bundle by consent, without names."""
    out = sum(left_out.values())
    reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items())
    why = f"; left out: {reasons}" if out else ""
    return (
        f"By their consent {len(run.samples) - out} of {len(run.samples)} samples may come into"
        f" the bundle{why}."
    )


def _people(run: Run) -> str:
    """Count samples by assay, and lanes."""
    kinds = {"wgs": ("genome", "genomes"), "wes": ("exome", "exomes")}
    counts = [
        _count(sum(sample.assay == assay for sample in run.samples), *words)
        for assay, words in kinds.items()
    ]
    lanes = _count(sum(len(sample.lanes) for sample in run.samples), "lane", "lanes")
    return f"{' and '.join(filter(None, counts))} from {lanes}"


def _count(number: int, one: str, many: str) -> str:
    return "" if number == 0 else f"{number} {one if number == 1 else many}"


def _reference(settings: Mapping[str, Any]) -> str:
    name, assembly = settings["reference.name"], settings["reference.assembly"]
    return name if name == assembly else f"{name} ({assembly})"


def _tool(tool: str, versions: Mapping[str, str]) -> str:
    return f"{READABLE.get(tool, tool)} {versions[VERSION_OF.get(tool, tool)]}"


def _aligner(aligner: str, versions: Mapping[str, str]) -> str:
    """Name an aligner; Parabricks is that of its callers too."""
    return f"{FQ2BAM} {versions[aligner]}" if aligner == "parabricks" else _tool(aligner, versions)
