from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.made_run import MadeRun

from schelde.progress.events import append
from schelde.progress.stages import LAST_OF_SAMPLE, OTHER, RULES, TARGETS, stage_of
from schelde.progress.state import runs_of

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests/data/demo_events.jsonl"


def test_a_real_run_is_known_job_by_job():
    (run,) = runs_of(DEMO)
    assert (run.status, run.executor, run.cores) == ("done", "local", 2)
    assert sum(run.planned.values()) == len(run.tries) == 46
    assert {attempt.outcome for attempt in run.tries} == {"done"}
    assert all(attempt.took is not None for attempt in run.tries)


def test_a_local_job_runs_as_soon_as_it_is_submitted():
    made = MadeRun({"align_lane": 1})
    made.submit(1, "align_lane")
    (attempt,) = made.state.tries
    assert (attempt.outcome, attempt.began) == ("running", made.time)


@pytest.fixture
def slurm():
    made = MadeRun({"align_lane": 1}, executor="slurm", cores=None, jobs_at_once=9)
    made.submit(1, "align_lane")
    made.add("queued", job=1, external="77", log="slurm.log")
    return made


def test_a_queued_job_runs_when_it_was_seen_to(slurm):
    assert slurm.state.tries[0].outcome == "submitted"
    slurm.time += 50
    slurm.add("running", job=1)
    slurm.time += 100
    slurm.add("finished", job=1, seconds=90.0)
    (attempt,) = slurm.state.tries
    assert (attempt.external, attempt.outcome) == ("77", "done")
    assert (attempt.took, attempt.seconds) == (100, 90.0)


def test_a_job_that_was_never_seen_running_began_as_its_benchmark_tells(slurm):
    slurm.time += 200
    slurm.add("finished", job=1, seconds=90.0)
    assert slurm.state.tries[0].took == 90


def test_each_attempt_is_kept_and_only_the_last_counts(slurm):
    slurm.add("failed", job=1, rule="align_lane", reason={"kind": "memory"})
    assert [t.job for t in slurm.state.failures] == [1]
    slurm.add("again", job=1)
    assert slurm.state.failures == []
    slurm.submit(1, "align_lane", attempt=2)
    slurm.add("finished", job=1, seconds=None)
    run = slurm.state
    assert [(t.attempt, t.outcome) for t in run.tries] == [(1, "failed"), (2, "done")]
    assert run.current[1].attempt == 2


def test_jobs_without_an_end_are_lost_with_the_run(slurm):
    slurm.add("ended", status="stopped")
    assert (slurm.state.status, slurm.state.tries[0].outcome) == ("stopped", "lost")


def test_a_run_without_an_end_is_over_when_a_later_one_began(tmp_path, slurm):
    path = tmp_path / "events.jsonl"
    later = [{**event, "run": "later", "time": event["time"] + 500} for event in slurm.events]
    append(path, *slurm.events, *later)
    first, second = runs_of(path)
    assert (first.status, first.tries[0].outcome) == ("stopped", "lost")
    assert (second.status, second.tries[0].outcome) == ("running", "submitted")


def test_events_of_unknown_kinds_and_of_unknown_jobs_change_nothing(slurm):
    before = slurm.state
    slurm.add("invented", job=1)
    slurm.add("finished", job=99, seconds=None)
    assert slurm.state.tries == before.tries


def test_a_log_without_its_first_lines_still_tells_of_jobs():
    made = MadeRun({"align_lane": 1})
    made.done(1, "align_lane", seconds=5)
    made.events = made.events[2:]
    assert made.state.executor == "unknown"
    assert made.state.tries[0].outcome == "done"


def test_every_rule_of_the_workflow_has_a_stage():
    text = "".join(file.read_text() for file in (ROOT / "workflow/rules").rglob("*.smk"))
    text += (ROOT / "Snakefile").read_text()
    rules = {line[5:-1] for line in text.splitlines() if line.startswith("rule ")}
    assert {rule for rule in rules - TARGETS if stage_of(rule) == OTHER} == set()
    assert rules & TARGETS == TARGETS
    assert rules >= {rule for stage in RULES.values() for rule in stage}
    assert all(stage_of(rule) == stage for stage, rule in LAST_OF_SAMPLE.items())
