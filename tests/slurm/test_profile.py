"""`snakemake --profile slurm` on a real Slurm: the demo trio, and what its jobs asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.run.conftest import ROOT, Run
from tests.slurm.lab import SlurmLab

from schelde.demo.sheets import PEOPLE
from schelde.jobs_file import LOCAL

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]
SAMPLES = tuple(person.sample for person in PEOPLE)
NUMBERS = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
# What runs where Snakemake runs: the targets, and what takes seconds.
LOCAL_RULES = LOCAL | {"all", "align", "call", "qc", "report", "bundle", "submit"}
COLUMNS = (
    *("WorkDir", "Comment", "State", "Partition", "NodeList"),
    *("AllocCPUS", "ReqMem", "Timelimit"),
)


@dataclass(frozen=True)
class SlurmJob:
    """A line of sacct: ``asked`` is cores, MiB and minutes; ``name`` a rule's or a group's."""

    name: str
    state: str
    partition: str
    node: str
    asked: tuple[int, int, int]


@dataclass(frozen=True)
class Trio:
    """The demo trio, run on Slurm or on this machine.

    Of Slurm: its jobs, whether the nodes' scratch was written to, and what is left in it.
    """

    run: Run
    told: str
    jobs: tuple[SlurmJob, ...] = ()
    scratch_used: bool = False
    scratch_left: tuple[str, ...] = ()


def minutes_of(limit: str) -> int:
    """Read [DAYS-]HOURS:MINUTES:SECONDS."""
    days, _, clock = limit.rpartition("-")
    hours, minutes, _ = clock.split(":")
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)


def accounted(lab: SlurmLab, folder: Path) -> tuple[SlurmJob, ...]:
    """Return what sacct tells of the jobs of a project folder."""
    jobs = []
    for line in lab.run("sacct", "-X", "-P", "-n", "-o", ",".join(COLUMNS)).splitlines():
        found = dict(zip(COLUMNS, line.split("|"), strict=True))
        if found["WorkDir"] != str(folder):
            continue
        name = found["Comment"].removeprefix("rule_").split("_wildcards_")[0]
        memory = int(found["ReqMem"].removesuffix("M"))
        asked = (int(found["AllocCPUS"]), memory, minutes_of(found["Timelimit"]))
        where = (found["State"], found["Partition"], found["NodeList"])
        jobs.append(SlurmJob(name, *where, asked))
    return tuple(jobs)


@pytest.fixture(scope="module")
def trio(lab: SlurmLab, checkout, literally, tmp_path_factory) -> Trio:
    scratch = tmp_path_factory.mktemp("scratch")
    untouched = scratch.stat().st_mtime_ns
    limits = {"cpus": lab.cpus, "mem_mb": lab.mem_mb, "minutes": lab.minutes}
    partitions = {"cpu": limits, "gpu": limits | {"gpus": lab.gpus, "gpu_model": "a100"}}
    folder = checkout(partitions=partitions, scratch=scratch)
    run = literally(folder, TMPDIR=str(scratch))
    told = run()
    # What has just ended is in the accounts a moment later.
    end = time.monotonic() + 20
    while any(job.state == "RUNNING" for job in accounted(lab, folder)) and time.monotonic() < end:
        time.sleep(0.5)
    used = scratch.stat().st_mtime_ns != untouched
    left = tuple(path.name for path in scratch.iterdir())
    return Trio(run, told, accounted(lab, folder), used, left)


@pytest.fixture(scope="module")
def local(checkout) -> Trio:
    """The same, run on this machine."""
    folder = checkout()
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-6000:]
    return Trio(Run(folder), ended.stderr + ended.stdout)


def planned(told: str) -> dict[str, int]:
    """Read the table that Snakemake prints first: how many jobs each rule has."""
    rows = told.split("Job stats:")[1].split("total")[0].splitlines()[3:]
    return {name: int(count) for name, count in (row.split() for row in rows if row.strip())}


def rules_of_jobs(told: str) -> dict[str, list[str]]:
    """Return the rules of each group that was planned, and each rule without a group by itself.

    Named as the comments of their jobs: a group by its name and those of its rules.
    """
    rules: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for rule in sorted(planned(told).keys() - LOCAL_RULES):
        if group := NUMBERS[rule].get("group"):
            groups.setdefault(group, []).append(rule)
        else:
            rules[rule] = [rule]
    return rules | {"_".join([group, *members]): members for group, members in groups.items()}


def test_the_command_plans_every_job_where_the_repository_lies(checkout, literally) -> None:
    jobs = planned(literally(checkout())("--dry-run"))
    assert (jobs["align_lane"], jobs["mark_duplicates"], jobs["write_bundle"]) == (5, 3, 1)


def test_records_are_those_of_a_local_run(trio: Trio, local: Trio) -> None:
    assert trio.run.records(SAMPLES) == local.run.records(SAMPLES)


def test_quality_control_and_verdicts_are_those_of_a_local_run(trio: Trio, local: Trio) -> None:
    texts = [
        {
            str(file.relative_to(folder)): file.read_bytes()
            for kind in ("*.json", "*.tsv", "*.yaml")
            for part in ("qc", "reads", "report")
            for file in (folder / "results" / part).rglob(kind)
        }
        for folder in (trio.run.folder, local.run.folder)
    ]
    assert texts[0] == texts[1]
    assert any("verdict" in name for name in texts[0])


def test_the_bundle_verifies(trio: Trio) -> None:
    command = ["schelde", "verify", "bundles/demo-trio", "--key", "demo/data/keys/node.sec"]
    subprocess.run(command, cwd=trio.run.folder, check=True, capture_output=True)


def test_slurm_completed_every_job_at_its_first_attempt(trio: Trio) -> None:
    assert {job.state for job in trio.jobs} == {"COMPLETED"}


def test_jobs_ran_on_nodes_of_their_partition(trio: Trio, lab: SlurmLab) -> None:
    assert {job.partition for job in trio.jobs} == {"cpu"}
    assert {job.node for job in trio.jobs} <= set(lab.cpu_nodes)


def test_jobs_asked_for_the_numbers_of_jobs_yaml(trio: Trio, local: Trio) -> None:
    """A group is a chain: it asks for the most of its rules' cores and memory, and all minutes."""
    expected = set()
    for name, rules in rules_of_jobs(local.told).items():
        entries = [NUMBERS[rule] for rule in rules]
        cores, memory = (max(entry[key] for entry in entries) for key in ("threads", "mem_mb"))
        expected.add((name, (cores, memory, sum(entry["runtime"] for entry in entries))))
    assert {(job.name, job.asked) for job in trio.jobs} == expected


def test_light_rules_and_targets_need_no_job_of_slurm(trio: Trio) -> None:
    assert not {job.name for job in trio.jobs} & LOCAL_RULES


def test_all_other_jobs_went_to_slurm_alone_or_in_their_group(trio: Trio, local: Trio) -> None:
    sent = Counter(job.name for job in trio.jobs)
    rules = rules_of_jobs(local.told)
    jobs = planned(local.told)
    assert sent.keys() == rules.keys()
    assert {name: sent[name] for name in rules.keys() & jobs.keys()} == {
        name: jobs[name] for name in rules.keys() & jobs.keys()
    }


def test_the_scratch_of_the_nodes_was_used_and_nothing_is_left_in_it(trio: Trio) -> None:
    assert trio.scratch_used
    assert not trio.scratch_left
