"""Reads of a lane to a sorted BAM; lanes of a sample to one CRAM, duplicates marked per library."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam

from schelde import cleanmates, paths
from schelde.lane_reads import LaneReads
from schelde.pipes import ToolError, whole, write_text
from schelde.readgroup import Program, read_group, sam_header
from schelde.sheet import Lane

COPY_BYTES = 1 << 20
MARKDUP_READ_LENGTH = 300
"""Read length that samtools markdup expects when it is told nothing, bp."""

ALIGNERS: Mapping[str, tuple[str, ...]] = {
    # Without -K the batch size, and so the insert-size estimate, depends on the threads; minibwa's
    # batches are the same at any number of them.
    "bwa": ("bwa", "mem", "-K", "100000000", "-Y"),
    "bwa-mem2": ("bwa-mem2", "mem", "-K", "100000000", "-Y"),
    "minibwa": ("minibwa", "map", "-Y"),
    "parabricks": ("pbrun", "fq2bam", "--align-only", "--bwa-options=-K 100000000 -Y"),
}
"""Command of each aligner; all but Parabricks (see `schelde.fq2bam`) take ``-t threads -R
read_group index reads [mates]`` after it."""

ALIGNER_INDEXES: Mapping[str, str] = {
    "bwa": f"{paths.BWA_INDEX}.bwt",
    "bwa-mem2": f"{paths.BWAMEM2_INDEX}.0123",
    "minibwa": f"{paths.MINIBWA_INDEX}.mbw",
    "parabricks": f"{paths.BWA_INDEX}.bwt",
}
"""One file of each aligner's index, which are all made in one go; without suffix the prefix."""

# Named, since newer htslib writes 3.1 unasked, which older tools cannot read.
CRAM_WRITER = ("samtools", "view", "--no-PG", "-C", "--output-fmt-option", "version=3.0")

SORT_MEMORY = "768M"
"""Memory of samtools sort for each thread, its own default; config/jobs.yaml counts on it."""


@dataclass(frozen=True)
class CramFiles:
    """The files of one sample: CRAM 3.0, its index, its MD5, the duplicate counts."""

    cram: Path
    crai: Path
    md5: Path
    duplicates: Path


