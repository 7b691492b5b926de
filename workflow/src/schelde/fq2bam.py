"""Align a lane with fq2bam of NVIDIA Parabricks, which is bwa mem on a GPU.

Two jobs, so that a GPU is held for what needs one: `align` leaves the reads of a lane as they come
out of the aligner, `sort` makes of them the BAM that `schelde.align.align_lane` gives. Duplicates
are marked later and per library, as with every aligner; so neither fq2bam's sorting nor its marking
is used.

Options: https://docs.nvidia.com/clara/parabricks/v4.7.1/tool-reference/tools/fq2bam.md. Of one read
group it takes one pair of files, and pairs or single reads, not both, in a run.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam

from schelde import paths
from schelde.align import ALIGNERS, SORT_MEMORY, require_count, sequences
from schelde.cluster.devices import own_devices
from schelde.joblog import JobError
from schelde.lane_reads import LaneReads
from schelde.parts import part_folder
from schelde.pbrun import (
    Made,
    read_made,
    require_gpu,
    require_whole,
    run_pbrun,
    stage,
    version_of_pbrun,
    write_made,
)
from schelde.pipes import ToolError, pipe, whole
from schelde.readgroup import Program, read_group, sam_header
from schelde.sheet import Lane

NAME = "parabricks"
INDEX = ("amb", "ann", "bwt", "pac", "sa")
"""Ends of the files of bwa's index, which have to stand beside the reference."""

LONGEST_READ = 480
"""bp above which fq2bam leaves reads out unless it is told otherwise."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Room:
    """What a job on a GPU may use; ``memory_mb`` in MiB, ``scratch`` is a folder of its own."""

    gpus: int
    threads: int
    memory_mb: int
    scratch: Path


@dataclass(frozen=True)
class Reference:
    """The genome with its ``.fai`` and ``.dict``, and the prefix of bwa's index of it."""

    genome: Path = Path(paths.GENOME)
    fai: Path = Path(paths.GENOME_FAI)
    dictionary: Path = Path(paths.GENOME_DICT)
    index: Path = Path(paths.BWA_INDEX)


def align(
    reads: LaneReads,
    lane: Lane,
    proof: Path,
    reference: Reference,
    room: Room,
    *,
    log: IO[bytes],
    bam: Path,
    made: Path,
) -> None:
    """Align one lane to a BAM in no order; ``made`` gets the version of Parabricks.

    The proof says which files have reads in them. Raises `JobError` when pbrun fails or leaves a
    BAM without its end.
    """
    require_gpu(room.gpus)
    proved = json.loads(proof.read_text())
    ref = _stage(reference, room.scratch)
    runs: dict[str, list[Path]] = {}
    if proved["pairs"]:
        ends = zip((reads.fq1, reads.fq2), ("first", "second"), strict=True)
        runs["--in-fq"] = [_one_file(files, room.scratch / name) for files, name in ends]
    if proved["singles"]:
        runs["--in-se-fq"] = [_one_file(reads.singles, room.scratch / "single")]
    # Beside the output, as it can be as large as all that the scratch folder has.
    with part_folder(bam) as folder:
        seen = [room.scratch, folder, *{file.parent for files in runs.values() for file in files}]
        with own_devices(room.gpus, os.environ, log) as environment:
            version = version_of_pbrun(environment, seen)
            for option, files in runs.items():
                out = folder / f"reads{option}.bam"
                words = _words(lane, ref, option, files, room, proved["read_length"]["max"])
                run_pbrun([*words, "--out-bam", str(out)], log, environment, seen)
                require_whole(out)
        write_made(made, Made(version))
        _joined(folder, log).replace(bam)


