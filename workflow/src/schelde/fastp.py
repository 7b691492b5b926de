"""Read-level quality control and adapter trimming of a lane, by fastp."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from schelde.fastq import open_reads, prove
from schelde.lane_reads import LaneReads
from schelde.parts import part_folder
from schelde.pipes import ToolError, write_text

WORKERS = 2
"""Threads that compute. fastp takes insert sizes from the pairs of its first worker only, so
another number would give other counts; the reads are the same with any."""

SHORTEST = 30
"""Shortest read that is kept after trimming, bp: bwa reports no alignment of fewer matches."""

COPY_BYTES = 1 << 20

AS_IT_IS = (
    "--disable_adapter_trimming",
    "--disable_quality_filtering",
    "--disable_length_filtering",
    "--disable_trim_poly_g",
)
ADAPTERS_ONLY = (
    "--disable_quality_filtering",
    "--disable_trim_poly_g",
    "--length_required",
    str(SHORTEST),
    "--compression",
    "1",
)

ADAPTERS = {
    "TruSeq_R1": "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
    "TruSeq_R2": "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
    "Nextera": "CTGTCTCTTATACACATCT",
    "MGI_R1": "AAGTCGGAGGCCAAGCGGTCTTAGGAAGACAA",
    "MGI_R2": "AAGTCGGATCGTAGCCATGTCGTTCTGTGAGCCAAGGAGTTG",
}
"""What reads run into after a short insert (Illumina document 1000000002694; MGI's DNBSEQ adapter
notes). For reads without mates; in pairs the overlap of the mates shows where the insert ends."""


@dataclass(frozen=True)
class Trimmed:
    """Files of one trimmed lane; the FASTQ files are all written, empty if need be."""

    fq1: Path
    fq2: Path
    singles: Path
    fastp: Path
    proof: Path


def lane_qc(reads: LaneReads, proof: Path, title: str, *, log: IO[bytes], output: Path) -> None:
    """Write fastp's JSON of the reads of a lane as they are; nothing is cut or filtered.

    Of a lane that has both, pairs are looked at and reads without mates are not. Raises
    `ToolError` when fastp fails or has not read as many reads as ``proof`` tells.
    """
    proven = json.loads(proof.read_text())
    ends = [reads.fq1, reads.fq2] if proven["pairs"] else [reads.singles]
    count = 2 * proven["pairs"] or proven["singles"]
    with part_folder(output) as folder:
        report = _fastp(ends, AS_IT_IS, [], title, count, folder, log)
    write_text(output, _text(report))


def trim_lane(
    reads: LaneReads, proof: Path, title: str, *, log: IO[bytes], output: Trimmed
) -> None:
    """Cut adapters off the reads of a lane; write the reads, fastp's JSON and their proof.

    Pairs of which a read is left shorter than `SHORTEST` are dropped whole. ``output.proof`` is as
    `schelde.fastq.prove` gives it, with ``dropped`` (reads) and ``cut`` (bases, of dropped reads
    too) besides. The reads are the same at any number of threads. Raises `ToolError` when fastp
    fails or does not read or write as many reads as it should.
    """
    proven = json.loads(proof.read_text())
    with part_folder(output.proof) as folder:
        first, second, singles = (folder / f"{name}.fq.gz" for name in ("1", "2", "singles"))
        for file in (first, second, singles):
            file.write_bytes(gzip.compress(b"", mtime=0))
        reports = []
        if proven["pairs"]:
            ends, outs = [reads.fq1, reads.fq2], ["--out1", str(first), "--out2", str(second)]
            count = 2 * proven["pairs"]
            reports.append(_fastp(ends, ADAPTERS_ONLY, outs, title, count, folder, log))
        if proven["singles"]:
            adapters = folder / "adapters.fa"
            adapters.write_text("".join(f">{name}\n{s}\n" for name, s in ADAPTERS.items()))
            outs = ["--adapter_fasta", str(adapters), "--out1", str(singles)]
            count = proven["singles"]
            reports.append(_fastp([reads.singles], ADAPTERS_ONLY, outs, title, count, folder, log))
        kept = sum(report["summary"]["after_filtering"]["total_reads"] for report in reports)
        trimmed = prove(LaneReads([str(first)], [str(second)], [str(singles)]), kept)
        trimmed["dropped"] = proven["reads"] - trimmed["reads"]
        trimmed["cut"] = proven["bases"] - trimmed["bases"]
        first.replace(output.fq1)
        second.replace(output.fq2)
        singles.replace(output.singles)
    write_text(output.fastp, _text(reports[0]))
    write_text(output.proof, json.dumps(trimmed, indent=2) + "\n")


def _text(report: dict[str, Any]) -> str:
    return json.dumps(report, indent=1) + "\n"


def _fastp(
    ends: Sequence[Sequence[str]],
    options: Sequence[str],
    outputs: Sequence[str],
    title: str,
    count: int,
    folder: Path,
    log: IO[bytes],
) -> dict[str, Any]:
    """Run fastp on one or two ends, each a list of files, and return its report.

    The files are unpacked and joined here: fastp tells gzip by the name of a file, and takes one
    file for each end. In the report, the command is left without paths.
    """
    told = ["fastp", "--report_title", title, "--thread", str(WORKERS), *options]
    # Its estimate of duplicates takes a gigabyte; duplicates are marked after alignment.
    told.append("--dont_eval_duplication")
    report = folder / "fastp.json"
    pipes = [os.pipe() for _ in ends]
    inputs = [f"/dev/fd/{read_end}" for read_end, _ in pipes[1:]]
    command = [*told, *outputs, "--json", str(report), "--html", os.devnull]
    command += ["--in1", "/dev/stdin"]  # fastp reads other paths twice, to look at them first
    if inputs:
        command += ["--in2", *inputs]
    fds = [read_end for read_end, _ in pipes]
    with subprocess.Popen(command, stdin=fds[0], pass_fds=fds[1:], stderr=log) as process:
        for read_end in fds:
            os.close(read_end)
        with ThreadPoolExecutor(len(ends)) as pool:
            list(pool.map(_pour, ends, [write_end for _, write_end in pipes]))
    if process.returncode:
        raise ToolError(f"fastp ended with status {process.returncode}")
    found: dict[str, Any] = json.loads(report.read_text())
    read = found["summary"]["before_filtering"]["total_reads"]
    if read != count:
        raise ToolError(f"fastp has read {read} of {count} reads")
    found["command"] = " ".join(told)
    return found


def _pour(files: Sequence[str], write_end: int) -> None:
    """Write the plain bytes of files into a pipe, one after the other."""
    # Where fastp has ended early its status tells.
    with suppress(BrokenPipeError), os.fdopen(write_end, "wb") as target:
        for file in files:
            with open_reads(file) as source:
                shutil.copyfileobj(source, target, COPY_BYTES)