def align_lane(
    reads: LaneReads,
    lane: Lane,
    proof: Path,
    *,
    aligner: str,
    index: str,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    output: Path,
) -> None:
    """Align one lane and write its reads to a BAM sorted by place, with mate scores.

    Aligner, fixmate and sort are piped; nothing but sort's own spill goes to ``scratch``. The
    proof's ``pairs`` and ``singles`` say which files have reads in them. The reads that come out
    are counted: `ToolError` when a tool fails or when their number is not the proof's, since
    aligners go on in silence when an input ends early.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder, whole(output) as part:
        proved = json.loads(proof.read_text())
        tree = _Processes(log)
        read_end, write_end = os.pipe()
        named = tree.start(
            ["samtools", "fixmate", "--no-PG", "-m", "-u", "-", "-"], os.fdopen(read_end, "rb")
        )
        sort = ["samtools", "sort", "--no-PG", "-l", "1", "-m", SORT_MEMORY, "-@", str(threads)]
        tree.last([*sort, "-T", f"{folder}/sort", "-O", "bam", "-o", str(part), "-"], named)
        command = [*ALIGNERS[aligner], "-t", str(threads), "-R", read_group(lane), index]
        command[-2] = command[-2].replace("\t", "\\t")
        with os.fdopen(write_end, "wb") as sam:
            if proved["pairs"]:
                _align(command, [reads.fq1, reads.fq2], log, sam, header=True)
            if proved["singles"]:
                _align(command, [reads.singles], log, sam, header=not proved["pairs"])
        tree.wait()
        require_count(part, proved["reads"], threads, log)


def _align(
    command: list[str],
    ends: Sequence[Sequence[str]],
    log: IO[bytes],
    sam: IO[bytes],
    *,
    header: bool,
) -> None:
    """Run the aligner on one or two ends, each a list of files, and wait for it."""
    tree = _Processes(log)
    files = [tree.start(["cat", *end]) for end in ends if len(end) > 1]
    joined = iter(files)
    sources = [end[0] if len(end) == 1 else f"/dev/fd/{next(joined).fileno()}" for end in ends]
    numbers = [file.fileno() for file in files]
    if header:
        tree.last([*command, *sources], None, stdout=sam, pass_fds=numbers)
    else:
        records = tree.start([*command, *sources], pass_fds=numbers)
        tree.last(["sed", "/^@/d"], records, stdout=sam)
    for file in files:
        file.close()
    tree.wait()


def require_count(bam: Path, reads: int, threads: int, log: IO[bytes]) -> None:
    """Raise `ToolError` unless a BAM has so many reads, each counted once."""
    counted = subprocess.run(
        ["samtools", "view", "-c", "-F", "0x900", "-@", str(threads), str(bam)],
        stdout=subprocess.PIPE,
        stderr=log,
        check=True,
    )
    if int(counted.stdout) != reads:
        raise ToolError(
            f"the lane has {reads} reads but {int(counted.stdout)} came out of the alignment"
        )


def mark_duplicates(
    lanes: Sequence[Lane],
    bams: Sequence[Path],
    proofs: Sequence[Path],
    *,
    aligner: str,
    dictionary: Path,
    md5_cache: Path,
    optical_distance: int,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    output: CramFiles,
) -> None:
    """Join the lanes of one sample into a coordinate-sorted CRAM with duplicates marked.

    ``bams[i]`` and ``proofs[i]`` hold the sorted reads of ``lanes[i]`` with mate scores (samtools
    fixmate -m) and the proof of its FASTQ. samtools markdup does not look at libraries, so each
    library goes through a markdup of its own and the streams are merged. ``optical_distance`` is
    in pixels, 0 for not telling optical duplicates apart. The CRAM is encoded against
    ``md5_cache``; index and MD5 are taken while it is written. Raises `ToolError` when a tool
    fails.
    """
    libraries: dict[str, list[Path]] = {}
    for lane, bam in zip(lanes, bams, strict=True):
        libraries.setdefault(lane.library, []).append(bam)
    longest = max(json.loads(proof.read_text())["read_length"]["max"] for proof in proofs)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        tree = _Processes(log)
        header = Path(folder, "header.sam")
        header.write_text(
            sam_header(sequences(dictionary), lanes, _programs(bams, aligner, optical_distance))
        )
        counts = {library: Path(folder, f"{i}.txt") for i, library in enumerate(libraries)}
        marked = [
            _marked(tree, files, counts[library], longest, optical_distance, Path(folder, str(i)))
            for i, (library, files) in enumerate(libraries.items())
        ]
        merged = marked[0] if len(marked) == 1 else tree.merge(marked)
        clean = tree.start([sys.executable, cleanmates.__file__, str(header)], merged)
        _write_cram(tree, clean, md5_cache, threads, output)
        write_text(
            output.duplicates,
            duplicate_counts({name: path.read_text() for name, path in counts.items()}),
        )


def duplicate_counts(stats: dict[str, str]) -> str:
    """Return JSON of the counts of samtools markdup, per library and summed.

    ``stats`` maps a library to the text that ``samtools markdup -f`` wrote for it; counts are of
    reads (alignments for READ, WRITTEN, EXCLUDED). The estimated library size is not summed.
    """
    libraries = {library: _counts(text) for library, text in stats.items()}
    total: Counter[str] = Counter()
    for counts in libraries.values():
        total.update(counts)
    del total["ESTIMATED_LIBRARY_SIZE"]
    return json.dumps({"libraries": libraries, "total": dict(total)}, indent=2) + "\n"


def _counts(text: str) -> dict[str, int]:
    pairs = (line.rsplit(": ", 1) for line in text.splitlines() if not line.startswith("COMMAND"))
    return {name: int(value) for name, value in pairs}


def sequences(dictionary: Path) -> list[str]:
    """Return the @SQ lines of a sequence dictionary."""
    return [line for line in dictionary.read_text().splitlines() if line.startswith("@SQ")]


def _programs(bams: Sequence[Path], aligner: str, optical_distance: int) -> list[Program]:
    samtools = tool_version(["samtools", "--version"])
    steps = ["fixmate -m", "sort", _markdup_words(optical_distance)]
    version = {_aligner_version(bam) for bam in bams}
    if len(version) > 1:
        raise ToolError(f"lanes were aligned by different versions of {aligner}: {sorted(version)}")
    programs = [Program(aligner, aligner, version.pop(), " ".join(ALIGNERS[aligner]))]
    for step in steps:
        name = step.split()[0]
        programs.append(Program(f"samtools.{name}", "samtools", samtools, f"samtools {step}"))
    return programs


def _markdup_words(optical_distance: int) -> str:
    return f"markdup -d {optical_distance}" if optical_distance else "markdup"


def _aligner_version(bam: Path) -> str:
    """Return the version that the aligner wrote to the header of a lane.

    Raises `ToolError` for a BAM without end marker: merging would only warn of it.
    """
    try:
        lane = pysam.AlignmentFile(str(bam))
    except (OSError, ValueError) as error:
        raise ToolError(f"{bam}: {error}; delete it to align the lane again") from error
    with lane:
        return str(lane.header.to_dict()["PG"][0]["VN"])


def tool_version(command: Sequence[str]) -> str:
    """Return the last word of the first line that a tool prints about its version."""
    shown = subprocess.run(command, capture_output=True, check=True)
    first = shown.stdout.splitlines()[0]  # later lines may not be UTF-8
    return first.decode("ascii").split()[-1]


def _marked(
    tree: _Processes,
    bams: Sequence[Path],
    counts: Path,
    longest: int,
    optical_distance: int,
    scratch: Path,
) -> IO[bytes]:
    """Return the stream of one library with its duplicates marked."""
    source = str(bams[0]) if len(bams) == 1 else "-"
    stream = None
    if len(bams) > 1:
        merge = ["samtools", "merge", "--no-PG", "-c", "-u", "-o", "-", *map(str, bams)]
        stream = tree.start(merge)
    command = ["samtools", *_markdup_words(optical_distance).split(), "--no-PG", "-u"]
    command += ["-l", str(max(longest, MARKDUP_READ_LENGTH)), "-T", str(scratch)]
    command += ["-s", "-f", str(counts), source, "-"]
    return tree.start(command, stream)


def _write_cram(
    tree: _Processes, stream: IO[bytes], md5_cache: Path, threads: int, output: CramFiles
) -> None:
    """Write CRAM 3.0, index and MD5 in one go; wait for the whole tree before they are named."""
    cache = f"{md5_cache}/%2s/%2s/%s"
    with whole(output.cram) as cram, whole(output.crai) as crai, whole(output.md5) as md5:
        read_end, write_end = os.pipe()
        # Written through a pipe so that the MD5 costs no second reading; the index goes beside.
        target = f"/dev/fd/{write_end}##idx##{crai}"
        tree.last(
            [*CRAM_WRITER, "-@", str(threads), "--write-index", "-o", target, "-"],
            stream,
            pass_fds=[write_end],
            env={**os.environ, "REF_PATH": cache, "REF_CACHE": cache},
        )
        os.close(write_end)
        digest = hashlib.md5()
        with os.fdopen(read_end, "rb") as source, cram.open("wb") as file:
            while chunk := source.read(COPY_BYTES):
                digest.update(chunk)
                file.write(chunk)
        tree.wait()
        md5.write_text(f"{digest.hexdigest()}  {output.cram.name}\n")


class _Processes:
    """Processes piped into one another in any shape, and waited for together."""

    def __init__(self, log: IO[bytes]) -> None:
        self.log = log
        self.running: list[tuple[list[str], subprocess.Popen[bytes]]] = []

    def start(
        self, command: list[str], stdin: IO[bytes] | None = None, pass_fds: Sequence[int] = ()
    ) -> IO[bytes]:
        """Start a command and return its output; ``stdin`` is handed over to it."""
        process = self.last(command, stdin, stdout=subprocess.PIPE, pass_fds=pass_fds)
        if process.stdout is None:
            raise ToolError(f"{command[0]} has no output")
        return process.stdout

    def merge(self, streams: Sequence[IO[bytes]]) -> IO[bytes]:
        """Merge sorted BAM streams; records at one place keep the order of the streams."""
        numbers = [stream.fileno() for stream in streams]
        command = ["samtools", "merge", "--no-PG", "-c", "-u", "-o", "-"]
        merged = self.start([*command, *(f"/dev/fd/{n}" for n in numbers)], pass_fds=numbers)
        for stream in streams:
            stream.close()
        return merged

    def last(
        self,
        command: list[str],
        stdin: IO[bytes] | None,
        *,
        stdout: IO[bytes] | int | None = None,
        pass_fds: Sequence[int] = (),
        env: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command that ends the tree; ``stdin`` is handed over to it."""
        process = subprocess.Popen(
            command,
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=stdout,
            stderr=self.log,
            pass_fds=pass_fds,
            env=env,
        )
        if stdin is not None:
            stdin.close()
        self.running.append((command, process))
        return process

    def wait(self) -> None:
        """Wait for all; raise `ToolError` naming those that failed."""
        failed = [" ".join(command) for command, process in self.running if process.wait() != 0]
        if failed:
            raise ToolError(f"failed: {'; '.join(failed)}")
