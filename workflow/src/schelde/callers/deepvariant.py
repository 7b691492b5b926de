"""Call a piece with DeepVariant, in three jobs of which only the middle one is for a GPU.

The programs get the options that run_deepvariant gives them (scripts/run_deepvariant.py of r1.10;
docs/deepvariant.md says where it was read). What belongs to a model, such as channels and the small
model with its thresholds, stands in its model.example_info.json in the container, which the
programs read since 1.10.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from schelde.callers.deepvariant_plan import Plan, plan_of, uncalled_blocks, with_blocks
from schelde.callers.piece import PieceFiles, PieceTask, Work, work_on, write_gvcf
from schelde.callers.side_by_side import side_by_side
from schelde.callers.tfrecords import count_records, found_shards, shard_paths
from schelde.callers.tools import CallError, Job, Machine, job_on
from schelde.cluster.devices import own_devices
from schelde.containers import command_in
from schelde.gvcf import BLOCK_HEADER
from schelde.intervals import contig_lengths
from schelde.joblog import JobError
from schelde.parts import whole_folder
from schelde.pipes import ToolError, write_text
from schelde.vcf import VcfError, read_header, vcf_text

Model = Literal["WGS", "WES"]
Device = Literal["cpu", "gpu"]

CHECKPOINTS: dict[Model, str] = {"WGS": "/opt/models/wgs", "WES": "/opt/models/wes"}
"""Folders of the models in the container (MODEL_TYPE_MAP of run_deepvariant.py)."""

SMALL_MODELS = frozenset({"WGS"})
"""Models that have a small one beside them for sure, which calls most sites in make_examples."""

SHARDS = 16
"""Parts that make_examples does a piece in; fixed, so that threads never change the files."""

EXAMPLES = "make_examples.tfrecord@.gz"
SITES = "gvcf.tfrecord@.gz"
SMALL_CALLS = "make_examples_call_variant_outputs.tfrecord@.gz"
CALLS = "call_variants_output@.tfrecord.gz"
"""Names as run_deepvariant has them, with ``@`` for the shard."""

COUNT = "examples.json"
"""File with the number of examples beside them; it is missing where there is nothing to call."""

# What TensorFlow says before it goes on without a GPU; at the level of the image,
# TF_CPP_MIN_LOG_LEVEL=1, warnings and errors are shown (google/deepvariant issues 820, 985, 1041).
NO_GPU = re.compile(
    rb"^(?P<error>.*(?:failed call to cuInit|Could not find cuda drivers"
    rb"|Cannot dlopen some GPU libraries|Skipping registering GPU devices"
    rb"|not using nccl allreduce).*)$",
    re.MULTILINE,
)

VERSION = re.compile(r"##DeepVariant_version=(\d+)\.(\d+)(\S*)")
SHOWN_VERSION = re.compile(r"DeepVariant version (\d+)\.(\d+)(\S*)")
OLDEST = (1, 10)


def make_examples(
    task: PieceTask,
    files: PieceFiles,
    machine: Machine,
    examples: Path,
    *,
    sites: Path,
    model: Model,
) -> None:
    """Write the folders ``examples``, what is left to call, and ``sites``, all else of a piece.

    ``sites`` holds the reference blocks and what the small model called. Raises `CallError` when
    anything that was to be written is not there or not whole.
    """
    with (
        work_on(task, files, machine) as work,
        whole_folder(examples) as images,
        whole_folder(sites) as others,
    ):
        plan = plan_of(work)
        if not plan.called:
            return
        command = ["make_examples", "--mode", "calling", *_references(work)]
        command += ["--reads", str(files.cram), "--checkpoint", CHECKPOINTS[model]]
        command += ["--examples", _spec(images, EXAMPLES), "--gvcf", _spec(others, SITES)]
        command += [*plan.options(), "--task"]
        places = [images, others, *_places(work)]
        commands = [
            _in_container("deepvariant", [*_threads(1), *command, str(shard)], places, work.job)
            for shard in range(SHARDS)
        ]
        side_by_side(work.job, "make_examples", commands)
        for made in found_shards(images, SMALL_CALLS):
            made.replace(others / made.name)
        _prove_examples(images, others, machine.threads, model)


def _prove_examples(images: Path, others: Path, threads: int, model: Model) -> None:
    """Read all that make_examples wrote; leave the number of examples beside them."""
    small = found_shards(others, SMALL_CALLS)
    if small or model in SMALL_MODELS:
        small = shard_paths(others, SMALL_CALLS, SHARDS)
    count_records([*shard_paths(others, SITES, SHARDS), *small], threads)
    count = count_records(shard_paths(images, EXAMPLES, SHARDS), threads)
    write_text(images / COUNT, json.dumps({"examples": count}))


def call_variants(
    machine: Machine, examples: Path, calls: Path, *, model: Model, device: Device
) -> None:
    """Write the folder ``calls`` with what the model makes of the examples of a piece.

    With device ``gpu`` on one GPU, which is this job's alone. Raises `CallError` when call_variants
    did not use it, or when any example has no call; `JobError` when there is no GPU.
    """
    with job_on(machine) as job, whole_folder(calls) as made:
        if not (examples / COUNT).exists():
            return
        count = json.loads((examples / COUNT).read_text())["examples"]
        with _owning(device, job) as owner:
            words = ["call_variants", "--outfile", str(made / CALLS.replace("@", ""))]
            words += ["--examples", _spec(examples, EXAMPLES), "--checkpoint", CHECKPOINTS[model]]
            if device == "cpu":
                words = [*_threads(machine.threads), *words]
            image = "deepvariant-gpu" if device == "gpu" else "deepvariant"
            command = _in_container(image, words, [made, examples], owner, gpu=device == "gpu")
            refused = NO_GPU if device == "gpu" else None
            side_by_side(owner, "call_variants", [command], refused)
        written = found_shards(made, CALLS)
        # One process writes where there is no GPU, one for each core where there is
        # (--writer_threads 0 of call_variants.py).
        if device == "gpu" and count and len(written) == 1 != os.cpu_count():
            raise CallError("call_variants ran on the CPU: it has not seen the GPU")
        found = count_records(written, machine.threads)
        if found != count:
            raise CallError(f"call_variants has calls for {found} of {count} examples")


@contextmanager
def _owning(device: Device, job: Job) -> Iterator[Job]:
    """Yield the job as it owns a GPU that is seen in the container; as it is for the CPU."""
    if device == "cpu":
        yield job
        return
    with own_devices(1, job.environment, job.log) as environment:
        owner = replace(job, environment=environment)
        command = _in_container("deepvariant-gpu", ["nvidia-smi", "-L"], [], owner, gpu=True)
        try:
            side_by_side(owner, "nvidia-smi", [command])
        except ToolError as error:
            raise JobError(f"the container of DeepVariant sees no GPU: {error}") from error
        yield owner


def call_piece(
    task: PieceTask,
    files: PieceFiles,
    machine: Machine,
    gvcf: Path,
    *,
    sites: Path,
    calls: Path,
    model: Model,
) -> None:
    """Write the gVCF of a piece, with its index, from what the other two jobs made.

    See `schelde.callers.piece`. What DeepVariant does not call, the mitochondrion above all, is
    there without genotype, and so is what of the reference is no A, C, G or T.
    """
    with work_on(task, files, machine) as work:
        plan = plan_of(work)
        work = replace(work, intervals=plan.intervals)
        blocks = uncalled_blocks(plan, files.genome)
        if not plan.called:
            source = f"DeepVariant {_shown_version(work.job)}"
            unseen = (line for _, line in blocks)
            write_gvcf(work, BLOCK_HEADER, unseen, gvcf, source, mend=False)
            return
        raw = work.job.folder / "raw.g.vcf.gz"
        _postprocess(plan, sites, calls, raw, model)
        ranks = {contig: rank for rank, contig in enumerate(contig_lengths(files.fai))}
        with vcf_text(raw, work.job.log) as text:
            lines = read_header(text, task.sample)
            # Without the model, which follows from the assay: a bundle of genomes and exomes, for
            # instance, is from one caller.
            source = f"DeepVariant {_version(lines)}"
            body = with_blocks(text, blocks, ranks)
            # Not mended: DeepVariant has every base, and one that it left out is one that was lost.
            write_gvcf(work, [*lines, *BLOCK_HEADER], body, gvcf, source, mend=False)


def _postprocess(plan: Plan, sites: Path, calls: Path, gvcf: Path, model: Model) -> None:
    work = plan.work
    words = ["postprocess_variants", *_references(work)]
    words += ["--infile", str(calls / CALLS.replace("@", ""))]
    words += ["--outfile", str(work.job.folder / "raw.vcf.gz")]
    # One process: several would part the genome at places that depend on their number.
    words += ["--cpus", "0", "--checkpoint_json", f"{CHECKPOINTS[model]}/model.example_info.json"]
    if found_shards(sites, SMALL_CALLS):
        words += ["--small_model_cvo_records", _spec(sites, SMALL_CALLS)]
    words += ["--gvcf_outfile", str(gvcf)]
    words += ["--nonvariant_site_tfrecord_path", _spec(sites, SITES), *plan.options()]
    command = _in_container("deepvariant", words, [sites, calls, *_places(work)], work.job)
    side_by_side(work.job, "postprocess_variants", [command])


def _threads(number: int) -> list[str]:
    """Begin a command that TensorFlow is to take so many cores for; else it takes all."""
    return ["env", f"OMP_NUM_THREADS={number}", f"TF_NUM_INTRAOP_THREADS={number}"]


def _references(work: Work) -> list[str]:
    return ["--ref", str(work.files.genome)]


def _places(work: Work) -> list[Path]:
    return [work.files.genome.parent, work.files.cram.parent]


def _spec(folder: Path, pattern: str) -> str:
    """Name all shards at once, as DeepVariant's programs read it."""
    return str(folder / pattern.replace("@", f"@{SHARDS}"))


