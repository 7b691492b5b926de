"""Why a job failed is told in two sentences with what was asked for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from schelde.cluster import accounting
from schelde.cluster.accounting import Account, Accounting, read_account
from schelde.cluster.last_words import END_BYTES
from schelde.cluster.reasons import Reason, reason_of
from schelde.cluster.refusals import waiting

ASKED = {"mem_mb": 400, "runtime": 30, "disk_mb": 1000, "slurm_partition": "cpu", "threads": 2}
SBATCH = (
    "SLURM sbatch failed. The error message was '{}'.\n    sbatch call:\n        sbatch --parsable "
    "-t 30 --wrap=\"snakemake --set-resources 'timed out'\"\nFor further error details see ..."
)


def ended(state: str, job: str = "5") -> str:
    """Return what the plugin says of a job that ended badly, as with squeue for status."""
    return (
        f"SLURM-job '{job}' failed, SLURM status is: '{state}'. Detailed failure reason "
        "unavailable (status command is not 'sacct').For further error details see the log."
    )


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing but what a test puts there; nothing known of any accounting."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setattr("schelde.cluster.reasons.ACCOUNTING", Accounting())
    return commands


def command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def because(tmp_path: Path):
    """Ask for the reason of a failed align_lane with these words in its logs."""

    def ask(message: str = "", own: str | None = None, slurm: str | None = None) -> Reason:
        logs = []
        for path, text in (
            (tmp_path / "logs/align_lane/S1.log", own),
            (tmp_path / "slurm_logs/rule_align_lane/S1/5.log", slurm),
        ):
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                logs.append(path)
        return reason_of("align_lane", message, logs, ASKED, None)

    return ask


OVER_MEMORY = """\
slurmstepd-n1: error: StepId=5.0 exceeded memory limit (437766144 > 419430400), being killed
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
slurmstepd-n1: error: Exceeded job memory limit
slurmstepd-n1: error: *** STEP 5.0 ON n1 CANCELLED AT 2026-11-22T22:01:55 ***
srun: error: n1: task 0: Killed
"""
OVER_TIME = """\
slurmstepd-n2: error: *** JOB 3 ON n2 CANCELLED AT 2026-11-22T22:02:34 DUE TO TIME LIMIT ***
Command 'set -euo pipefail;  python align_lane.py' died with <Signals.SIGKILL: 9>.
"""
CANCELLED = """\
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
slurmstepd-n2: error: *** JOB 4 ON n2 CANCELLED AT 2026-11-22T22:01:56 ***
srun: error: n2: task 0: Killed
"""
NODE_FAILED = """\
  Host: node17
