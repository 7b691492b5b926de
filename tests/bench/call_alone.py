"""One job of the call stage without Snakemake, for measuring what it costs alone.

    tests/bench/call_alone.py JSON

JSON is an `AloneTask`; `callers_compared.py` starts these.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from schelde.assembly import read_assembly
from schelde.callers.job import run_gather, run_piece
from schelde.callers.tools import Machine
from schelde.intervals import read_pieces

FILTERS = Path(__file__).resolve().parents[2] / "resources" / "filters"
MEMORY_MB = 3000
OVERLAP = 5000
GATHER = 0


@dataclass(frozen=True)
class AloneTask:
    """A piece from 1, or `GATHER`.

    ``project`` holds results/reference and results/align of a run, ``folder`` pieces.bed and what
    the jobs write. ``targets``: of an exome, in the project.
    """

    project: str
    sample: str
    caller: str
    folder: str
    threads: int
    part: int
    targets: str | None = None

    def start(self, cores: int) -> subprocess.Popen[bytes]:
        """Do it in a process of its own, on so many cores: a JVM starts threads as it likes."""
        chosen = sorted(os.sched_getaffinity(0))[:cores]
        command = ["taskset", "--cpu-list", ",".join(map(str, chosen)), sys.executable, __file__]
        return subprocess.Popen([*command, json.dumps(asdict(self))])


def finished(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for jobs; end when one failed."""
    statuses = [each.wait() for each in started]
    if any(statuses):
        raise SystemExit("a job failed; its log stands beside its output")


def do(task: AloneTask) -> None:
    """Call a piece, or join the pieces; nobody here has an X or a Y."""
    os.chdir(task.project)
    folder = Path(task.folder)
    machine = Machine(task.threads, MEMORY_MB, folder / "scratch", folder / f"{task.part}.log")
    facts = {
        "person": {"sample": task.sample, "sex": "female"},
        "assembly": asdict(read_assembly(Path("config/assembly.yaml"))),
        "overlap": OVERLAP,
        "caller": task.caller,
    }
    files = {"pieces": str(folder / "pieces.bed")}
    if task.part != GATHER:
        files["cram"] = f"results/align/{task.sample}.cram"
        output = {"gvcf": str(folder / f"{task.part}.g.vcf.gz")}
        call_piece = import_module(f"schelde.callers.{task.caller}").call_piece
        run_piece(call_piece, files, output, facts, task.part, machine)
        return
    files["filters"] = str(FILTERS / f"{task.caller}.yaml")
    if task.targets is not None:
        files["targets"] = task.targets
    pieces = sorted({row[3] for row in read_pieces(folder / "pieces.bed")})
    gvcfs = [str(folder / f"{piece}.g.vcf.gz") for piece in pieces]
    output = {"gvcf": str(folder / "s.g.vcf.gz"), "vcf": str(folder / "s.vcf.gz")}
    output |= {f"{name}_md5": f"{file}.md5" for name, file in output.items()}
    run_gather(gvcfs, files, output, facts, machine)


if __name__ == "__main__":
    do(AloneTask(**json.loads(sys.argv[1])))
