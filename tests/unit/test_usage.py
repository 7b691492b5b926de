"""What jobs asked for and used, from events, benchmarks and Slurm's accounting."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.made_jobs import MadeRun, write_benchmark

from schelde.jobs import read_jobs
from schelde.progress import usage
from schelde.progress.benchmarks import read_benchmark
from schelde.progress.slurm_accounting import Account, Accounting
from schelde.progress.usage import Usage, Usages, usages
from schelde.sheet import Assay

ASSAYS = {"S1": Assay.WGS, "E1": Assay.WES}
JOBS = """\
align_lane: {threads: 8, mem_mb: 28000, runtime: 720, exome: {mem_mb: 9000, runtime: 60}}
a: {threads: 2, mem_mb: 500, runtime: 30}
"""
ACCOUNT = Account(state="COMPLETED", cpus=4, wall_s=700, cpu_s=500, peak_mb=350, asked_mb=1000)


def look(folder: Path) -> Usages:
    jobs = folder / "jobs.yaml"
    jobs.write_text(JOBS)
    return usages(folder, read_jobs(jobs), ASSAYS, limit_s=5)


def accounted(monkeypatch: pytest.MonkeyPatch, **accounts: Account) -> None:
    answer = Accounting({name.removeprefix("j"): account for name, account in accounts.items()})
    monkeypatch.setattr(usage, "accounting", lambda ids, limit_s: answer)


def only(found: Usages) -> Usage:
    (job,) = found.jobs
    return job


def test_a_benchmark_without_numbers_leaves_memory_and_cpu_unknown(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "b.tsv", 0.07, "NA", "NA")
    found = read_benchmark(tmp_path / "b.tsv")
    assert found is not None
    assert (found.wall_s, found.cpu_s, found.peak_mb, found.sampled) == (0.07, None, None, False)


def test_memory_of_a_system_without_shares_is_the_sum_of_processes(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "b.tsv", 60, "0.00")
    found = read_benchmark(tmp_path / "b.tsv")
    assert found is not None and found.peak_mb == 999


@pytest.mark.parametrize("text", ["", "s\n", "s\tcpu_time\nx\t1\n", "h\n1\n"])
def test_a_benchmark_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.tsv").write_text(text)
    assert read_benchmark(tmp_path / "b.tsv") is None


def test_a_job_under_5_seconds_is_not_measured(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("a", wall=4.9)
    assert not only(look(tmp_path)).sampled


def test_a_job_tells_what_it_asked_for_and_used(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("a", "S1", threads=3, mem_mb=700, minutes=9, wall=60, cpu=90, peak=250)
    assert only(look(tmp_path)) == Usage(
        rule="a",
        sample="S1",
        done=True,
        attempt=1,
        threads=3,
        mem_mb=700,
        minutes=9,
        wall_s=60,
        cpu_s=90,
        peak_mb=250,
        reserved_s=180,
        sampled=True,
    )


def test_what_slurm_counts_is_taken_where_it_is_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounted(monkeypatch, j7=ACCOUNT)
    MadeRun(tmp_path).job("a", threads=2, wall=600, cpu=800, peak=250, external="7")
    job = only(look(tmp_path))
    assert (job.wall_s, job.reserved_s, job.cpu_s, job.peak_mb) == (700, 2800, 800, 350)
    assert job.with_engine


def test_jobs_that_shared_a_slurm_job_keep_their_own_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounted(monkeypatch, j7=ACCOUNT)
    run = MadeRun(tmp_path)
    run.job("a", wall=60, cpu=50, peak=20, external="7", group="short")
    run.job("a", wall=30, cpu=20, peak=10, external="7", group="short")
    found = look(tmp_path)
    assert [(job.wall_s, job.peak_mb, job.with_engine) for job in found.jobs] == [
        (60, 20, False),
        (30, 10, False),
    ]
    assert found.notes[0].startswith("Jobs that went to Slurm as one with others: 2.")


def test_a_group_of_one_is_a_job_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounted(monkeypatch, j7=ACCOUNT)
    MadeRun(tmp_path).job("a", wall=60, external="7", group="short")
    assert only(look(tmp_path)).wall_s == ACCOUNT.wall_s


def test_slurm_knows_the_cpu_of_jobs_too_short_for_benchmarks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounted(monkeypatch, j7=replace(ACCOUNT, wall_s=3, cpu_s=2))
    MadeRun(tmp_path).job("a", wall=0.3, cpu=0.1, external="7")
    job = only(look(tmp_path))
    assert (job.cpu_known, job.sampled, job.cpu_s) == (True, False, 2)


def test_a_failed_attempt_keeps_what_it_reserved_and_why_it_was_killed(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("a", wall=300, threads=2, reason="memory")
    job = only(look(tmp_path))
    assert (job.done, job.killed, job.reserved_s, job.peak_mb) == (False, "memory", 600, None)


def test_slurm_tells_why_a_job_was_killed_where_nobody_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounted(monkeypatch, j7=replace(ACCOUNT, state="TIMEOUT"))
    MadeRun(tmp_path).job("a", external="7", reason="unknown")
    assert only(look(tmp_path)).killed == "time"


def test_a_benchmark_tells_of_the_last_time_that_its_job_ran(tmp_path: Path) -> None:
    for peak in (50.0, 80.0):
        run = MadeRun(tmp_path)  # Snakemake numbers the jobs of each run from the start
        run.event("started", executor="local")
        run.job("a", peak=peak)
    assert [job.peak_mb for job in look(tmp_path).jobs] == [None, 80]


def test_without_events_the_file_of_numbers_says_what_was_asked(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "benchmarks/align_lane/E1.L.1.tsv", 60)
    found = look(tmp_path)
    job = only(found)
    assert (job.sample, job.threads, job.mem_mb, job.minutes) == ("E1", 8, 9000, 60)
    assert not job.logged
    assert found.notes[-1].startswith("Jobs that no event log tells of: 1.")


def test_a_benchmark_of_no_sample_is_of_all(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "benchmarks/index_bwa/genome.tsv", 60)
    assert only(look(tmp_path)).sample is None


def test_a_folder_in_which_nothing_ran_has_no_jobs(tmp_path: Path) -> None:
    assert look(tmp_path) == Usages(())
