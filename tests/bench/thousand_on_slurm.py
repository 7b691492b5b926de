"""What a batch of many genomes costs the head node of a Slurm cluster, with sleeps for work.

tests/bench/thousand_on_slurm.py [--samples 1000] [--seconds 10] [--limit 3600] [--poll 2]

Snakemake, its profile, slurmctld and slurmd are real; the cluster is `tests/slurm/lab.py`. What a
job would run on a compute node is replaced: a stand-in of sbatch keeps every option and submits a
sleep that makes the job's outputs. So the Snakemake in each job, which loads a compute node, does
not load this machine. A job fails when one of its inputs is not there, and notes when it ran.

Prints JSON: wall time beside the least that is possible, submissions, queries of the queue, memory
and CPU of Snakemake and of slurmctld, and how busy the machine was in all.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.plan_thousand import write_project  # noqa: E402
from tests.slurm.lab import SYSTEM_PATH, SlurmLab, missing  # noqa: E402

MIB = 1024 * 1024
NODES, CPUS, MEMORY = 4, 1024, 8_000_000
"""Cores and MiB of a node: more than `jobs` of the profile can ask for at the same time."""
TARGETS = ("align", "call", "qc", "bundle")
"""All but the report and the last job: rules that run beside Snakemake would read made-up files."""
SAMPLING = 2.0
"""Seconds between two looks at the processes."""

SBATCH = """\
#!/bin/bash
began=$EPOCHREALTIME
options=()
command=
for word in "$@"; do
    case $word in
        --wrap=*) command=$word ;;
        /dev/stdin) command=$(cat) ;; # what is too long for an argument
        *) options+=("$word") ;;
    esac