slurmstepd: error: *** JOB 9 ON n3 CANCELLED AT 2026-11-22T22:01:56 DUE TO NODE FAILURE, \
SEE SLURMCTLD LOG FOR DETAILS ***
"""


def test_slurm_tells_of_memory_in_its_log_alone(because) -> None:
    reason = because(ended("FAILED"), "bwa was at work\n", OVER_MEMORY)
    assert reason.kind == "memory"
    assert reason.what == ("align_lane ran out of its memory of 400 MiB; 417 MiB were seen in use.")
    assert "raise mem_mb of align_lane above 417 in config/jobs.yaml" in reason.advice
    assert str(reason.log).endswith("S1/5.log")


@pytest.mark.parametrize(
    ("own", "sign"),
    [
        ("java.lang.OutOfMemoryError: Java heap space\n", "Java's heap was full"),
        ("terminate called after throwing an instance of 'std::bad_alloc'\n", "std::bad_alloc"),
        ("Traceback (most recent call last):\n  x\nMemoryError\n", "MemoryError"),
        ("[bwt_restore_sa] fail to allocate 12 bytes\n", "out of its memory"),
        ("samtools ended with status -9\n", "signal 9"),
        ("./job: line 1:  77 Killed\nKilled\n", "signal 9"),
    ],
)
def test_tools_tell_of_memory_in_words_of_their_own(because, own: str, sign: str) -> None:
    reason = because("", own)
    assert reason.kind == "memory"
    assert sign in reason.what


def test_the_kernels_killer_is_known_by_slurms_word(because) -> None:
    assert because(ended("FAILED"), "", "error: Detected 1 oom_kill event in StepId=5.0").kind == (
        "memory"
    )
    assert because(ended("OUT_OF_MEMORY"), "").kind == "memory"


def test_a_job_over_time_is_told_its_minutes(because) -> None:
    reason = because(ended("TIMEOUT"), "", OVER_TIME)
    assert reason.kind == "time"
    assert "its time of 30 minutes" in reason.what
    assert "raise runtime of align_lane above 30" in reason.advice


def test_a_log_of_slurm_tells_of_time_where_its_state_does_not(because) -> None:
    assert because(ended("FAILED"), "", OVER_TIME).kind == "time"


def test_a_signal_9_from_slurm_is_no_sign_of_memory(because) -> None:
    reason = because(ended("CANCELLED"), "bwa ended with status -9\n", CANCELLED)
    assert reason.kind == "cancelled"
    assert reason.what == "align_lane was cancelled by a user or an administrator."


def test_who_cancelled_is_known_to_the_accounting(because, no_slurm: Path) -> None:
    command(no_slurm, "sacct", 'echo "CANCELLED by 0||n2"; echo "CANCELLED|2048K|n2"')
    assert because(ended("CANCELLED"), "", CANCELLED).what == "align_lane was cancelled by root."


def test_a_dead_node_is_named(because) -> None:
    reason = because(ended("NODE_FAIL"), "half a line", NODE_FAILED)
    assert reason.kind == "node"
    assert reason.what == "Node n3 failed while align_lane ran on it."


def test_a_node_that_left_no_word_is_named_by_the_accounting(because, no_slurm: Path) -> None:
    command(no_slurm, "sacct", 'echo "NODE_FAIL||n7"')
    assert because(ended("NODE_FAIL")).what.startswith("Node n7 failed")


def test_a_preempted_job_is_told_as_such(because) -> None:
    log = (
        "slurmstepd: error: *** JOB 4 ON n2 CANCELLED AT 2026-11-22T22:01:56 DUE TO PREEMPTION ***"
    )
    assert "more important job" in because(ended("FAILED"), "", log).what


@pytest.mark.parametrize(
    ("own", "folder"),
    [
        ("OSError: [Errno 28] No space left on device: '/scratch/x/a.bam'\n", "/scratch/x"),
        ("dd: error writing '/mnt/s/sort.0': No space left on device\n", "/mnt/s"),
        ("[E::hts_close] results/align/S1.bam.part: No space left on device\n", "results/align"),
        ("java.io.IOException: No space left on device\n", "results/ or of the scratch folder"),
        ("cp: /data/run/x: Disk quota exceeded\n", "/data/run"),
    ],
)
def test_a_full_disk_is_named(because, own: str, folder: str) -> None:
    reason = because("", own + "samtools ended with status 1: samtools sort\n")
    assert reason.kind == "disk"
    assert f"of {folder} is full" in reason.what
    assert ("quota" in reason.what) == ("quota" in own)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("sbatch: error: invalid partition specified: cpu", "there is no partition cpu"),
        ("Invalid account or account/partition combination specified", "may not use the account"),
        ("Batch job submission failed: Requested time limit is invalid", "30 minutes are longer"),
        (
            "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job "
            "submission failed: Requested node configuration is not available",
            "400 MiB of memory for one job",
        ),
        ("More processors requested than permitted", "2 cores for one job"),
        ("Requested node configuration is not available", "400 MiB of memory, 2 cores, 0 GPUs"),
        ("Invalid qos specification", "quality of service"),
        ("Unable to contact slurm controller (connect failure)", "controller did not answer"),
        ("/bin/sh: 1: sbatch: not found", "no sbatch on this machine"),
        ("Job violates accounting/QOS policy (job submit limit)", "limit on the number"),
        ("sbatch: error: Batch job submission failed: Something new", "failed: Something new."),
    ],
)
def test_a_refused_job_is_told_in_words_of_the_site_file(because, said: str, what: str) -> None:
    reason = because(SBATCH.format(said))
    assert reason.kind == "submission"
    assert what in reason.what
    assert "None" not in reason.what + reason.advice


def test_an_unknown_account_is_told_as_a_refusal(because) -> None:
    message = "Job submission failed with exception: The given account x appears to be invalid."
    assert "may not use the account" in because(message).what


def test_a_tools_last_words_are_quoted(because) -> None:
    own = "[E::bwa_idx_load] no such index\nbwa ended with status 1: bwa mem x; samtools ended\n"
    reason = because(ended("FAILED"), own)
    assert reason.kind == "tool"
    assert "bwa ended with status 1" in reason.what
    assert "no such index" in reason.what


def test_the_tool_that_only_lost_its_reader_is_not_blamed(because) -> None:
    own = "out of order\nbwa ended with status -13: bwa mem; samtools ended with status 1: sort\n"
    assert "samtools ended with status 1" in because("", own).what


def test_a_tool_ended_by_a_signal_is_told_its_name(because) -> None:
    assert "bwa was ended by SIGSEGV" in because("", "x\nbwa ended with status -11: bwa mem\n").what


def test_a_tool_of_a_shell_rule_is_told_by_its_way_of_talking(because) -> None:
    own = "A USER ERROR has occurred: no such contig\n"
    reason = because("Command 'gatk' returned non-zero exit status 2.", own)
    assert reason.kind == "tool"
    assert "status 2" in reason.what


def test_what_a_job_found_broken_is_told_in_its_words(because) -> None:
    own = "data/S1_R2.fq.gz ends in the middle of a read; fetch it anew\n"
    reason = because(ended("FAILED"), own)
    assert (reason.kind, reason.what) == (
        "input",
        "align_lane stopped: data/S1_R2.fq.gz ends in the middle of a read.",
    )
    assert reason.advice == "Fetch it anew, then start again; finished jobs are kept."


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        ("scratch /s has 3 MiB free, but this job asks for 9; free space there", "disk"),
        ("no folder for temporary files can be made in /s: no space; free space there", "disk"),
        (
            "this job was told to stop (SIGTERM): it was cancelled, or its time was over",
            "cancelled",
        ),
    ],
)
def test_what_a_job_says_of_its_scratch_is_no_broken_input(because, own: str, kind: str) -> None:
    assert because("", own).kind == kind


def test_problems_of_an_input_are_counted(because) -> None:
    own = "2 problems in the input:\na.bed:2: no end; give one\na.bed:4: no end; give one\n"
    reason = because("", own)
    assert reason.what == "align_lane stopped: a.bed:2: no end (and 1 more)."
    assert reason.advice.startswith("Give one, then start again")


def test_a_slow_shared_disk_is_told_as_such(because) -> None:
    message = "Missing files after 60 seconds. This might be due to filesystem latency."
    assert "--latency-wait" in because(message).advice


def test_an_error_of_ours_is_told_as_one(because) -> None:
    reason = because("", "Traceback (most recent call last):\n  File\nKeyError: 'x'\n")
    assert (reason.kind, "KeyError: 'x'" in reason.what) == ("unknown", True)


def test_a_job_without_a_word_is_told_as_unknown(because) -> None:
    assert because(ended("FAILED"), "", "").kind == "unknown"
    assert reason_of("a", "", [Path("/none/such.log")], {}, None).kind == "unknown"


def test_numbers_that_were_not_asked_for_are_left_out() -> None:
    reason = reason_of("a", ended("TIMEOUT"), [], {}, None)
    assert reason.what == "a was stopped because it needed more than its time."
    assert "None" not in reason.advice


def test_only_the_end_of_a_log_is_read(because) -> None:
    own = "std::bad_alloc\n" + "x" * END_BYTES + "\nthe reads are broken\n"
    assert because("", own).kind == "input"


def test_one_minute_is_written_as_one() -> None:
    assert "of 1 minute." in reason_of("a", ended("TIMEOUT"), [], {"runtime": 1}, None).what


def test_an_accounting_that_fails_is_left_alone_for_a_while(no_slurm: Path) -> None:
    command(no_slurm, "sacct", f"echo x >> {no_slurm}/asked; exit 1")
    asked = Accounting()
    assert asked.ask("1") == asked.ask("2") == Account()
    assert (no_slurm / "asked").read_text() == "x\n"
    asked.not_before = time.monotonic()
    asked.ask("3")
    assert (no_slurm / "asked").read_text() == "x\nx\n"


def test_an_accounting_that_hangs_does_not_hold_a_run_up(
    no_slurm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "LIMIT_S", 0.2)
    command(no_slurm, "sacct", "exec /bin/sleep 30")
    began = time.monotonic()
    assert Accounting().ask("1") == Account()
    assert time.monotonic() - began < 10


def test_the_largest_step_counts() -> None:
    text = "FAILED||n1\nFAILED|1.5G|n1\nFAILED|2048|n1\nFAILED|900M|None assigned"
    assert read_account(text) == Account(peak_mib=1536, nodes="n1")


def test_a_user_without_a_name_is_told_by_number() -> None:
    assert "4000000000" in read_account("CANCELLED by 4000000000||").cancelled_by


@pytest.mark.parametrize("code", ["Priority", "Resources", "Dependency", "None", "BeginTime"])
def test_a_job_that_waits_its_turn_needs_no_words(code: str) -> None:
    assert waiting("a", code, ASKED) is None


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("(PartitionTimeLimit)", "30 minutes are longer"),
        ("BadConstraints", "has all that it asks for"),
        ("PartitionDown", "held back (PartitionDown)"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "held back (ReqNodeNotAvail)"),
    ],
)
def test_a_job_that_never_starts_is_told_why(code: str, what: str) -> None:
    told = waiting("align_lane", code, ASKED)
    assert told is not None
    assert what in told[0]
    assert os.linesep not in told[0]


def test_a_job_that_begins_while_the_controller_is_away_is_not_taken_for_the_attempt_before_it(
    because,
) -> None:
    slurm = (
        "srun: error: Unable to confirm allocation for job 9: Unable to contact slurm controller "
        "(connect failure)\nsrun: Check SLURM_JOB_ID environment variable.\n"
    )
    own = "this job was told to stop (SIGTERM): it was cancelled, or its time was over\n"
    reason = because(ended("FAILED", "9"), own=own, slurm=slurm)
    assert reason.kind == "submission"
    assert "controller did not answer" in reason.what
