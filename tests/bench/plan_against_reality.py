"""What `schelde plan` predicts, beside what runs of the demo then take: on this machine, on Slurm.

Rates are learned from two runs of the demo, at other scales than the one that is predicted; then a
fresh demo is planned and run. Disk is the most that lies in the folder of the run at once, data and
Snakemake's own files left out. CPU is of all processes: of a local run by the kernel's accounts of
its children; of a run on Slurm by those of the whole machine, which has to be quiet.

    python tests/bench/plan_against_reality.py [--work DIR] [--no-slurm]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from schelde.demo import make_demo
from schelde.plan.make import learn_rates, make_plan, write_learned
from schelde.plan.model import Limits
from schelde.plan.rates import SITE_RATES, read_rates, write_rates
from schelde.plan.report import Plan

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
LEARNED = (0.1, 0.5)
PREDICTED = 0.25
CORES = 2
FIRST_LOOK = 8
"""Seconds until Snakemake first looks at its Slurm jobs: demo jobs take seconds."""

LIMIT_S = 900
EVERY_S = 0.2
NOT_COUNTED = ("data", ".snakemake", "logs", "benchmarks", "config")


@dataclass(frozen=True)
class Took:
    """Seconds, core-seconds, MB."""

    wall_s: float
    cpu_s: float
    disk_mb: float


def megabytes_below(folder: Path) -> float:
    """Return what the files of a run take on disk, each counted once whatever its names."""
    blocks: dict[int, int] = {}
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in NOT_COUNTED]
        for name in names:
            try:
                found = os.lstat(f"{place}/{name}")
            except FileNotFoundError:
                continue
            blocks[found.st_ino] = found.st_blocks
    return sum(blocks.values()) * 512 / 1e6


def run(folder: Path, options: list[str], env: Mapping[str, str], *, whole_machine: bool) -> Took:
    """Run a demo to its end and watch what it takes; end the program when it fails."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--logger", "schelde", *options]
    peak = [0.0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_S):
            peak[0] = max(peak[0], megabytes_below(folder))

    watcher = threading.Thread(target=watch)
    before, machine, began = os.times(), busy_s(), time.monotonic()
    watcher.start()
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(env), cwd=ROOT)
        try:
            status = process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        finally:
            ended.set()
            watcher.join()
    wall, after = time.monotonic() - began, os.times()
    if status != 0:
        sys.exit(
            f"the run in {folder} failed or took over {LIMIT_S} s:\n{tail(folder / 'run.log')}"
        )
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Took(wall, busy_s() - machine if whole_machine else cpu, peak[0])


def busy_s() -> float:
    """Return the core-seconds that this machine has computed since it was started."""
    found = psutil.cpu_times()
    return float(found.user + found.system + found.nice)


def tail(file: Path) -> str:
    """Return the end of a log."""
    return file.read_text(errors="replace")[-3000:]


def fresh_demo(folder: Path, scale: float) -> Path:
    """Make a demo whose jobs ask for no more cores than there are."""
    make_demo(folder, scale=scale)
    entries = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
    less = {rule: {"threads": CORES} for rule, asked in entries.items() if asked["threads"] > CORES}
    (folder / "config/jobs.yaml").write_text(yaml.safe_dump(less))
    return folder


def planned(folder: Path, learned: list[Path], *, slurm: bool) -> Plan:
    """Plan a demo with rates that were learned from others."""
    with chdir(folder):
        write_learned(learn_rates(learned))
        if slurm:
            rates = read_rates(ROOT)
            own = {name: rate for name, rate in rates.rules.items() if name in rates.own}
            looks = {"poll_s": float(FIRST_LOOK)}
            added = rates.overhead["slurm"].model_copy(update=looks)
            write_rates(SITE_RATES, own, {"slurm": added})
            cpu = {"nodes": 1, "cpus": CORES, "mem_mb": 64000}
            Path("config/site.yaml").write_text(yaml.safe_dump({"partitions": {"cpu": cpu}}))
        return make_plan([], None if slurm else CORES, Limits(), "time", None)


def rows(name: str, plan: Plan, took: Took) -> list[str]:
    """Return the lines of the table about one run."""
    cast = plan.forecast
    pairs = (
        ("wall, s", cast.wall_s.likely, took.wall_s),
        ("CPU, core-s", cast.used_s.likely, took.cpu_s),
        ("disk peak, MB", cast.likely.disk_mb, took.disk_mb),
    )
    return [
        f"{name:<24}{what:<16}{said:>11.1f}{found:>11.1f}{100 * (said / found - 1):>+8.0f} %"
        for what, said, found in pairs
    ]


def on_slurm(work: Path, learned: list[Path]) -> list[str]:
    """Plan and run a demo on a throw-away Slurm with one node of two cores."""
    from tests.slurm.lab import SlurmLab, missing

    if absent := missing():
        return [f"Slurm: not here ({', '.join(absent)})"]
    folder = fresh_demo(work / "slurm", PREDICTED)
    plan = planned(folder, learned, slurm=True)
    options = ["--profile", str(ROOT / "profiles/slurm"), "--latency-wait", "10"]
    options += ["--slurm-init-seconds-before-status-checks", str(FIRST_LOOK)]
    lab = SlurmLab(work / "lab", cpu_nodes=1, cpus=CORES, mem_mb=64000, minutes=4320)
    with lab:
        took = run(folder, options, lab.env, whole_machine=True)
    return rows("Slurm, 1 node, 2 cores", plan, took)


def main() -> None:
    """Learn, plan, run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, help="folder that does not exist yet")
    parser.add_argument("--no-slurm", action="store_true", help="this machine alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("GATK_JAVA_OPTS", "")
        load = os.getloadavg()[0]
        cores = ["--cores", str(CORES)]
        learned = [fresh_demo(work / f"learned-{scale}", scale) for scale in LEARNED]
        for folder in learned:
            took = run(folder, cores, os.environ, whole_machine=False)
            print(f"learned from {folder.name}: {took.wall_s:.0f} s", file=sys.stderr)
        folder = fresh_demo(work / "here", PREDICTED)
        plan = planned(folder, learned, slurm=False)
        table = rows(
            f"this machine, {CORES} cores",
            plan,
            run(folder, cores, os.environ, whole_machine=False),
        )
        if not options.no_slurm:
            table += on_slurm(work, learned)
    print(f"the demo at scale {PREDICTED}, learned at {LEARNED}; load at the start {load:.1f}")
    print(f"{'':<24}{'':<16}{'predicted':>11}{'measured':>11}{'off':>10}")
    print(*table, sep="\n")


if __name__ == "__main__":
    main()
