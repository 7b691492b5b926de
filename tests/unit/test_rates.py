from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.jobs import read_jobs
from schelde.plan.fit import Seen, fitted
from schelde.plan.learn import Learner
from schelde.plan.model import Task
from schelde.plan.rates import Overhead, Rate, Rates, read_rates, write_rates

ROOT = Path(__file__).parents[2]
BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
LINE = Rate(of="lane", fixed_s=1, fixed_cpu_s=1, per_gb_cpu_s=100, usable=8, source="made up")
LOCAL = Overhead(start_s=2, start_cpu_s=2, job_s=0.5, job_cpu_s=1, source="made up")


def test_a_rate_uses_no_more_threads_than_it_can() -> None:
    rate = Rate(of="lane", fixed_s=5, per_gb_cpu_s=80, usable=4, source="x")
    assert [rate.wall_s(2, threads) for threads in (1, 2, 4, 16)] == [165, 85, 45, 45]
    assert rate.cpu_s(2) == 160


def test_every_rule_with_numbers_has_a_rate_with_its_source() -> None:
    rates = read_rates(ROOT, Path("no such file"))
    named = {name.split("/")[0] for name in rates.rules}
    jobs = read_jobs(ROOT / "config/jobs.yaml")
    assert set(jobs.rules) - named == {"submit_bundle"}  # not a part of the run
    assert all(len(rate.source) > 5 for rate in rates.rules.values())


def test_what_nobody_has_measured_says_so() -> None:
    rates = read_rates(ROOT, Path("no such file"))
    for name in ("call_gpu", "align_lane/bwa-mem2", "trim_lane"):
        assert "not measured" in rates.rules[name].source


def test_a_site_lays_its_rates_over_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "rates.yaml"
    write_rates(own, {"prove_lane": LINE}, {"local": LOCAL})
    rates = read_rates(ROOT, own)
    assert rates.rules["prove_lane"] == LINE
    assert rates.overhead["local"] == LOCAL
    assert rates.own == {"prove_lane", "overhead local"}
    assert "align_lane/bwa" in rates.rules


def test_the_tool_decides_where_a_rate_is_the_tools() -> None:
    rates = Rates({"align/bwa": LINE, "prove": LINE}, {})
    assert rates.named("align", "bwa") == "align/bwa"
    assert rates.named("prove", "bwa") == "prove"
    with pytest.raises(KeyError, match="no rate for rule 'align'"):
        rates.named("align", "other")


def test_all_mistakes_in_a_file_of_rates_are_told_with_their_lines(tmp_path: Path) -> None:
    own = tmp_path / "rates.yaml"
    own.write_text("rules:\n  a: {of: lane, source: x, fixed_s: -1}\n  b: {of: lanes, source: x}\n")
    with pytest.raises(UserError) as caught:
        read_rates(ROOT, own)
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def seen(sizes: list[float], line: tuple[float, float], threads: int = 2) -> Seen:
    fixed, growing = line
    wall = [fixed + growing * size / threads for size in sizes]
    return Seen(sizes=sizes, threads=[threads] * len(sizes), wall_s=wall)


def test_sizes_that_differ_tell_the_fixed_time_from_one_that_grows() -> None:
    rate = fitted(LINE, seen([0.1, 0.5, 1, 5, 10, 50] * 4, (4, 60)))
    assert rate.fixed_s == pytest.approx(4, rel=0.15)
    assert rate.per_gb_cpu_s == pytest.approx(60, rel=0.05)


def test_where_sizes_are_alike_the_shipped_proportion_stays() -> None:
    rate = fitted(LINE, seen([10.0] * 5, (2, 200)))
    assert rate.per_gb_cpu_s / rate.fixed_s == pytest.approx(100, rel=0.05)
    assert rate.wall_s(10, 2) == pytest.approx(1002, rel=0.05)


def test_neither_part_of_a_time_is_below_nothing() -> None:
    falling = Seen(sizes=[1, 2, 3] * 5, threads=[1] * 15, wall_s=[30, 20, 10] * 5)
    rate = fitted(LINE, falling)
    assert rate.fixed_s > 5 and 0 <= rate.per_gb_cpu_s < 1


def test_the_spread_of_a_measured_rate_is_that_of_its_jobs() -> None:
    even = fitted(LINE, seen([1.0] * 20, (1, 100)))
    assert (even.low, even.high) == (0.9, 1.1)
    uneven = Seen(sizes=[1.0] * 20, threads=[1] * 20, wall_s=[50.0, 150.0] * 10)
    assert fitted(LINE, uneven).high > 1.3


