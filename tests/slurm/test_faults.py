"""Faults of a real Slurm: what becomes of the run, of the results, and what the user reads."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pysam
import pytest
from tests.run.conftest import Run
from tests.slurm.lab import SlurmLab

from schelde.cluster.accounting import FIELDS, read_account
from schelde.demo.sheets import PEOPLE
from schelde.progress import events

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("slurm")]
SAMPLES = tuple(person.sample for person in PEOPLE)
LANES = ("F1.HDEMOAAXX.1", "F1.HDEMOAAXX.2", "M1.HDEMOAAXX.2", "C1.HDEMOAAXX.1", "C2.HDEMOBBXX.1")
LOGGER = ("--logger", "schelde")
LIMIT_S = 400  # of one start of Snakemake; all tests here take less on a machine that is idle
# MiB at the first attempt; the second has twice as much, the third three times.
JOBS = """\
align_lane: {threads: 2, mem_mb: 500, runtime: 2}
mark_duplicates: {threads: 1, mem_mb: 500, runtime: 5}
"""

# In front of the real bwa: does to the lane of its command line what a test has ordered for it.
BWA = """\
#!/bin/sh
for lane in {lanes}; do
    case "$*" in *"$lane"*) here={orders}/$lane ;; esac
done
if [ -e "$here.hold" ]; then
    mv "$here.hold" "$here.began"
    while [ ! -e "$here.go" ]; do sleep 0.2; done
fi
if [ -e "$here.always" ]; then . "$here.always"; fi
exec {bwa} "$@"
"""


def eat(mib: int) -> str:
    """Write an order to take memory for some seconds, as an aligner with a large index does."""
    return f"{sys.executable} -c 'import time; x = bytearray({mib} << 20); time.sleep(5)' || exit 1"


@dataclass
class Faulty:
    """A run of all lanes with a fault for each: which job of Slurm had which, and what came."""

    run: object
    lanes: dict[str, str] = field(default_factory=dict)
    status: int | None = None

    def reasons(self, fault: str) -> list[Mapping[str, str]]:
        """Return why the attempts at the lane of a fault failed."""
        return reasons_of(self.run.folder, self.lanes[fault])

    def first_reason(self, fault: str) -> Mapping[str, str]:
        """Return why the first attempt failed.

        The next may come to the node that dies, or begin while the controller is away.
        """
        first, *later = self.reasons(fault)
        assert {reason["kind"] for reason in later} <= {"node", "submission"}
        return first


def reasons_of(folder: Path, lane: str) -> list[Mapping[str, str]]:
    """Return why attempts at a lane failed, in all runs of a folder."""
    found, _ = events.read(folder / events.EVENTS)
    jobs = {
        (event["run"], event["job"])
        for event in found
        if event["event"] == "submitted" and event["wildcards"].get("lane") == lane
    }
    failed = [event for event in found if event["event"] == "failed"]
    return [event["reason"] for event in failed if (event["run"], event["job"]) in jobs]


def crams(folder: Path) -> dict[str, list[str]]:
    """Return the records of all samples' CRAMs as text."""
    reference = str(folder / "results/reference/genome.fa")
    texts = {}
    for sample in SAMPLES:
        cram = folder / f"results/align/{sample}.cram"
        assert cram.with_suffix(".cram.crai").is_file(), f"{cram} has no index"
        with pysam.AlignmentFile(str(cram), reference_filename=reference) as handle:
            texts[sample] = [record.to_string() for record in handle]
    return texts


def half_written(folder: Path) -> list[Path]:
    return list((folder / "results").rglob("*.part"))


@pytest.fixture(scope="module")
def undisturbed(small_demo: Path, tmp_path_factory) -> Path:
    """The demo with its reads aligned by a local run."""
    folder = tmp_path_factory.mktemp("undisturbed") / "demo"
    shutil.copytree(small_demo, folder)
    run = Run(folder)
    run.ask_for_no_bundle()
    run("align")
    return folder


@pytest.fixture(scope="module")
def prepared(undisturbed: Path, lab: SlurmLab, on_slurm, tmp_path_factory) -> Callable[[], object]:
    """Make a project whose lanes are proved and whose genome is indexed, with a wrapped bwa."""

    def make():
        folder = tmp_path_factory.mktemp("faults") / "demo"
        shutil.copytree(undisturbed, folder)
        shutil.rmtree(folder / "results/align")
        (folder / "config/jobs.yaml").write_text(JOBS)
        orders = folder / "orders"
        orders.mkdir()
        bwa = folder / "tools/bwa"
        bwa.parent.mkdir()
        real = shutil.which("bwa")
        bwa.write_text(BWA.format(lanes=" ".join(LANES), orders=orders, bwa=real))
        bwa.chmod(0o755)
        return on_slurm(folder, PATH=f"{bwa.parent}:{lab.env['PATH']}")

    return make


