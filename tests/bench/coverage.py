"""How long our reading of a CRAM takes, beside Picard CollectWgsMetrics and mosdepth.

Everything runs on the same file, one after the other, with the same number of threads where a
tool has such an option. Printed are wall and CPU seconds and their ratios to Picard's.

    tests/bench/coverage.py --cram FILE --genome genome.fa --intervals FILE.bed --work DIR
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from schelde.callers.tools import Job, Machine, job_on
from schelde.intervals import read_intervals
from schelde.measure import riker
from schelde.measure.picard import interval_lines
from schelde.measure.reads import ReadFiles, stats_readers, view_command
from schelde.measure.share import Reader, share

PICARD = "gatk CollectWgsMetrics"


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds, those of this process and of those that it starts."""
    began, used = time.monotonic(), _cpu()
    work()
    return time.monotonic() - began, _cpu() - used


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(kind) for kind in kinds]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("cram", "genome", "intervals", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    files = ReadFiles(options.cram, options.genome, options.intervals, options.intervals)
    machine = Machine(options.threads, 3000, options.work, options.work / "coverage.log")
    options.work.mkdir(parents=True, exist_ok=True)
    with job_on(machine) as job:
        rows = {name: seconds(work) for name, work in _contenders(files, job).items()}
    wall, cpu = rows[PICARD]
    print(f"{'':44}{'wall s':>8}{'CPU s':>8}{'Picard takes times as long, as much CPU':>42}")
    for name, row in rows.items():
        ratios = f"{wall / row[0]:.1f}, {cpu / row[1]:.1f}"
        print(f"{name:44}{row[0]:8.1f}{row[1]:8.1f}{ratios:>42}")
    if not shutil.which("mosdepth"):
        print("mosdepth is not on PATH")


def _contenders(files: ReadFiles, job: Job) -> dict[str, Callable[[], object]]:
    machine = job.machine
    header = files.genome.with_suffix(".dict").read_text()
    listed = job.folder / "list.interval_list"
    listed.write_text(header + "".join(interval_lines(read_intervals(files.autosomes))))
    picard = ["gatk", "--java-options", f"-XX:+UseSerialGC -Xmx{machine.memory_mb - 500}m"]
    picard += ["CollectWgsMetrics", "--INPUT", str(files.cram), "--INTERVALS", str(listed)]
    picard += ["--REFERENCE_SEQUENCE", str(files.genome), "--OUTPUT", f"{job.folder}/picard.txt"]
    alone = ["riker", "wgs", "--input", str(files.cram), "--reference", str(files.genome)]
    alone += ["--threads", str(machine.threads), "--intervals", str(files.autosomes)]
    alone += ["--output", f"{job.folder}/alone"]
    stats = ["samtools", "stats", "--threads", str(machine.threads)]
    stats += ["--reference", str(files.genome), str(files.cram)]
    depth = ["mosdepth", "--threads", str(machine.threads), "--no-per-base", "--mapq", "20"]
    depth += ["--by", str(files.autosomes), "--fasta", str(files.genome)]
    depth += [f"{job.folder}/mosdepth", str(files.cram)]

    def ours(chosen: Callable[[Job], list[Reader]]) -> Callable[[], None]:
        def run() -> None:
            with tempfile.TemporaryDirectory(dir=machine.scratch) as folder:
                inner = Job(machine, Path(folder), job.log, job.environment)
                share(
                    view_command(files, machine.threads),
                    chosen(inner),
                    log=job.log,
                    env=inner.environment,
                )

        return run

    def coverage(inner: Job) -> list[Reader]:
        return riker.readers(files.genome, files.autosomes, {}, inner, paired=True)

    def everything(inner: Job) -> list[Reader]:
        return [*stats_readers(inner), *coverage(inner)]

    found: dict[str, Callable[[], object]] = {
        "ours: stream to riker (coverage, GC)": ours(coverage),
        "ours: stream to riker and samtools stats": ours(everything),
        "riker wgs by itself": lambda: job.run(alone),
        "samtools stats by itself": lambda: subprocess.run(
            stats, stdout=subprocess.DEVNULL, env=job.environment, check=True
        ),
        PICARD: lambda: job.run(picard),
    }
    if shutil.which("mosdepth"):
        found["mosdepth"] = lambda: job.run(depth)
    return found


if __name__ == "__main__":
    main()
