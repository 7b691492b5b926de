"""New numbers rest on enough data, keep a margin, and never come from truncated jobs."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.unit.made_jobs import MadeRun

from schelde import align
from schelde.progress import tune
from schelde.progress.basis import Basis, basis_of
from schelde.progress.efficiency import Kind, use_of
from schelde.progress.tune import ENGINE_MB, Numbers, Proposal, propose, told_of_threads
from schelde.progress.usage import Usage
from schelde.sheet import Assay

NOW = Numbers(threads=1, mem_mb=10000, runtime=1000)
SAMPLES = tuple(f"S{number}" for number in range(16))
BASIS = Basis(
    assays=dict.fromkeys(SAMPLES, Assay.WGS),
    bases=dict.fromkeys(SAMPLES, 90_000_000_000),
    java=frozenset({"call_piece_gatk"}),
)
WGS = Kind("measure_reads", Assay.WGS)


def job(sample: str | None = "S0", **given: object) -> Usage:
    values: dict[str, object] = {
        "rule": "measure_reads",
        "sample": sample,
        "done": True,
        "attempt": 1,
        "threads": 1,
        "mem_mb": NOW.mem_mb,
        "minutes": NOW.runtime,
        "wall_s": 6000.0,
        "cpu_s": 5000.0,
        "peak_mb": 2000.0 - ENGINE_MB,
        "reserved_s": 6000.0,
        "sampled": True,
    }
    return Usage(**{**values, **given})  # type: ignore[arg-type]


def of(samples: int, **given: object) -> list[Usage]:
    return [job(sample, **given) for sample in SAMPLES[:samples]]


def proposed(
    jobs: Iterable[Usage],
    kind: Kind = WGS,
    now: Numbers = NOW,
    basis: Basis = BASIS,
    *,
    folder: Path = Path("nowhere"),
    force: bool = False,
) -> Proposal:
    return propose(kind, list(jobs), now, basis, folder, force=force)


@pytest.mark.parametrize(
    ("samples", "mem_mb", "runtime"),
    [(4, 3200, 250), (16, 2800, 225)],  # 2000 x 1.6 and 1.4; 100 x 2.5 and 2.25
)
def test_the_margin_narrows_with_the_number_of_samples(
    samples: int, mem_mb: int, runtime: int
) -> None:
    assert proposed(of(samples)) == Proposal(mem_mb, runtime)


def test_the_largest_job_counts(tmp_path: Path) -> None:
    assert proposed([*of(4), job("S0", peak_mb=5000.0 - ENGINE_MB)]).mem_mb == 8000


def test_many_jobs_of_a_sample_are_one_sample() -> None:
    assert proposed([job("S0")] * 50).kept == tune.TOO_FEW


def test_small_samples_lower_nothing() -> None:
    small = Basis(BASIS.assays, dict.fromkeys(SAMPLES, 8_000_000), frozenset())
    assert proposed(of(16), basis=small) == Proposal(NOW.mem_mb, NOW.runtime, tune.TOO_FEW)


def test_force_takes_small_samples_for_whole_ones() -> None:
    small = Basis(BASIS.assays, {}, frozenset())
    assert proposed(of(4), basis=small, force=True) == Proposal(3200, 250)


def test_an_exome_is_whole_with_fewer_bases() -> None:
    exomes = Basis(
        dict.fromkeys(SAMPLES, Assay.WES), dict.fromkeys(SAMPLES, 6_000_000_000), frozenset()
    )
    assert proposed(of(4), Kind("measure_reads", Assay.WES), basis=exomes).mem_mb == 3200


def test_what_serves_all_samples_at_once_is_not_lowered() -> None:
    kind = Kind("judge_samples", None)
    assert proposed([job(None)], kind, force=True).kept == tune.OF_ALL


def test_jobs_too_short_to_be_measured_say_nothing() -> None:
    assert proposed(of(4, sampled=False)).mem_mb == NOW.mem_mb


def test_what_a_failed_job_used_says_nothing() -> None:
    failed = job("S0", done=False, killed=None, peak_mb=100.0, wall_s=60.0)
    assert proposed([failed] * 9, force=True) == Proposal(
        NOW.mem_mb, NOW.runtime, tune.NOT_MEASURED
    )


def test_a_job_killed_for_memory_raises_it_by_half_also_on_small_data() -> None:
    killed = job("S0", done=False, killed="memory")
    assert proposed([killed]).mem_mb == 15000


def test_a_job_killed_for_time_doubles_the_minutes() -> None:
    killed = job("S0", done=False, killed="time")
    assert proposed([killed]).runtime == 2000


def test_a_need_measured_after_a_job_was_killed_stands_above_the_guess() -> None:
    killed = job("S0", done=False, killed="memory")
    done = job("S0", attempt=2, mem_mb=20000, peak_mb=12000.0 - ENGINE_MB)
    assert proposed([killed, done]).mem_mb == 14400  # 12000 x 1.2, and not 10000 x 1.5


def test_a_peak_near_the_limit_raises_it() -> None:
    assert proposed(of(1, peak_mb=10000.0 - ENGINE_MB)).mem_mb == 12000


def test_a_peak_with_room_above_stays_though_the_margin_is_wider() -> None:
    assert proposed(of(4, peak_mb=7000.0)).mem_mb == NOW.mem_mb


def test_the_snakemake_beside_a_job_is_counted_once() -> None:
    assert proposed(of(4, peak_mb=2000.0, with_engine=True)).mem_mb == 3200


def test_small_changes_are_not_worth_it() -> None:
    now = Numbers(threads=1, mem_mb=3400, runtime=270)
    assert proposed(of(4), now=now) == Proposal(3400, 270)


def test_nothing_is_lowered_below_what_the_engine_needs() -> None:
    assert proposed(of(4, peak_mb=1.0, wall_s=6.0)) == Proposal(500, 10)


def test_the_memory_of_java_stays_but_its_minutes_do_not() -> None:
    found = proposed(of(4), Kind("call_piece_gatk", Assay.WGS))
    assert (found.mem_mb, found.runtime) == (NOW.mem_mb, 250)


def test_java_that_was_killed_gets_more() -> None:
    killed = job("S0", done=False, killed="memory")
    assert proposed([killed], Kind("call_piece_gatk", Assay.WGS)).mem_mb == 15000


def test_alignment_keeps_room_for_its_index_and_for_sorting(tmp_path: Path) -> None:
    index = tmp_path / "results/reference/bwa/genome.fa.bwt"
    index.parent.mkdir(parents=True)
    with index.open("wb") as file:
        file.truncate(5000 * 2**20)
    now = Numbers(threads=8, mem_mb=28000, runtime=1000)
    found = proposed(of(4, threads=8), Kind("align_lane", Assay.WGS), now, folder=tmp_path)
    assert found.mem_mb == 12500  # 5000 + 8 x 768 + 1000 + 300, rounded up


def test_alignment_without_its_index_stays(tmp_path: Path) -> None:
    found = proposed(of(4), Kind("align_lane", Assay.WGS), folder=tmp_path)
    assert found.mem_mb == NOW.mem_mb


def test_sorting_takes_as_much_as_alignment_tells_it() -> None:
    assert f"{tune.SORT_MB}M" == align.SORT_MEMORY


@pytest.mark.parametrize("ran", [{"threads": 2}, {"threads": 4, "logged": False}])
def test_jobs_with_fewer_threads_than_asked_lower_nothing(ran: dict[str, object]) -> None:
    now = Numbers(threads=4, mem_mb=10000, runtime=1000)
    assert proposed(of(4, **ran), now=now).kept == tune.FEWER_THREADS


@pytest.mark.parametrize(
    ("cpu_s", "told"),
    [
        (6000.0, "measure_reads used 1.0 of 8 threads: one thread holds it up, more would not"),
        (18000.0, "measure_reads used 3.0 of 8 threads: 3 would do"),
    ],
)
def test_threads_that_are_not_used_are_told(cpu_s: float, told: str) -> None:
    jobs = of(4, threads=8, cpu_s=cpu_s)
    assert (told_of_threads(use_of(WGS, jobs), jobs) or "").startswith(told)


@pytest.mark.parametrize("ran", [{"cpu_s": 24000.0}, {"cpu_s": 60.0, "wall_s": 30.0}])
def test_threads_of_busy_and_of_short_jobs_are_not_told(ran: dict[str, object]) -> None:
    jobs = of(4, threads=8, **ran)
    assert told_of_threads(use_of(WGS, jobs), jobs) is None


def test_trimmed_reads_are_not_counted_twice(tmp_path: Path) -> None:
    MadeRun(tmp_path).person("S1", 5e9)
    proof = tmp_path / "results/reads/S1/L.F.1.trimmed.proof.json"
    proof.write_text('{"bases": 7}')
    assert basis_of(tmp_path).bases == {"S1": 5_000_000_000}


def test_rules_with_a_heap_follow_from_the_programs_chosen(tmp_path: Path) -> None:
    config = tmp_path / "config/config.yaml"
    config.parent.mkdir()
    config.write_text("call: {caller: bcftools}\nqc: {engine: picard, contamination: gatk}\n")
    java = basis_of(tmp_path).java
    assert {"measure_reads", "estimate_contamination"} <= java
    assert "gather_calls" not in java


def test_the_sheet_is_the_one_that_the_config_names(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("people: who.tsv\n")
    (tmp_path / "who.tsv").write_text("sample\tassay\nA\twes\nB\twgs\n")
    assert basis_of(tmp_path).assays == {"A": Assay.WES, "B": Assay.WGS}
