from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from tests.unit.made_run import MadeRun

from schelde.progress.eta import Estimate, Outlook
from schelde.progress.events import EVENTS, read
from schelde.progress.summary import summary_of
from snakemake_logger_plugin_schelde import LogHandler
from snakemake_logger_plugin_schelde.screen import Block, Lines
from snakemake_logger_plugin_schelde.translate import Translator


def record(message="", event=None, level=logging.INFO, **more):
    made = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    made.__dict__.update({"event": event} if event else {}, **more)
    return made


def job_info(number, rule="align_lane", indent=False, **wildcards):
    return record(
        event=LogEvent.JOB_INFO,
        jobid=number,
        rule_name=rule,
        wildcards=wildcards,
        threads=2,
        resources={"mem_mb": 10, "runtime": "<TBD>", "tmpdir": "/tmp"},
        local=False,
        log=["logs/a.log"],
        benchmark=None,
        indent=indent,
    )


def job_error(number, rule="align_lane", message=None, indent=False, **aux):
    return record(
        "Error",
        LogEvent.JOB_ERROR,
        logging.ERROR,
        jobid=number,
        rule_name=rule,
        rule_msg=message,
        log=["logs/a.log"],
        aux=aux,
        indent=indent,
    )


BEGIN = (
    record(event=LogEvent.WORKFLOW_STARTED, workflow_id="one", cmd="snakemake"),
    record("SLURM run ID: schelde_x-y"),
    record(event=LogEvent.RESOURCES_INFO, nodes=500),
    record(event=LogEvent.RUN_INFO, stats={"align_lane": 2, "all": 1, "total": 3}),
)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def translate(asked):
    """Give records to a translator; the events of the last ones, without time and run."""

    def why(rule, message, logs, resources, external):
        asked.append((rule, message, [str(log) for log in logs], dict(resources), external))
        return {"kind": "tool"}

    translator = Translator(why)

    def give(*records):
        events = [event for one in records for event in translator.events(one)]
        return [{k: v for k, v in e.items() if k not in ("time", "run")} for e in events]

    give.translator = translator
    return give


def test_a_run_begins_when_its_jobs_are_counted(translate):
    assert translate(*BEGIN[:3]) == []
    started, planned = translate(BEGIN[3])
    assert (started["executor"], started["jobs_at_once"]) == ("slurm", 500)
    assert started["scheduler"] == "schelde_x-y"
    assert planned == {"event": "planned", "jobs": {"align_lane": 2}}


def test_the_job_count_of_no_limit_is_null(translate):
    begin = record(event=LogEvent.RESOURCES_INFO, nodes=sys.maxsize)
    started, _ = translate(BEGIN[0], BEGIN[1], begin, BEGIN[3])
    assert started["jobs_at_once"] is None


def test_each_submission_of_a_job_is_an_attempt(translate):
    translate(*BEGIN)
    first, again, second = translate(
        job_info(1, sample="A"), record("Trying to restart job 1."), job_info(1, sample="A")
    )
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert again == {"event": "again", "job": 1}
    assert first["resources"] == {"mem_mb": 10}
    assert first["wildcards"] == {"sample": "A"}


def test_target_rules_are_no_jobs(translate):
    assert translate(*BEGIN, job_info(9, "all"))[2:] == []
    assert translate(record(event=LogEvent.JOB_FINISHED, job_id=9)) == []


def test_the_slurm_plugins_words_are_understood(translate):
    translate(*BEGIN, job_info(1))
    text = "Job 1 has been submitted with SLURM jobid 77 (log: /x/77.log)."
    assert translate(record(text)) == [
        {"event": "queued", "job": 1, "external": "77", "log": "/x/77.log"}
    ]


def test_why_a_job_failed_is_asked_with_all_that_is_known(translate, asked):
    translate(*BEGIN, job_info(1))
    (failed,) = translate(job_error(1, message="SLURM-job '77' failed", external_jobid="77"))
    assert failed["reason"] == {"kind": "tool"}
    resources = {"mem_mb": 10, "threads": 2}
    assert asked == [("align_lane", "SLURM-job '77' failed", ["logs/a.log"], resources, "77")]


