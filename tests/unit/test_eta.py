from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.made_run import MadeRun

from schelde.progress.eta import outlook_of, slots
from schelde.progress.events import read
from schelde.progress.state import fold
from schelde.progress.usual import (
    RATES,
    Usual,
    benchmarked,
    rates_of,
    read_rates,
    threads_by_rule,
    took_by_rule,
    usual_by_rule,
)

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests/data/demo_events.jsonl"


def exactly(**seconds):
    return {rule: Usual(s, s, s, "this run") for rule, s in seconds.items()}


def left(made, **seconds):
    return outlook_of(made.state, exactly(**seconds), {}, made.time).run.seconds


def test_work_is_divided_by_the_cores():
    made = MadeRun({"align_lane": 4})
    for job in (1, 2):
        made.submit(job, "align_lane", str(job))
    made.time += 100
    for job in (1, 2):
        made.add("finished", job=job, seconds=None)
    assert left(made, align_lane=100) == pytest.approx(100)


def test_the_longest_chain_is_a_lower_bound():
    made = MadeRun({"align_lane": 1, "mark_duplicates": 1}, cores=16)
    assert left(made, align_lane=100, mark_duplicates=50) == 150


def test_a_running_job_counts_for_what_it_has_left():
    made = MadeRun({"align_lane": 1}, cores=1)
    made.submit(1, "align_lane")
    made.time += 30
    assert left(made, align_lane=100) == pytest.approx(70)


def test_a_job_that_runs_longer_than_usual_is_not_taken_for_done():
    made = MadeRun({"align_lane": 1}, cores=1)
    made.submit(1, "align_lane")
    made.time += 500
    assert left(made, align_lane=100) == pytest.approx(20)


def test_a_job_of_many_threads_takes_the_cores_that_there_are():
    made = MadeRun({"align_lane": 2}, cores=4)
    made.submit(1, "align_lane", threads=8)
    made.time += 100
    made.add("finished", job=1, seconds=None)
    assert left(made, align_lane=100) == pytest.approx(100)


def test_a_job_that_failed_for_good_is_not_waited_for():
    made = MadeRun({"align_lane": 2}, cores=1)
    made.submit(1, "align_lane")
    made.time += 100
    made.add("failed", job=1, rule="align_lane", reason={})
    assert left(made, align_lane=100) == pytest.approx(100)
    made.add("again", job=1)
    assert left(made, align_lane=100) == pytest.approx(200)


def test_a_cluster_has_as_many_places_as_were_seen_to_run():
    made = MadeRun({"align_lane": 10}, executor="slurm", cores=None, jobs_at_once=500)
    for job in range(4):
        made.submit(job, "align_lane")
        made.add("running", job=job)
    assert slots(made.state, made.time) == 4
    made.submit(4, "align_lane")
    for job in range(2):
        made.add("finished", job=job, seconds=None)
    assert slots(made.state, made.time) == 2  # one waits: no more than these are free


def test_no_estimate_is_made_of_what_nothing_is_known_of():
    made = MadeRun({"align_lane": 1, "strange": 1})
    assert outlook_of(made.state, exactly(align_lane=1), {}, made.time).run is None


def test_a_run_that_is_over_has_nothing_left():
    made = MadeRun({"align_lane": 1})
    made.add("ended", status="failed")
    assert outlook_of(made.state, exactly(align_lane=1), {}, made.time).run is None


def test_a_sample_that_is_further_has_less_left():
    made = MadeRun({"align_lane": 2, "mark_duplicates": 2, "gather_calls": 2})
    made.done(1, "align_lane", "A", seconds=10)
    made.done(2, "mark_duplicates", "A", seconds=10)
    made.done(3, "align_lane", "B", seconds=10)
    usual = exactly(align_lane=10, mark_duplicates=10, gather_calls=10)
    samples = outlook_of(made.state, usual, {}, made.time).samples
    assert samples["A"].seconds < samples["B"].seconds