def wait_for(ready: Callable[[], bool], what: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"not seen in {seconds} s: {what}"
        time.sleep(0.2)


def hold(folder: Path, *lanes: str) -> None:
    for lane in lanes:
        (folder / f"orders/{lane}.hold").touch()


def have_begun(folder: Path, *lanes: str) -> bool:
    return all((folder / f"orders/{lane}.began").exists() for lane in lanes)


def running(lab: SlurmLab, folder: Path) -> dict[str, tuple[str, str]]:
    """Return Slurm's number and the node of the running job of each lane of a project."""
    lines = lab.run("squeue", "-h", "-t", "R", "-o", "%i|%N|%Z|%k").splitlines()
    found = {}
    for job, node, place, comment in (line.split("|", 3) for line in lines):
        if Path(place) == folder and "align_lane" in comment:
            found[next(lane for lane in LANES if comment.endswith(lane))] = (job, node)
    return found


# --------------------------------------------------------------- five faults in the jobs of one run


@pytest.fixture(scope="module")
def faulty(prepared, lab: SlurmLab) -> Iterator[Faulty]:
    """Memory, time, a cancelled job, a dead node and a controller away for 20 s in one run."""
    faulty = Faulty(prepared())
    folder = faulty.run.folder
    hold(folder, *LANES)
    process = faulty.run.start("align", *LOGGER)
    try:
        wait_for(lambda: have_begun(folder, *LANES), "all lanes at work")
        inflict(faulty, lab)
        faulty.status = process.wait(LIMIT_S)
        yield faulty
    finally:
        faulty.run.clear()


def inflict(faulty: Faulty, lab: SlurmLab) -> None:
    """Give each lane its fault: the node that dies is the one with the fewest jobs."""
    folder, jobs = faulty.run.folder, running(lab, faulty.run.folder)
    nodes = [node for _, node in jobs.values()]
    fewest = min(set(nodes), key=nodes.count)
    dying = [lane for lane, (_, node) in jobs.items() if node == fewest]
    living = [lane for lane in jobs if lane not in dying]
    names = ("node", "cancelled", "time", "memory", "controller")
    faulty.lanes = dict(zip(names, dying + living, strict=True))
    (folder / f"orders/{faulty.lanes['memory']}.always").write_text(eat(700))
    (folder / f"orders/{faulty.lanes['memory']}.go").touch()
    # The job asked for two minutes; Slurm takes the one that is left, and the tests save the other.
    lab.run("scontrol", "update", f"jobid={jobs[faulty.lanes['time']][0]}", "timelimit=1")
    lab.run("scancel", jobs[faulty.lanes["cancelled"]][0])
    lab.node_crash(fewest)
    # A node asks the controller to end a job that takes too much.
    greedy, _ = jobs[faulty.lanes["memory"]]
    wait_for(lambda: lab.jobs()[greedy][0] == "FAILED", "a job out of memory")
    lab.controller_down()
    time.sleep(20)
    lab.controller_up()
    (folder / f"orders/{faulty.lanes['controller']}.go").touch()
    wait_for(lambda: lab.states()[fewest].startswith("down"), f"node {fewest} down")
    lab.node_up(fewest)


def test_a_run_with_five_faults_ends_well(faulty: Faulty) -> None:
    assert faulty.status == 0, faulty.run.log.read_text()[-6000:]


def test_its_records_are_those_of_an_undisturbed_run(faulty: Faulty, undisturbed: Path) -> None:
    assert crams(faulty.run.folder) == crams(undisturbed)


def test_nothing_half_written_is_left_of_jobs_that_died(faulty: Faulty) -> None:
    assert not half_written(faulty.run.folder)


def test_a_job_out_of_memory_is_retried_with_more(faulty: Faulty) -> None:
    reason = faulty.first_reason("memory")
    assert reason["kind"] == "memory"
    assert "of 500 MiB" in reason["what"]
    assert "config/jobs.yaml" in reason["advice"]


def test_a_job_over_time_is_retried_with_more(faulty: Faulty) -> None:
    reason = faulty.first_reason("time")
    assert reason["kind"] == "time"
    assert "of 2 minutes" in reason["what"]


def test_a_job_that_an_administrator_cancels_is_run_again(faulty: Faulty) -> None:
    reason = faulty.first_reason("cancelled")
    assert reason["kind"] == "cancelled"
    assert reason["what"].startswith("align_lane was cancelled by")


def test_a_job_whose_node_dies_is_run_again_elsewhere(faulty: Faulty) -> None:
    (reason,) = faulty.reasons("node")
    assert reason["kind"] == "node"
    assert "failed while align_lane ran on it" in reason["what"]


def test_a_job_goes_on_while_the_controller_is_away(faulty: Faulty) -> None:
    assert faulty.reasons("controller") == []


# ------------------------------------------------------------------- what no retry can help against


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[str], None]]:
    """Mount a disk of 1 MB; yields what gives it another size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets no tmpfs be mounted")
    try:
        yield (
            lambda size: (
                subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)
                and None
            )
        )
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass
class Starved:
    """A run with a lane that no memory is enough for and one whose scratch disk is full."""

    run: object
    enlarge: Callable[[str], None]
    greedy: str = LANES[2]
    crowded: str = LANES[3]


@pytest.fixture(scope="module")
def starved(prepared) -> Iterator[Starved]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    run = prepared()
    scratch = run.folder / "scratch"
    with small_disk(scratch) as enlarge:
        starved = Starved(run, enlarge)
        (run.folder / f"orders/{starved.greedy}.always").write_text(eat(2000))
        spill = f"dd if=/dev/zero of={scratch}/sort.0000.bam bs=64k count=50 || exit 1\n"
        (run.folder / f"orders/{starved.crowded}.always").write_text(spill)
        run("align", "--retries", "1", *LOGGER, status=1, seconds=LIMIT_S)
        yield starved
    run.clear()


def test_a_job_that_no_retry_gives_enough_memory_ends_the_run_with_an_error(
    starved: Starved,
) -> None:
    reasons = reasons_of(starved.run.folder, starved.greedy)
    assert [reason["kind"] for reason in reasons] == ["memory"] * 2
    assert "of 1000 MiB" in reasons[-1]["what"]
    assert "raise mem_mb of align_lane above" in reasons[-1]["advice"]


def test_a_full_scratch_disk_is_named(starved: Starved) -> None:
    reason = reasons_of(starved.run.folder, starved.crowded)[-1]
    assert reason["kind"] == "disk"
    assert "scratch is full" in reason["what"]


def test_other_samples_are_finished_beside_broken_ones(starved: Starved) -> None:
    assert (starved.run.folder / f"results/align/{SAMPLES[0]}.cram.crai").is_file()
    assert not half_written(starved.run.folder)


def test_a_run_goes_on_after_its_user_did_what_was_advised(
    starved: Starved, undisturbed: Path
) -> None:
    starved.enlarge("64m")
    (starved.run.folder / "config/jobs.yaml").write_text(
        JOBS.replace("mem_mb: 500, runtime: 2", "mem_mb: 2500, runtime: 2")
    )
    starved.run("align", *LOGGER, seconds=LIMIT_S)
    assert crams(starved.run.folder) == crams(undisturbed)


# -------------------------------------------------------------------------- Snakemake itself killed


@dataclass
class Resumed:
    """A run that was killed with jobs in Slurm, and what was said at each start after it."""

    run: object
    left: dict[str, tuple[str, str]]
    locked: str = ""
    unlocked: str = ""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def resumed(prepared, lab: SlurmLab) -> Iterator[Resumed]:
    run = prepared()
    held = LANES[:2]
    hold(run.folder, *held)
    process = run.start("align", *LOGGER)
    try:
        wait_for(lambda: have_begun(run.folder, *held), "two lanes at work")
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = {lane: job for lane, job in running(lab, run.folder).items() if lane in held}
        resumed = Resumed(run, left)
        resumed.locked = run("align", *LOGGER, status=1, seconds=LIMIT_S)
        resumed.unlocked = run("--unlock", seconds=LIMIT_S)
        resumed.states = lab.jobs()
        run("align", *LOGGER, seconds=LIMIT_S)
        yield resumed
    finally:
        run.clear()


def test_a_killed_run_leaves_a_lock_that_says_how_to_go_on(resumed: Resumed) -> None:
    assert "--unlock" in resumed.locked


def test_jobs_of_a_killed_run_are_told_and_cancelled(resumed: Resumed) -> None:
    assert len(resumed.left) == 2
    for job, _ in resumed.left.values():
        assert f"{job} rule_align_lane" in resumed.unlocked
        assert resumed.states[job][0] == "CANCELLED"


def test_a_killed_run_is_resumed_to_the_same_records(resumed: Resumed, undisturbed: Path) -> None:
    assert crams(resumed.run.folder) == crams(undisturbed)
    assert not half_written(resumed.run.folder)


def test_jobs_of_another_folder_are_left_alone(lab: SlurmLab, resumed: Resumed, prepared) -> None:
    other = prepared()
    name = "00000000-0000-0000-0000-000000000000"
    sbatch = ("sbatch", "--parsable", "-D", "/", "-o", "/dev/null", "--mem=10", "-t", "2")
    options = (f"--job-name={name}", "--comment=rule_align_lane", "--wrap=sleep 60")
    job = lab.run(*sbatch, *options).strip()
    (other.folder / ".snakemake/slurm_logs").mkdir(parents=True, exist_ok=True)
    other("--unlock", seconds=LIMIT_S)
    assert lab.jobs()[job][0] in ("PENDING", "RUNNING")
    lab.run("scancel", job)
    # Slurm forgets who it was when slurmctld is restarted at that time, so not in the faulty run.
    ask = ("sacct", "-j", job, "-P", "-n", f"--format={FIELDS}")
    wait_for(lambda: read_account(lab.run(*ask)).cancelled_by == lab.user, "who cancelled it", 30)