def test_a_missing_output_is_a_failure_though_snakemake_logs_none(translate, asked):
    translate(*BEGIN, job_info(1))
    text = (
        "MissingOutputException in rule a in file x, line 1:\n"
        "Job 1  completed successfully, but some output files are missing. x"
    )
    (failed,) = translate(record(text, LogEvent.ERROR, logging.ERROR))
    assert (failed["event"], failed["job"], asked[0][1]) == ("failed", 1, text)


@dataclass(frozen=True)
class FakeJob:
    jobid: int

    def uuid(self):
        return f"uuid-{self.jobid}"


@pytest.fixture
def grouped(translate):
    """Two jobs of one group that were sent to Slurm as one."""
    group = record(event=LogEvent.GROUP_INFO, group_id="light", jobs={FakeJob(1), FakeJob(2)})
    members = (job_info(1, "fastp_lane", indent=True), job_info(2, "prove_lane", indent=True))
    sent = record("Job uuid-2 has been submitted with SLURM jobid 5 (log: 5.log).")
    translate.events = translate(*BEGIN, group, *members, sent)[2:]
    return translate


def test_jobs_of_a_group_have_its_name_and_its_job_in_slurm(grouped):
    first, second, *queued = grouped.events
    assert first["group"] == second["group"] == "light.1"
    assert [(event["job"], event["external"]) for event in queued] == [(1, "5"), (2, "5")]


def test_of_a_group_that_failed_only_the_culprit_is_asked_about(grouped, asked, tmp_path):
    log = tmp_path / "5.log"
    log.write_text("noise\nError in rule fastp_lane:\n    jobid: 0\n")
    error = record(event=LogEvent.GROUP_ERROR, aux_logs=[str(log)], external_jobid="5")
    culprit, other = grouped(
        error,
        job_error(1, "fastp_lane", indent=True),
        job_error(2, "prove_lane", indent=True),
    )
    assert [(rule, logs, job) for rule, _, logs, _, job in asked] == [
        ("fastp_lane", ["logs/a.log", str(log)], "5")
    ]
    assert "fell" not in culprit
    assert other["fell"] and "fastp_lane, which failed" in other["reason"]["what"]
    assert grouped(record("Trying to restart job uuid-2.")) == [
        {"event": "again", "job": 1},
        {"event": "again", "job": 2},
    ]


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([record(event=LogEvent.PROGRESS, done=3, total=3)], "done"),
        ([record(event=LogEvent.PROGRESS, done=2, total=3)], "failed"),
        ([], "failed"),
        ([record("Terminating processes on user request, this might take")], "stopped"),
        ([record("Will exit after finishing currently running jobs (scheduler).")], "stopped"),
    ],
)
def test_the_end_says_how_the_run_went(translate, records, status):
    translate(*BEGIN, *records)
    assert translate.translator.end()["status"] == status


def test_a_benchmark_gives_the_seconds_of_a_job(translate, tmp_path):
    file = tmp_path / "b.tsv"
    file.write_text("s\tmax_rss\n12.5\t9\n")
    info = job_info(1)
    info.benchmark = str(file)
    translate(*BEGIN, info)
    (finished,) = translate(record(event=LogEvent.JOB_FINISHED, job_id=1))
    assert finished["seconds"] == 12.5


# the handler


@pytest.fixture
def handler(tmp_path, monkeypatch):
    """Make a handler whose run is in an empty folder; it is closed at the end."""
    monkeypatch.chdir(tmp_path)
    made = []

    def make(**settings):
        found = LogHandler(OutputSettings(**settings), None)
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


def test_everything_is_in_the_log_when_the_handler_is_closed(handler, tmp_path):
    one = handler()
    for each in (*BEGIN, job_info(1)):
        one.handle(each)
    one.close()
    events, torn = read(tmp_path / EVENTS)
    assert ([event["event"] for event in events], torn) == (
        ["started", "planned", "submitted", "ended"],
        0,
    )