def _in_container(
    image: str, words: Sequence[str], places: Sequence[Path], job: Job, gpu: bool = False
) -> list[str]:
    """Return a command that sees the places, also where they are links, and the job's folder."""
    seen = {place.absolute() for place in (*places, job.folder)}
    seen |= {place.resolve() for place in seen}
    return command_in(image, words, gpu=gpu, folders=sorted(seen))


def _version(lines: Sequence[str]) -> str:
    """Return the version from the header of DeepVariant's gVCF; `VcfError` if none fits us."""
    for line in lines:
        if found := VERSION.match(line):
            return _fitting(found)
    raise VcfError("the header of DeepVariant's gVCF has no version")


def _shown_version(job: Job) -> str:
    """Ask DeepVariant for its version, for a piece that it has nothing to do in."""
    words = ["run_deepvariant", "--version"]
    side_by_side(job, "run_deepvariant", [_in_container("deepvariant", words, [], job)])
    found = SHOWN_VERSION.search(job.machine.log.read_text(errors="replace"))
    if found is None:
        raise CallError("run_deepvariant --version shows no version")
    return _fitting(found)


def _fitting(version: re.Match[str]) -> str:
    shown = f"{version[1]}.{version[2]}{version[3]}"
    if (int(version[1]), int(version[2])) < OLDEST:
        raise CallError(f"DeepVariant {shown} is too old: it does not know its models' options")
    return shown
