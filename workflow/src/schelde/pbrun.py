"""Run ``pbrun``, the program of NVIDIA Parabricks, and say in words why it failed.

Source: https://docs.nvidia.com/clara/parabricks/v4.7.1/tool-reference/tools/. Texts and exit status
are as users report them; docs/gpu-callers.md tells what was never run.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from schelde import bgzf
from schelde.cluster.devices import devices
from schelde.containers import command_in
from schelde.joblog import JobError
from schelde.pipes import ToolError, write_text

IMAGE = "parabricks"
"""Name of the image in envs/images.yaml."""

UNKNOWN_MEMORY_MB = 24_000
"""MiB that a GPU counts as whose memory nvidia-smi does not tell, as pbrun has it: machines whose
GPU shares the memory of the processor."""

VERSION = re.compile(r"^pbrun: *(\S+)\s*$", re.MULTILINE)
"""The last line of ``pbrun version``: get-started/deploy-nvidia-parabricks of the documents."""

# [PB Error][src/likehood_test.cu:1056] cudaSafeCall() failed: out of memory, exiting.
GPU_MEMORY = re.compile(r"cuda.*out of memory|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY")
HOST_MEMORY = re.compile(r"std::bad_alloc|Cannot allocate memory|[Ss]ignal: 9\b|^Killed$", re.M)
REFUSED = re.compile(r"\[Parabricks Options Error\]: *(?P<why>.+)")
SIGNAL = re.compile(r"[Rr]eceived signal: (?P<number>\d+)")
ERROR = re.compile(r"^.*(?:\[PB Error|cudaSafeCall\(\) failed|Could not run \w+).*$", re.MULTILINE)
"""What a failing pbrun leaves in its log, also when a part of it fails and it ends with 0."""

ANY_FAILURE = 255
"""Exit status of pbrun for whatever failed: GPU memory, host memory, wrong options, its own
errors (nf-core/rnaseq, pull request 1775)."""

LONGEST = 200
"""Characters of pbrun's line that are quoted."""


@dataclass(frozen=True)
class Made:
    """What a job on a GPU tells the next one: the version of Parabricks that it ran."""

    version: str


def write_made(path: Path, made: Made) -> None:
    """Write what `read_made` reads."""
    write_text(path, json.dumps(asdict(made), indent=2) + "\n")


def read_made(path: Path) -> Made:
    """Read what the job on the GPU told."""
    return Made(**json.loads(path.read_text(encoding="utf-8")))


def stage(source: Path, target: Path) -> Path:
    """Make ``target`` a real file with the bytes of ``source``: a second name for it, else a copy.

    pbrun follows links to the file itself and looks for its index beside that one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    real = source.resolve(strict=True)
    try:
        target.hardlink_to(real)
    except OSError:  # another disk, or the file of another user
        # With its time: an index must not seem older than what it is an index of.
        shutil.copy2(real, target)
    return target


def require_gpu(gpus: int) -> None:
    """Raise `JobError` for a job that was given no GPU."""
    if gpus < 1:
        raise JobError("Parabricks runs on a GPU only; give its rule gpu: 1 in config/jobs.yaml")


def least_memory(environment: Mapping[str, str]) -> int:
    """Return the memory in MiB of the smallest GPU that a process with this environment sees."""
    return min(device.memory_mb or UNKNOWN_MEMORY_MB for device in devices(environment))


def run_pbrun(
    words: Sequence[str],
    log: IO[bytes],
    environment: Mapping[str, str],
    folders: Sequence[Path],
) -> None:
    """Run ``pbrun TOOL ...`` in its container, its output to the log, a file.

    Raises `JobError` that says what failed, also when pbrun ends with 0 and its log tells of an
    error.
    """
    log.flush()
    path = Path(log.name)
    begin = path.stat().st_size
    done = subprocess.run(
        command_in(IMAGE, words, gpu=True, folders=folders),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=environment,
        check=False,
    )
    said = path.read_bytes()[begin:].decode("utf-8", "replace")
    if done.returncode:
        raise JobError(why(" ".join(words[:2]), done.returncode, said))
    if shown := ERROR.search(said):
        raise JobError(
            f"{' '.join(words[:2])} ended with status 0 but reported an error, "
            f"'{_line(shown[0])}'; start again"
        )


def why(tool: str, status: int, said: str) -> str:
    """Say why pbrun failed, and after a semicolon what to do, from its status and its output.

    >>> why("pbrun fq2bam", 255, "cudaSafeCall() failed: out of memory, exiting.").split(";")[0]
    'pbrun fq2bam ran out of the memory of the GPU (status 255)'
    """
    number = _signal(status, said)
    if GPU_MEMORY.search(said):
        return (
            f"{tool} ran out of the memory of the GPU (status {status}); let it have a GPU with "
            "more, see docs/gpu-callers.md"
        )
    if number == signal.SIGKILL or HOST_MEMORY.search(said):
        # `schelde.cluster.last_words` knows these statuses as signs of memory.
        shown = 128 + signal.SIGKILL if number == signal.SIGKILL else status
        return (
            f"{tool} ended with status {shown}, as when the memory of the machine is at its end; "
            "raise mem_mb of its rule in config/jobs.yaml"
        )
    if refused := REFUSED.findall(said):
        return f"{tool} refused what it was given, '{_line(refused[-1])}'; see docs/gpu-callers.md"
    if number:
        return (
            f"{tool} was ended by signal {number}, as Parabricks now and then is; read the log if "
            "every retry ends so"
        )
    lines = ERROR.findall(said) or [line for line in said.splitlines() if line.strip()] or [""]
    meaning = (
        ", which it gives for GPU memory, memory of the machine and its own errors alike"
        if status == ANY_FAILURE
        else ""
    )
    return f"{tool} gave status {status}{meaning}, and said '{_line(lines[-1])}'; read the log"


def _signal(status: int, said: str) -> int:
    """Return the signal that ended pbrun or a part of it; 0 if none did."""
    if status < 0:
        return -status
    if 128 < status < ANY_FAILURE:
        return status - 128
    told = SIGNAL.findall(said)
    return int(told[-1]) if told else 0


def _line(text: str) -> str:
    """Return a line of pbrun as part of a sentence whose parts a semicolon divides."""
    return text.strip().replace(";", ",")[:LONGEST]


def version_of_pbrun(environment: Mapping[str, str], folders: Sequence[Path]) -> str:
    """Ask Parabricks for its version, such as ``4.7.1-1``; `ToolError` when it says none."""
    try:
        done = subprocess.run(
            command_in(IMAGE, ["pbrun", "version"], gpu=True, folders=folders),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolError(
            f"{error.filename} cannot be run, {error.strerror}; set container_engine in "
            "config/site.yaml, or put it on PATH where jobs run"
        ) from error
    found = VERSION.findall(done.stdout)
    if not found:
        last = _line(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else ""
        raise ToolError(f"pbrun version ended with status {done.returncode}: {last}")
    return str(found[-1])


def require_whole(path: Path) -> None:
    """Raise `JobError` unless a BGZF file (BAM, bgzipped VCF) is there and has its end."""
    if not path.exists() or not bgzf.has_end(path):
        raise JobError(f"Parabricks ended well but left {path.name} cut short; start again")