@pytest.mark.parametrize("settings", [{"dryrun": True}, {}])
def test_nothing_is_written_of_what_is_not_run(handler, tmp_path, settings):
    one = handler(**settings)
    for each in BEGIN if settings else BEGIN[:3]:
        one.handle(each)
    one.close()
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("settings", [{"dryrun": True}, {"verbose": True}, {"debug_dag": True}])
def test_snakemake_prints_itself_in_dry_runs_and_when_it_is_to_tell_all(handler, settings):
    assert not handler(**settings).writes_to_stream
    assert handler().writes_to_stream


def test_a_log_that_cannot_be_written_is_told_once_and_stops_nothing(handler, tmp_path, capsys):
    (tmp_path / EVENTS).mkdir(parents=True)
    one = handler()
    for each in (*BEGIN, job_info(1), job_info(2)):
        one.handle(each)
    one.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_errors_and_warnings_of_snakemake_come_through(handler, capsys):
    one = handler()
    one.handle(record("Directory cannot be locked.\nDo this.", LogEvent.ERROR, logging.ERROR))
    for each in BEGIN:
        one.handle(each)
    one.handle(record("WorkflowError:\nsomething else", LogEvent.ERROR, logging.ERROR))
    one.handle(record("beware", level=logging.WARNING))
    one.handle(record("chat"))
    one.close()
    printed = capsys.readouterr().err
    for text in ("Directory cannot be locked.\nDo this.", "something else", "beware"):
        assert text in printed
    assert "chat" not in printed


def test_the_end_of_jobs_is_logged_though_snakemake_is_to_be_quiet(handler):
    from snakemake.settings.enums import Quietness

    settings = OutputSettings(quiet={Quietness.PROGRESS, Quietness.RULES})
    LogHandler(settings, None).close()
    assert settings.quiet == {Quietness.RULES}


def test_importing_the_plugin_loads_nothing_slow():
    code = "import sys, snakemake_logger_plugin_schelde as p; print(*sys.modules)"
    start = [sys.executable, "-c", code]
    loaded = subprocess.run(start, capture_output=True, text=True, check=True).stdout.split()
    assert not {"rich", "pydantic", "yaml", "schelde"} & set(loaded)


# what is shown


@pytest.fixture
def summary():
    def make(made, seconds=None):
        run = made.state
        left = Outlook(run=Estimate(seconds, seconds, seconds)) if seconds else Outlook()
        return summary_of(run, {}, left, made.time)

    return make


def test_in_a_file_a_line_is_printed_when_a_sample_ends_a_stage(summary):
    out = io.StringIO()
    lines = Lines(out, few=24)
    made = MadeRun({"align_lane": 2, "mark_duplicates": 2})
    made.done(1, "align_lane", "A", seconds=5)
    lines.show(summary(made))
    made.done(2, "mark_duplicates", "A", seconds=5)
    lines.show(summary(made, 10))
    lines.show(summary(made, 9))
    assert out.getvalue().count("\n") == 2  # how it stands at first, and the end of a stage
    assert "A: align done; 2 of 4 jobs, about 10 s left" in out.getvalue()


def test_of_many_samples_a_line_a_minute_is_printed(summary):
    out = io.StringIO()
    lines = Lines(out, few=0)
    made = MadeRun({"align_lane": 90, "mark_duplicates": 90})
    for job in range(60):
        made.done(job, "mark_duplicates", str(job), seconds=10)
        lines.show(summary(made))
    assert out.getvalue().count("\n") == 10
    assert "align 7/180, 7 of 180 jobs" in out.getvalue()


def test_a_block_leaves_the_cursor_at_its_top_so_that_other_text_stays(summary, monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))
    out = io.StringIO()
    block = Block(out, colour=False)
    made = MadeRun({"align_lane": 3})
    made.submit(1, "align_lane", "A")
    block.show(summary(made))
    lines = out.getvalue().split("\n")
    assert lines[-1].endswith(f"\033[{len(lines) - 1}A")
    assert all(len(line) < 95 for line in lines)


def test_a_block_is_never_higher_than_the_terminal(summary, monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 9)))
    out = io.StringIO()
    made = MadeRun({"align_lane": 3, "prove_lane": 1, "gather_calls": 1, "write_report": 1})
    for number in range(3):
        made.submit(number, "align_lane", str(number))
    Block(out, colour=False).show(summary(made))
    assert out.getvalue().count("\n") < 9