def sort(
    raw: Path,
    made: Path,
    lane: Lane,
    proof: Path,
    dictionary: Path,
    *,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    bam: Path,
) -> None:
    """Sort what `align` left by place, with mate scores and a header of our own.

    Raises `JobError` when the reads were aligned to another reference, `ToolError` when a tool
    fails or when not all reads of the lane came out of the alignment.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder, whole(bam) as part:
        lines = sequences(dictionary)
        _require_contigs(raw, lines)
        words = Program(NAME, NAME, read_made(made).version, " ".join(ALIGNERS[NAME]))
        header = Path(folder, "header.sam")
        header.write_text(sam_header(lines, [lane], [words]), encoding="utf-8")
        number = str(threads)
        collate = ["samtools", "collate", "--no-PG", "-O", "-u", "-@", number, "-"]
        last = ["samtools", "sort", "--no-PG", "-l", "1", "-m", SORT_MEMORY, "-@", number]
        pipe(
            [
                ["samtools", "reheader", "--no-PG", str(header), str(raw)],
                # In which order the reads come out of several streams on a GPU nobody says.
                [*collate, f"{folder}/collate"],
                ["samtools", "fixmate", "--no-PG", "-m", "-u", "-", "-"],
                [*last, "-T", f"{folder}/sort", "-O", "bam", "-o", str(part), "-"],
            ],
            log=log,
        )
        try:
            require_count(part, json.loads(proof.read_text())["reads"], threads, log)
        except ToolError as error:
            raise ToolError(f"{error}; delete {raw} to have the lane aligned again") from error


def _words(
    lane: Lane, ref: Path, option: str, files: Sequence[Path], room: Room, longest: int
) -> list[str]:
    """Return the command without its output; how many streams a GPU runs pbrun chooses itself."""
    words = [*ALIGNERS[NAME], "--ref", str(ref), option, *map(str, files)]
    words.append(read_group(lane).replace("\t", "\\t"))
    words += ["--tmp-dir", str(_folder(room.scratch / "tmp")), "--num-gpus", str(room.gpus)]
    words += ["--bwa-cpu-thread-pool", str(max(1, room.threads // room.gpus))]
    # pbrun would take half of the machine's memory, of which the job has a part.
    words += ["--memory-limit", str(max(1, room.memory_mb // 2048))]
    return [*words, "--max-read-length", str(longest)] if longest > LONGEST_READ else words


def _stage(reference: Reference, scratch: Path) -> Path:
    """Put the reference and its indexes beside each other."""
    ref = stage(reference.genome, _folder(scratch / "reference") / "genome.fa")
    stage(reference.fai, ref.with_name("genome.fa.fai"))
    stage(reference.dictionary, ref.with_suffix(".dict"))
    for end in INDEX:
        stage(Path(f"{reference.index}.{end}"), ref.with_name(f"genome.fa.{end}"))
    return ref


def _folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def _one_file(files: Sequence[str], stem: Path) -> Path:
    """Return one file with the reads of one end, by a name that tells whether it is gzipped.

    Where there is one so named already it is taken as it stands.
    """
    first = Path(files[0]).resolve()
    with first.open("rb") as head:
        ending = ".fastq.gz" if head.read(2) == GZIP else ".fastq"
    usual = ending.replace("fastq", "fq")
    if len(files) == 1 and first.name.endswith((ending, usual)):
        return first
    joined = stem.with_name(f"{stem.name}{ending}")
    if len(files) == 1:
        return stage(first, joined)
    with joined.open("wb") as sink:
        for file in files:
            with Path(file).open("rb") as source:
                shutil.copyfileobj(source, sink, 1 << 20)
    return joined


def _joined(folder: Path, log: IO[bytes]) -> Path:
    """Return the BAM of a folder, or one with the reads of both, one after the other."""
    bams = sorted(folder.glob("*.bam"))
    if len(bams) == 1:
        return bams[0]
    joined = folder / "joined.bam"
    pipe([["samtools", "cat", "--no-PG", "-o", str(joined), *map(str, bams)]], log=log)
    return joined


def _require_contigs(bam: Path, lines: Sequence[str]) -> None:
    """Raise `JobError` unless a BAM has the contigs of these @SQ lines, in their order."""
    wanted = [dict(tag.split(":", 1) for tag in line.split("\t")[1:]) for line in lines]
    with pysam.AlignmentFile(str(bam), check_sq=False) as reads:
        found = list(zip(reads.references, reads.lengths, strict=True))
    if found != [(tags["SN"], int(tags["LN"])) for tags in wanted]:
        raise JobError(
            f"{bam.name} has other contigs than the reference; delete {bam} to have the lane "
            "aligned again"
        )
