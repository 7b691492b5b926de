"""The logger plugin in real runs of Snakemake, of a workflow of a few small jobs."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from schelde.progress.events import EVENTS, read
from schelde.progress.state import runs_of

SNAKEFILE = """
rule all:
    input: expand("results/{s}.done", s=["A", "B", "C"])

rule align_lane:
    output: "results/{sample}.bam"
    log: "logs/align_lane/{sample}.log"
    benchmark: "benchmarks/align_lane/{sample}.tsv"
    shell: "echo begun > {log}; sleep {config[nap]}; echo x > {output}"

rule mark_duplicates:
    input: "results/{sample}.bam"
    output: "results/{sample}.done"
    log: "logs/mark_duplicates/{sample}.log"
    shell:
        "echo words of a tool >&2;"
        "if [ -e broken.{wildcards.sample} ]; then"
        "  rm broken.{wildcards.sample}; echo 'the BAM is cut short' > {log}; exit 3;"
        "fi;"
        "[ -e silent.{wildcards.sample} ] || touch {output}"
"""
LIMIT = 60


def command(*options, nap=0.0):
    start = [sys.executable, "-m", "snakemake", "--cores", "2", "--logger", "schelde"]
    return [*start, "--latency-wait", "1", *options, "--config", f"nap={nap}"]


@pytest.fixture
def run(tmp_path):
    """Run Snakemake in a folder with the small workflow; returns its status and what it printed."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE)

    def start(*options, nap=0.0):
        ended = subprocess.run(
            command(*options, nap=nap),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        return ended.returncode, ended.stdout

    start.folder = tmp_path
    return start


def last_run(folder):
    return runs_of(folder / EVENTS)[-1]


def test_a_run_is_logged_whole_and_summed_up(run):
    status, printed = run()
    state = last_run(run.folder)
    assert (status, state.status) == (0, "done")
    assert state.planned == {"align_lane": 3, "mark_duplicates": 3}
    assert {attempt.outcome for attempt in state.tries} == {"done"}
    assert len([t for t in state.tries if t.seconds is not None]) == 3  # have a benchmark
    assert "3 of 3 samples, 6 of 6 jobs." in printed
    assert "rule align_lane:" not in printed
    (whole,) = (run.folder / ".snakemake/log").glob("*.log")
    assert "rule align_lane:" in whole.read_text()


def test_a_second_run_with_nothing_to_do_logs_nothing(run):
    run()
    before = (run.folder / EVENTS).read_bytes()
    status, printed = run()
    assert (status, "Nothing to be done" in printed) == (0, True)
    assert (run.folder / EVENTS).read_bytes() == before


def test_the_log_lies_where_directory_says(run):
    (run.folder / "elsewhere").mkdir()
    run("--directory", "elsewhere")
    assert last_run(run.folder / "elsewhere").status == "done"
    assert not (run.folder / EVENTS).exists()


@pytest.mark.parametrize("option", ["--dry-run", "--unlock", "--lint", "--list-rules", "--summary"])
def test_nothing_is_logged_when_nothing_is_run(run, option):
    run(option)
    assert not (run.folder / "logs").exists()


def test_a_failure_says_what_why_and_where(run):
    (run.folder / "broken.B").touch()
    status, printed = run("--keep-going")
    state = last_run(run.folder)
    assert (status, state.status) == (1, "failed")
    (failure,) = state.failures
    assert (failure.rule, failure.wildcards) == ("mark_duplicates", {"sample": "B"})
    for text in ("mark_duplicates of B", "the BAM is cut short", "logs/mark_duplicates/B.log"):
        assert text in printed
    assert "words of a tool" in printed
    assert "Failed after" in printed


def test_a_retry_is_a_second_attempt(run):
    (run.folder / "broken.B").touch()
    status, printed = run("--retries", "1")
    state = last_run(run.folder)
    assert (status, state.status, state.failures) == (0, "done", [])
    tries = [t for t in state.tries if t.rule == "mark_duplicates" and t.wildcards["sample"] == "B"]
    assert [(t.attempt, t.outcome) for t in tries] == [(1, "failed"), (2, "done")]
    assert "is tried again, attempt 2" in printed


def test_a_job_without_its_output_is_a_failure(run):
    (run.folder / "silent.C").touch()
    status, printed = run("--keep-going")
    assert status == 1
    assert [t.wildcards["sample"] for t in last_run(run.folder).failures] == ["C"]
    assert "some output files are missing" in printed


def test_what_snakemake_says_before_a_run_comes_through(run):
    status, printed = run("no_such_target")
    assert status == 1
    assert "no_such_target" in printed
    assert not (run.folder / EVENTS).exists()


def test_a_quiet_run_prints_no_progress_but_logs_all(run):
    _, printed = run("--quiet")
    assert "left" not in printed
    assert {attempt.outcome for attempt in last_run(run.folder).tries} == {"done"}


def test_with_verbose_snakemake_prints_itself_and_all_is_logged(run):
    _, printed = run("--verbose")
    assert "rule align_lane:" in printed
    assert last_run(run.folder).status == "done"


def started(folder, nap):
    """Start a run and wait until a job of it runs, and is logged."""
    log = (folder / "out").open("wb")
    with log:
        run = subprocess.Popen(
            command(nap=nap), cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        logged = any(event["event"] == "submitted" for event in read(folder / EVENTS)[0])
        if logged and any(folder.glob("logs/align_lane/*.log")):
            break
        time.sleep(0.1)
    return run


@pytest.fixture
def killed_at_the_end():
    """Processes whose groups are killed when the test is over."""
    running = []
    yield running
    for each in running:
        if each.poll() is None:
            os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def test_ctrl_c_is_logged_as_a_stop(run, killed_at_the_end):
    process = started(run.folder, nap=20)
    killed_at_the_end.append(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(LIMIT) == 1
    assert last_run(run.folder).status == "stopped"
    assert "Stopped after" in (run.folder / "out").read_text()


def test_after_a_kill_all_that_was_known_is_in_the_log(run, killed_at_the_end):
    process = started(run.folder, nap=20)
    killed_at_the_end.append(process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    events, torn = read(run.folder / EVENTS)
    assert torn == 0
    assert {"started", "planned", "submitted"} == {event["event"] for event in events}
    assert last_run(run.folder).status == "running"  # `schelde status` sees that it is not
    status, printed = run()
    assert (status, "cannot be locked" in printed) == (1, True)


def test_on_a_terminal_a_block_is_drawn_and_taken_away(run):
    shown, terminal = pty.openpty()
    process = subprocess.Popen(
        command(nap=2.5),
        cwd=run.folder,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(terminal)
    text = _all_of(shown)
    assert process.wait(LIMIT) == 0
    assert "align" in text and "running longest" in text
    assert "\033[J" in text
    assert text.rpartition("\033[J")[2].lstrip().startswith("Done after")


def _all_of(file: int) -> str:
    found = b""
    while True:
        try:
            more = os.read(file, 65536)
        except OSError:  # nobody writes any more
            break
        if not more:
            break
        found += more
    os.close(file)
    return found.decode()