def test_jobs_of_this_run_tell_more_than_those_before():
    made = MadeRun({"align_lane": 3})
    made.done(1, "align_lane", seconds=10)
    before = MadeRun({"align_lane": 1})
    before.done(1, "align_lane", seconds=99)
    here, earlier = took_by_rule([made.state]), took_by_rule([before.state])
    planned = made.state.planned
    assert usual_by_rule(planned, here, earlier, {}, {})["align_lane"].seconds == 10
    assert usual_by_rule(planned, {}, earlier, {}, {})["align_lane"].source == "earlier runs"


def test_earlier_times_are_stretched_when_the_same_jobs_take_longer_now():
    here, before = MadeRun({"align_lane": 9}), MadeRun({"align_lane": 9, "gather_calls": 1})
    for job in range(5):
        here.done(job, "align_lane", seconds=20)
    before.done(0, "align_lane", seconds=10)
    before.done(1, "gather_calls", seconds=3)
    usual = usual_by_rule(
        {"align_lane": 9, "gather_calls": 1},
        took_by_rule([here.state]),
        took_by_rule([before.state]),
        {},
        {},
    )
    assert usual["gather_calls"].seconds == pytest.approx(6)


def test_benchmarks_are_read_where_no_log_tells(tmp_path):
    folder = tmp_path / "benchmarks/align_lane"
    folder.mkdir(parents=True)
    (folder / "A.tsv").write_text("s\th:m:s\n12.5\t0:00:12\n")
    times = benchmarked(tmp_path, ["align_lane", "gather_calls"])
    assert times == {"align_lane": [12.5]}
    usual = usual_by_rule({"align_lane": 1}, {}, {}, times, {})["align_lane"]
    assert (usual.seconds, usual.source) == (12.5, "benchmarks")


def test_a_rule_that_never_ran_is_as_big_as_the_rules_that_did():
    planned = {"align_lane": 2, "mark_duplicates": 2}
    entries = {
        "align_lane": {"of": "lane", "per_gb_cpu_s": 100},
        "mark_duplicates": {"of": "sample", "fixed_s": 5, "per_gb_cpu_s": 10},
    }
    made = MadeRun(planned)
    made.done(1, "align_lane", "A", seconds=400)  # a lane of 4 Gb
    rates = rates_of(planned, entries, {}, 2)
    usual = usual_by_rule(planned, took_by_rule([made.state]), {}, {}, rates)
    assert usual["mark_duplicates"].seconds == pytest.approx(5 + 40)
    assert usual["mark_duplicates"].source == "rates"


def test_nothing_is_guessed_before_anything_was_measured():
    rates = rates_of({"align_lane": 1}, {"align_lane": {"of": "lane", "fixed_s": 5}}, {}, 2)
    assert usual_by_rule({"align_lane": 1}, {}, {}, {}, rates) == {}


def error_at(share, *, before):
    """How far the demo's estimate is off when a share of it is over, as a part of the whole."""
    events, _ = read(DEMO)
    begin, end = events[0]["time"], events[-1]["time"]
    now = begin + share * (end - begin)
    runs, whole = {}, {}
    for event in events:
        fold(whole, event)
        if event["time"] <= now:
            fold(runs, event)
    (run,), (done,) = runs.values(), whole.values()
    threads = threads_by_rule(ROOT / "config/jobs.yaml")
    rates = rates_of(run.planned, read_rates(ROOT / RATES), threads, run.cores)
    earlier = took_by_rule([done] if before else [])
    usual = usual_by_rule(run.planned, took_by_rule([run]), earlier, {}, rates)
    estimate = outlook_of(run, usual, threads, now).run
    assert estimate.low <= estimate.seconds <= estimate.high
    return (estimate.seconds - (end - now)) / (end - begin)


@pytest.mark.parametrize(("share", "most"), [(0.25, 0.25), (0.5, 0.1), (0.75, 0.1)])
def test_the_first_run_of_the_demo_is_foreseen_from_its_own_jobs(share, most):
    assert abs(error_at(share, before=False)) < most


@pytest.mark.parametrize(("share", "most"), [(0.1, 0.2), (0.25, 0.2), (0.5, 0.1), (0.75, 0.1)])
def test_a_second_run_of_the_demo_is_foreseen_from_its_begin(share, most):
    assert abs(error_at(share, before=True)) < most
