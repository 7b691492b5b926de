"""Quality control of one sample outside a run: a CRAM and a VCF in, the run's own numbers out.

The reference is prepared, and the sample measured and judged, by the functions of the rules, in a
scratch folder that goes away; so the numbers are those of a run, and nothing is written beside the
inputs.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam

from schelde.assembly import Assembly, read_assembly
from schelde.bed import parse_bed
from schelde.callers.tools import Machine
from schelde.errors import Problem, UserError
from schelde.files import file_fault
from schelde.intervals import contig_lengths, prepare_targets
from schelde.judge import JudgeFiles, JudgeOutput, judge_samples
from schelde.measure.reads import ReadFiles, ReadOutput, ReadTask, measure_reads
from schelde.names import nearest
from schelde.panel import panel_files, read_panel
from schelde.profiles import Profile, read_profiles
from schelde.qc import VariantFiles, VariantOutput, measure_variants
from schelde.quiet import quiet_htslib
from schelde.reference import ReferenceFiles, prepare
from schelde.sheet import Assay, Person, Sex

ENGINE_TOOLS = {"riker": "riker", "picard": "gatk"}
"""Engine of coverage to the program that holds it."""

TOOLS = ("samtools", "bcftools", "bgzip", "tabix")
INDEXES = {"alignment": (".crai", ".bai", ".csi"), "variants": (".tbi", ".csi")}


@dataclass(frozen=True)
class Request:
    """What is asked for; options as in the config and the sheet of people."""

    alignment: Path
    variants: Path
    reference: Path
    assembly: str = "GRCh38"
    sex: Sex = Sex.UNKNOWN
    panel: Path | None = None
    targets: Path | None = None
    regions: Path | None = None
    profiles: tuple[str, ...] = ()
    engine: str = "riker"
    single_end: bool = False


@dataclass(frozen=True)
class Assessment:
    """Texts of files as a run writes them: GA4GH_QC, SAMPLE_QC; VERDICT when profiles are asked."""

    ga4gh: str
    qc: str
    verdict: Mapping[str, Any] | None


@dataclass(frozen=True)
class _Subject:
    """A request whose files have been looked at."""

    request: Request
    person: Person
    assembly: Assembly
    profiles: tuple[Profile, ...]
    digests: Mapping[str, str]  # of the contigs, as the alignment tells them


def assess(request: Request, checkout: Path, *, threads: int, scratch: Path | None) -> Assessment:
    """Measure one sample, and judge it when profiles are named.

    ``checkout`` has resources/ and config/; ``scratch``: a folder with room for two copies of the
    reference, by default that of temporary files. A sample alone has no relatives, so that what
    only a run can tell is missing. Raises `UserError` with everything that is wrong with the
    request, `JobError` and `ToolError` when the data or a tool are at fault.
    """
    subject = _checked(request, checkout)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="schelde-qc-") as folder:
        room = Path(folder)
        machine = Machine(threads, 4000, room, room / "log.txt")
        with _told_on_failure(machine.log):
            return _measured(subject, room, machine)


@contextmanager
def _told_on_failure(log: Path) -> Iterator[None]:
    """Copy what the tools said to the terminal when the block fails: their log goes away."""
    try:
        yield
    except Exception:
        if log.is_file():
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace"))
        raise


def _measured(subject: _Subject, room: Path, machine: Machine) -> Assessment:
    request, sample = subject.request, subject.person.sample
    genome = _prepared(subject, room)
    targets = None
    if request.targets is not None:
        targets = room / "targets.bed"
        with machine.log.open("wb") as log:
            prepare_targets(genome.fai, request.targets, targets, log=log)
    reads = ReadOutput(room / "stats.txt", room / "reads.json", room / "panel.tsv.gz")
    variants = VariantOutput(room / "variants.txt", room / "ga4gh.json", room / "qc.json")
    measure_reads(
        ReadTask(sample, subject.assembly, request.engine, paired=not request.single_end),
        ReadFiles(
            cram=request.alignment,
            genome=genome.fasta,
            autosomes=genome.autosomes,
            gaps=genome.gaps,
            targets=targets,
            regions=request.regions,
            panel=request.panel,
            md5_cache=genome.md5_cache,
        ),
        machine,
        reads,
    )
    measure_variants(
        subject.person,
        subject.assembly,
        VariantFiles(
            vcf=request.variants,
            genome=genome.fasta,
            autosomes=genome.autosomes,
            metrics=reads.metrics,
            panel=request.panel,
        ),
        machine,
        variants,
    )
    verdict = _judged(subject, variants.qc, reads.panel_counts, room)
    return Assessment(variants.ga4gh.read_text(), variants.qc.read_text(), verdict)


def _prepared(subject: _Subject, room: Path) -> ReferenceFiles:
    """Make a copy of the reference with all that is derived from it; check that it is the one."""
    files = ReferenceFiles(
        fasta=room / "genome.fa",
        fai=room / "genome.fa.fai",
        dictionary=room / "genome.dict",
        facts=room / "genome.json",
        seqcol=room / "seqcol.json",
        md5_cache=room / "md5",
        autosomes=room / "autosomes.bed",
        par=room / "par.bed",
        mitochondrion=room / "mitochondrion.bed",
        gaps=room / "gaps.bed",
    )
    reference = subject.request.reference
    with (room / "reference.txt").open("wb") as log:
        prepare(reference, files, name=reference.name, assembly=subject.assembly, log=log)
    contigs = json.loads(files.facts.read_text(encoding="utf-8"))["contigs"]
    found = {contig["name"]: contig["md5"] for contig in contigs}
    for name, digest in subject.digests.items():
        if found[name] != digest:
            what = f"its contig '{name}' is not the one that the reads were aligned to"
            raise UserError([Problem(str(reference), None, what, "give the FASTA of the CRAM")])
    return files


def _judged(subject: _Subject, qc: Path, counts: Path, room: Path) -> dict[str, Any] | None:
    if not subject.profiles:
        return None
    sample = subject.person.sample
    verdict = room / "verdict.json"
    judge_samples(
        [subject.person],
        subject.profiles,
        JudgeFiles({sample: qc}, {sample: counts}),
        JudgeOutput(
            room / "pairs.tsv", room / "trios.tsv", room / "verdicts.tsv", {sample: verdict}
        ),
        autosomes=subject.assembly.autosomes,
        calling_sex="declared",
    )
    found: dict[str, Any] = json.loads(verdict.read_text(encoding="utf-8"))
    return found


def verdict_lines(verdict: Mapping[str, Any]) -> list[str]:
    """Write a verdict for people: a line for each profile, rule and hint."""
    lines = []
    for profile in verdict["profiles"]:
        lines.append(f"{profile['name']}: {profile['verdict']}")
        for rule in profile["rules"]:
            value = "missing" if rule["value"] is None else json.dumps(rule["value"])
            wanted = f"{rule['comparison']} {json.dumps(rule['threshold'])}"
            lines.append(f"  {rule['result']:<8} {rule['metric']} {value} ({wanted})")
    return lines + [f"hint: {hint}" for hint in verdict["hints"]]


# What is asked for, looked at


def _checked(request: Request, checkout: Path) -> _Subject:
    """Return the request with what its files say; raise `UserError` with all that is wrong."""
    problems: list[Problem] = []
    problems.extend(_tool_problems(request.engine))
    lengths = _lengths(request.reference, problems)
    head = _header(request.alignment, problems)
    sample = _sample(request.alignment, head, problems) if head else None
    samples = _vcf_samples(request.variants, lengths, problems)
    if sample is not None and samples is not None and samples != [sample]:
        told = ", ".join(f"'{name}'" for name in samples[:5]) or "no sample"
        what = f"it is of {told}, and the alignment of '{sample}'"
        remedy = "give the VCF of that sample alone (bcftools view --samples)"
        problems.append(Problem(str(request.variants), None, what, remedy))
    if head and lengths:
        problems.extend(_contig_problems(request.alignment, head, lengths))
    assembly = _assembly(request.assembly, checkout, lengths, problems)
    for bed in (request.targets, request.regions):
        if bed is not None:
            parse_bed(str(bed), lengths, problems)
    if request.panel is not None:
        _check_panel(request.panel, problems)
    folder = checkout / "config" / "profiles"
    profiles = read_profiles(request.profiles, folder, problems, asked_at="--profile")
    if problems or head is None or assembly is None or sample is None:
        raise UserError(problems)
    assay = Assay.WGS if request.targets is None else Assay.WES
    person = Person(sample, assay, request.sex)
    digests = {line["SN"]: line["M5"] for line in head["SQ"] if "M5" in line}
    return _Subject(request, person, assembly, tuple(profiles), digests)


def _tool_problems(engine: str) -> Iterable[Problem]:
    if engine not in ENGINE_TOOLS:
        yield Problem("--engine", None, f"'{engine}' is not known", "write riker or picard")
        return
    for tool in (*TOOLS, ENGINE_TOOLS[engine]):
        if shutil.which(tool) is None:
            remedy = "run make setup, and put .venv/bin on PATH"
            yield Problem("PATH", None, f"{tool} is not installed", remedy)


def _is_there(path: Path, kind: str, problems: list[Problem]) -> bool:
    """Whether there are a file and its index."""
    fault = file_fault(str(path), called="this file")
    if fault:
        problems.append(Problem(str(path), None, *fault))
        return False
    if not any(Path(f"{path}{end}").is_file() for end in INDEXES[kind]):
        command = "samtools index" if kind == "alignment" else "tabix -p vcf"
        problems.append(Problem(str(path), None, "there is no index", f"run: {command} {path}"))
        return False
    return True


def _lengths(reference: Path, problems: list[Problem]) -> dict[str, int] | None:
    """Return the contigs of a FASTA from its index; None, and a problem, without one."""
    fault = file_fault(str(reference), called="this file")
    if fault:
        problems.append(Problem(str(reference), None, *fault))
        return None
    remedy = f"run: samtools faidx {reference}"
    try:
        return contig_lengths(Path(f"{reference}.fai"))
    except OSError:
        problems.append(Problem(str(reference), None, "there is no index", remedy))
    except (IndexError, ValueError):
        problems.append(Problem(str(reference), None, "its index cannot be read", remedy))
    return None


def _header(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    if not _is_there(path, "alignment", problems):
        return None
    try:
        with quiet_htslib(), pysam.AlignmentFile(str(path), "rb", check_sq=False) as handle:
            if handle.is_bam or handle.is_cram:
                return {"SQ": [], "RG": [], **handle.header.to_dict()}
    except (OSError, ValueError):
        pass
    problems.append(Problem(str(path), None, "it is neither CRAM nor BAM", "give a CRAM"))
    return None


def _sample(path: Path, head: Mapping[str, Any], problems: list[Problem]) -> str | None:
    samples = sorted({str(group["SM"]) for group in head["RG"] if "SM" in group})
    if len(samples) == 1:
        return samples[0]
    what = f"its read groups name {len(samples)} samples (SM)"
    problems.append(Problem(str(path), None, what, "give the alignment of one sample"))
    return None


def _vcf_samples(
    path: Path, lengths: Mapping[str, int] | None, problems: list[Problem]
) -> list[str] | None:
    if not _is_there(path, "variants", problems):
        return None
    try:
        with pysam.TabixFile(str(path), encoding="utf-8") as handle:
            header, contigs = list(handle.header), list(handle.contigs)
    except (OSError, ValueError):
        header, contigs = [], []
    if not header or not header[-1].startswith("#CHROM\t"):
        what = "it is no bgzipped VCF that its index fits"
        problems.append(Problem(str(path), None, what, f"run: tabix -f -p vcf {path}"))
        return None
    strange = [name for name in contigs if lengths is not None and name not in lengths]
    if strange:
        what = f"its contig '{strange[0]}' is not in the reference"
        problems.append(Problem(str(path), None, what, "give the FASTA that it was called on"))
    return header[-1].split("\t")[9:]


def _contig_problems(
    path: Path, head: Mapping[str, Any], lengths: Mapping[str, int]
) -> Iterable[Problem]:
    """Yield the first contig of an alignment that the reference does not have."""
    for line in head["SQ"]:
        name, length = str(line["SN"]), int(line["LN"])
        if lengths.get(name) != length:
            what = f"its contig '{name}' of {length} bp is not in the reference"
            yield Problem(str(path), None, what, "give the FASTA that its reads were aligned to")
            return


def _assembly(
    name: str, checkout: Path, lengths: Mapping[str, int] | None, problems: list[Problem]
) -> Assembly | None:
    shipped = {path.stem: path for path in (checkout / "resources/assemblies").glob("*.yaml")}
    if name not in shipped and not name.endswith((".yaml", ".yml")):
        known = f"known are: {', '.join(sorted(shipped))}; or give a YAML file"
        remedy = nearest(name, shipped, known)
        problems.append(Problem("--assembly", None, f"'{name}' is not known", remedy))
        return None
    try:
        assembly = read_assembly(shipped.get(name, Path(name)))
    except UserError as error:
        problems.extend(error.problems)
        return None
    if lengths is not None and not any(contig in lengths for contig in assembly.autosomes):
        what = f"the reference has no autosome of {assembly.name}"
        problems.append(Problem("--assembly", None, what, "name the assembly of the reference"))
    return assembly


def _check_panel(path: Path, problems: list[Problem]) -> None:
    missing = [
        Problem(str(file), None, *fault)
        for file in panel_files(path)
        if (fault := file_fault(str(file), called="this file"))
    ]
    problems.extend(missing)
    if missing:
        return
    try:
        read_panel(path)
    except UserError as error:
        problems.extend(error.problems)