done
jobs=${{command#*--target-jobs }}
jobs=${{jobs%% --allowed-rules*}}
SLURM_CONF={conf} {real} "${{options[@]}}" --wrap="exec {folder}/bin/job $jobs"
status=$?
echo "$began $EPOCHREALTIME $status" >> {folder}/calls/sbatch
exit $status
"""

TIMED = """\
#!/bin/bash
began=$EPOCHREALTIME
SLURM_CONF={conf} {real} "$@"
status=$?
echo "$began $EPOCHREALTIME $status" >> {folder}/calls/{name}
exit $status
"""

JOB = """\
#!/bin/bash
# The jobs of a group are given in any order: each waits for its turn.
began=$EPOCHREALTIME
left=("$@")
while ((${{#left[@]}})); do
    later=()
    for job in "${{left[@]}}"; do
        mapfile -t inputs < "{folder}/table/$job.in"
        mapfile -t outputs < "{folder}/table/$job.out"
        for file in "${{inputs[@]}}"; do
            if [[ ! -e $file ]]; then later+=("$job"); continue 2; fi
        done
        start=$EPOCHREALTIME
        sleep {seconds}
        for file in "${{outputs[@]}}"; do
            mkdir -p "${{file%/*}}"
            # Outputs without a suffix are folders.
            if [[ ${{file##*/}} == *.* ]]; then : > "$file"; else mkdir -p "$file"; fi
        done
        echo "$job $start $EPOCHREALTIME" >> {folder}/ran
    done
    if ((${{#later[@]}} == ${{#left[@]}})); then
        echo "${{later[*]}} $EPOCHREALTIME" >> {folder}/early
        exit 1
    fi
    left=("${{later[@]}}")
done
"""


@dataclass(frozen=True)
class Planned:
    """A job of the plan: ``rule:wildcard=value,...``, and its files."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def planned_jobs(told: str) -> list[Planned]:
    """Return the jobs that a dry run tells of, but for the target rules, which make nothing."""
    found = []
    for block in re.split(r"^ *(?:local)?rule (?=\w+:)", told, flags=re.MULTILINE)[1:]:
        head, *lines = block.splitlines()
        facts = dict(re.findall(r"^ +(\w+): (.*)$", "\n".join(lines), re.MULTILINE))
        if "output" not in facts or "jobid" not in facts:
            continue
        wildcards = facts.get("wildcards", "").replace(", ", ",")
        files = {key: facts[key].split(", ") for key in ("input", "output") if key in facts}
        inputs = [file for file in files.get("input", []) if not file.endswith(" (cached)")]
        # Snakemake waits for it as for an output.
        outputs = [*files["output"], *([facts["benchmark"]] if "benchmark" in facts else [])]
        found.append(Planned(f"{head}{wildcards}", tuple(inputs), tuple(outputs)))
    return list({job.name: job for job in found}.values())


def longest_chain(jobs: list[Planned]) -> int:
    """Return how many jobs follow one another at most."""
    maker = {file: job for job in jobs for file in job.outputs}
    depth: dict[str, int] = {}

    def of(job: Planned) -> int:
        if job.name not in depth:
            before = {maker[file].name: maker[file] for file in job.inputs if file in maker}
            depth[job.name] = 1 + max(map(of, before.values()), default=0)
        return depth[job.name]

    return max(map(of, jobs))


def write_stand_ins(lab: SlurmLab, jobs: list[Planned], seconds: float) -> None:
    """Lay stand-ins over the commands of a started lab, and what each job reads and makes."""
    for name in ("calls", "table"):
        (lab.folder / name).mkdir()
    for job in jobs:
        for suffix, files in (("in", job.inputs), ("out", job.outputs)):
            text = "".join(f"{file}\n" for file in files)
            (lab.folder / f"table/{job.name}.{suffix}").write_text(text)
    programs = {"job": JOB.format(folder=lab.folder, seconds=seconds)}
    for name, text in (("sbatch", SBATCH), ("squeue", TIMED), ("scontrol", TIMED)):
        real = shutil.which(name, path=SYSTEM_PATH)
        programs[name] = text.format(conf=lab.conf, real=real, folder=lab.folder, name=name)
    for name, text in programs.items():
        (lab.folder / "bin" / name).write_text(text)
        (lab.folder / "bin" / name).chmod(0o755)


@dataclass
class Watch:
    """What processes use, looked at now and then until `stop`."""

    processes: Mapping[str, psutil.Process]
    most_mib: Counter[str] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    children_cpu: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._machine = psutil.cpu_times()
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(SAMPLING):
            for name, process in self.processes.items():
                try:
                    with process.oneshot():
                        times, memory = process.cpu_times(), process.memory_info()
                except psutil.NoSuchProcess:
                    continue
                self.most_mib[name] = max(self.most_mib[name], memory.rss // MIB)
                self.cpu[name] = times.user + times.system
                self.children_cpu[name] = times.children_user + times.children_system

    def stop(self) -> float:
        """Stop; return the CPU seconds that the whole machine has used meanwhile."""
        self._over.set()
        self._thread.join()
        now, then = psutil.cpu_times(), self._machine
        idle = (now.idle + now.iowait) - (then.idle + then.iowait)
        return sum(now) - sum(then) - idle


def calls(file: Path) -> dict[str, float]:
    """Return how often a command was called, and how long that took in seconds."""
    if not file.exists():
        return {"calls": 0}
    rows = [tuple(map(float, line.split())) for line in file.read_text().splitlines()]
    took = sorted(end - began for began, end, _ in rows)
    return {
        "calls": len(took),
        "failed": sum(status != 0 for _, _, status in rows),
        "median_s": round(took[len(took) // 2], 3),
        "most_s": round(took[-1], 3),
        "total_s": round(sum(took), 1),
    }


def most_in_ten_seconds(file: Path) -> float:
    """Return the highest rate of calls over ten seconds, per second."""
    starts = sorted(float(line.split()[0]) for line in file.read_text().splitlines())
    least = 0
    most = 0
    for number, start in enumerate(starts):
        while starts[least] < start - 10:
            least += 1
        most = max(most, number - least + 1)
    return most / 10


def faults(lab: Path, project: Path, jobs: list[Planned]) -> list[str]:
    """Say what went wrong: jobs that ran twice, never, or before their inputs were there."""
    ran = Counter(line.split()[0] for line in (lab / "ran").read_text().splitlines())
    found = [f"{name} ran {times} times" for name, times in ran.items() if times != 1]
    # A local rule makes its outputs without Slurm.
    found += [
        f"{job.name} never ran"
        for job in jobs
        if job.name not in ran and not all((project / file).exists() for file in job.outputs)
    ]
    early = lab / "early"
    return found + (early.read_text().splitlines() if early.exists() else [])


def diagnosis(lab: SlurmLab) -> dict[str, object]:
    """Return what slurmctld tells of itself: RPCs by kind with their count and mean time."""
    told = lab.run(shutil.which("sdiag", path=SYSTEM_PATH) or "sdiag")
    rpcs = re.findall(r"^\t(\w+)\s+\(\s*\d+\) count:(\d+)\s+ave_time:(\d+)", told, re.MULTILINE)
    kinds = told.split("Remote Procedure Call statistics by user")[0]
    counted = {
        name: {"count": int(count), "mean_us": int(mean)}
        for name, count, mean in rpcs
        if name in kinds and not name.isdigit()
    }
    return {"rpcs": counted, "all_rpcs": sum(int(count) for _, count, _ in rpcs) // 2}


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Plan, start a cluster, run the batch on it; return all figures."""
    project = folder / "project"
    project.mkdir()
    write_project(project, options.samples, 4, bundle=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += [*TARGETS, "--directory", str(project)]
    profile = ROOT / "profiles" / options.profile
    command += ["--profile", str(profile)]
    polling = ["--slurm-init-seconds-before-status-checks", str(options.poll)]
    polling = polling if options.poll else []
    dry = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=True)
    jobs = planned_jobs(dry.stdout + dry.stderr)
    in_flight = yaml.safe_load((profile / "config.yaml").read_text())["jobs"]
    lab = SlurmLab(folder / "lab", cpu_nodes=NODES, cpus=CPUS, mem_mb=MEMORY, minutes=100_000)
    with lab:
        write_stand_ins(lab, jobs, options.seconds)
        with (folder / "snakemake.log").open("w") as log:
            began = time.monotonic()
            snakemake = subprocess.Popen(
                [*command, *polling, "--quiet", "all"],
                env=lab.env,
                stdout=log,
                stderr=log,
            )
            watched = {"snakemake": snakemake.pid, "slurmctld": lab.procs["slurmctld"].pid}
            watch = Watch({name: psutil.Process(pid) for name, pid in watched.items()})
            try:
                status = snakemake.wait(options.limit)
            except subprocess.TimeoutExpired:
                snakemake.kill()
                status = snakemake.wait()
            wall = time.monotonic() - began
        machine_cpu = watch.stop()
        told = diagnosis(lab)
    chain = longest_chain(jobs)
    lines = (lab.folder / "ran").read_text().splitlines()
    first = min(float(line.split()[1]) for line in lines)
    last = max(float(line.split()[2]) for line in lines)
    least = max(len(jobs) * options.seconds / in_flight, chain * options.seconds)
    return {
        "samples": options.samples,
        "jobs": len(jobs),
        "in_flight": in_flight,
        "seconds_of_a_job": options.seconds,
        "longest_chain": chain,
        "status": status,
        "faults": faults(lab.folder, project, jobs)[:20],
        "wall_s": round(wall, 1),
        "first_start_to_last_end_s": round(last - first, 1),
        "least_possible_s": round(least, 1),
        "sbatch": calls(lab.folder / "calls/sbatch"),
        "most_submitted_a_second": most_in_ten_seconds(lab.folder / "calls/sbatch"),
        "squeue": calls(lab.folder / "calls/squeue"),
        "scontrol": calls(lab.folder / "calls/scontrol"),
        "most_mib": dict(watch.most_mib),
        "cpu_s": {name: round(used, 1) for name, used in watch.cpu.items()},
        "clients_cpu_s": round(watch.children_cpu.get("snakemake", 0), 1),
        "machine": {
            "cores": psutil.cpu_count(),
            "cpu_s": round(machine_cpu, 1),
            "busy": round(machine_cpu / wall / (psutil.cpu_count() or 1), 2),
            "load_at_end": os.getloadavg()[0],
        },
        "slurmctld": told,
    }


def options_of(words: list[str] | None = None) -> argparse.Namespace:
    """Return the options of a command line, by default of this one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10, help="how long a job takes")
    parser.add_argument("--limit", type=float, default=3600, help="seconds until all is killed")
    parser.add_argument("--profile", default="slurm", help="folder in profiles/")
    parser.add_argument(
        "--poll", type=int, help="seconds to the first look at jobs, not the profile's"
    )
    parser.add_argument("--folder", type=Path, help="keep everything here; it must not exist")
    return parser.parse_args(words)


def main() -> None:
    """Run one batch and print its figures; ends with status 1 when anything went wrong."""
    options = options_of()
    if absent := missing():
        sys.exit(f"not installed: {', '.join(absent)}")
    if options.folder:
        options.folder.mkdir(parents=True)
        figures = run(options.folder.resolve(), options)
    else:
        with tempfile.TemporaryDirectory() as name:
            figures = run(Path(name), options)
    print(json.dumps(figures, indent=1))
    sys.exit(bool(figures["status"] or figures["faults"]))


if __name__ == "__main__":
    main()