def project(folder: Path, walls: Mapping[str, float], cpu: str = "0.00") -> None:
    for name, wall in walls.items():
        rule, _, rest = name.partition(".")
        file = folder / "benchmarks" / rule / f"{rest}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{BENCHMARK}{wall}\t0:00:01\t9\t9\t9\t9\t0\t0\t0\t{cpu}\n")


def lanes(number: int) -> list[Task]:
    return [
        Task(f"align.S{n}.l", "align", f"S{n}", (), 2, 9, 0, 0, rate="align/bwa", size=n + 1)
        for n in range(number)
    ]


def test_rates_are_learned_from_the_benchmarks_of_a_run(tmp_path: Path) -> None:
    project(tmp_path, {f"align.S{n}.l": 3 + 20 * (n + 1) for n in range(9)}, cpu="20")
    learner = Learner(Rates({"align/bwa": LINE}, {"local": LOCAL}))
    learner.add(tmp_path, lanes(9))
    rate = learner.learned().rules["align/bwa"]
    assert rate.wall_s(5, 2) == pytest.approx(103, rel=0.05)
    assert rate.source == "9 jobs on this site"


def test_rules_of_which_nothing_is_known_are_named(tmp_path: Path) -> None:
    learner = Learner(Rates({"align/bwa": LINE}, {"local": LOCAL}))
    learner.add(tmp_path, lanes(2))
    learned = learner.learned()
    assert (learned.unknown, dict(learned.rules)) == (("align",), {})


def test_jobs_without_a_benchmark_are_timed_by_the_event_log(tmp_path: Path) -> None:
    start = {"time": 100.0, "run": "r", "event": "started", "executor": "local"}
    events = [start]
    for job, rule in enumerate(["align", "judge"]):
        common = {"run": "r", "job": job}
        wildcards = {"sample": "S0", "lane": "l"} if rule == "align" else {}
        sent = {"event": "submitted", "time": 103.0, "rule": rule, "wildcards": wildcards}
        events.append(common | sent | {"threads": 1, "local": True})
        done = {"event": "finished", "time": 114.0, "seconds": 10.0 if rule == "align" else None}
        events.append(common | done)
    events.append({"time": 115.0, "run": "r", "event": "ended", "status": "done"})
    (tmp_path / "logs").mkdir()
    text = "".join(json.dumps(event) + "\n" for event in events)
    (tmp_path / "logs/events.jsonl").write_text(text)
    judge = Task("judge", "judge", None, (), 1, 9, 0, 0, rate="judge", size=1)
    one = Rate(of="samples", fixed_s=1, source="made up")
    learner = Learner(Rates({"judge": one}, {"local": LOCAL}))
    learner.add(tmp_path, [judge])
    learned = learner.learned()
    assert learned.overhead["local"].job_s == 1
    assert learned.rules["judge"].fixed_s == pytest.approx(10, rel=0.05)


def test_what_a_rule_keeps_is_weighed_once_whatever_its_names(tmp_path: Path) -> None:
    for name in ("index_bwa.genome", "seal_sample.S0", "write_bundle.d"):
        project(tmp_path, {name: 10})
    sealed = tmp_path / "results/bundle/S0/a.c4gh"
    sealed.parent.mkdir(parents=True)
    sealed.write_bytes(b"x" * 1_000_000)
    linked = tmp_path / "bundles/d/encrypted/a.c4gh"
    linked.parent.mkdir(parents=True)
    linked.hardlink_to(sealed)
    line = Rate(of="sample", kept_mb=1, source="made up")
    tasks = [
        Task("seal_sample.S0", "seal_sample", "S0", (), 1, 9, 0, 0, rate="seal", size=1),
        Task(
            "write_bundle",
            "write_bundle",
            None,
            ("seal_sample.S0",),
            1,
            9,
            0,
            0,
            rate="write",
            size=1,
        ),
    ]
    learner = Learner(Rates({"seal": line, "write": line}, {"local": LOCAL}))
    learner.add(tmp_path, tasks)
    rules = learner.learned().rules
    assert rules["seal"].kept_mb + rules["seal"].fixed_kept_mb == pytest.approx(1, rel=0.02)
    assert rules["write"].kept_mb + rules["write"].fixed_kept_mb < 0.05
