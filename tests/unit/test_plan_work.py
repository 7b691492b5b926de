from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pysam
import pytest

from schelde.assembly import Assembly
from schelde.cluster.used import rules_without_gpu
from schelde.config import ReferenceSettings, Settings
from schelde.consent import Gate
from schelde.errors import UserError
from schelde.inputs import Inputs
from schelde.jobs import LOCAL, read_jobs
from schelde.plan.alignment_bases import alignment_bases
from schelde.plan.loads import loads_of
from schelde.plan.model import Task
from schelde.plan.nodes import machine_of, with_gpus
from schelde.plan.rates import read_rates
from schelde.plan.sizes import Depth, Sizes, fastq_bases, sizes_of
from schelde.plan.work import tasks_of
from schelde.sheet import Assay, Lane, Person, Sex, Sheet
from schelde.site import Partition, Site

ROOT = Path(__file__).parents[2]
RATES = read_rates(ROOT, Path("no such file"))
ASSEMBLY = Assembly("made up", ("chr1",))
LANE = Lane("A", "l1", "F", "1", ("a_1.fq",), ("a_2.fq",))
PERSON = Person("A", Assay.WGS, Sex.MALE)


def inputs(
    people: tuple[Person, ...] = (PERSON,),
    lanes: tuple[Lane, ...] = (LANE,),
    site: Site | None = None,
    gate: Gate | None = None,
    **settings: object,
) -> Inputs:
    reference = ReferenceSettings(name="made up", fasta="genome.fa")
    chosen = Settings.model_validate({"reference": reference, **settings})
    site = site or Site()
    exomes = [person.sample for person in people if person.assay is Assay.WES]
    jobs = read_jobs(ROOT / "config/jobs.yaml").on(site, exomes, rules_without_gpu(chosen))
    return Inputs(chosen, Sheet(people, lanes), ASSEMBLY, site, jobs, gate=gate)


def planned(of: Inputs, gigabases: float = 90, cores: int | None = None) -> list[Task]:
    lanes = {(lane.sample, lane.name): gigabases for lane in of.sheet.lanes}
    return tasks_of(of, Sizes(lanes, 3.1, {}), RATES, cores=cores)


def test_tasks_stand_after_those_that_they_need() -> None:
    known: set[str] = set()
    for task in planned(inputs(gate=Gate(("A",)))):
        assert known.issuperset(task.needs)
        known.add(task.name)


def test_a_genome_of_one_lane_takes_eleven_jobs_of_its_own() -> None:
    tasks = planned(inputs())
    assert sum(task.sample == "A" for task in tasks) == 11


def test_the_work_of_pieces_adds_up_to_that_of_the_sample() -> None:
    four, eight = (
        sum(task.cpu_s - 5 for task in planned(inputs(call={"pieces": n})) if "piece" in task.rule)
        for n in (4, 8)
    )
    assert four == pytest.approx(eight)


def test_threads_are_cut_to_the_cores_of_one_machine() -> None:
    of = inputs()
    align = {task.rule: task for task in planned(of, cores=2)}["align_lane"]
    wide = {task.rule: task for task in planned(of)}["align_lane"]
    assert (align.threads, wide.threads) == (2, 8)
    assert align.wall_s > 3.5 * wide.wall_s


def test_jobs_go_to_the_partition_of_the_site() -> None:
    small = Partition(nodes=2, cpus=4, mem_mb=8000)
    large = Partition(nodes=2, cpus=32, mem_mb=200_000)
    tasks = planned(inputs(site=Site(partitions={"small": small, "large": large})))
    pools = {task.rule: task.pool for task in tasks}
    assert (pools["call_piece_gatk"], pools["align_lane"]) == ("small", "large")
    assert all(task.pool is None for task in tasks if task.local)


def test_a_job_that_fits_no_partition_is_told_with_its_line() -> None:
    site = Site(partitions={"small": Partition(cpus=4, mem_mb=8000)})
    with pytest.raises(UserError, match=r"jobs.yaml:\d+: rule .* asks for"):
        planned(inputs(site=site))


def test_an_exome_asks_for_the_numbers_of_an_exome() -> None:
    person = replace(PERSON, assay=Assay.WES, targets="capture.bed")
    tasks = {task.rule: task for task in planned(inputs((person,)))}
    assert tasks["align_lane"].group == "exome_lane"
    assert tasks["align_lane"].gpu_s is None and tasks["call_piece_gatk"].gpu_s is None
    assert "prepare_targets.capture" in tasks["gather_calls"].needs


def test_local_rules_are_those_of_the_workflow() -> None:
    assert {task.rule for task in planned(inputs(gate=Gate(("A",)))) if task.local} <= LOCAL


def test_a_sample_that_may_not_go_into_the_bundle_is_not_sealed() -> None:
    people = (PERSON, replace(PERSON, sample="B"))
    lanes = (LANE, replace(LANE, sample="B"))
    tasks = planned(inputs(people, lanes, gate=Gate(("B",))))
    assert [task.sample for task in tasks if task.rule == "seal_sample"] == ["B"]


def test_the_jobs_of_a_sample_are_the_same_in_a_batch_of_many() -> None:
    people = tuple(replace(PERSON, sample=f"S{n}") for n in range(20))
    lanes = tuple(replace(LANE, sample=f"S{n}") for n in range(20))
    found = Counter(task.rule for task in planned(inputs(people, lanes)) if task.sample)
    assert set(found.values()) == {20, 80}


def test_loads_add_up_what_the_jobs_of_a_sample_hold() -> None:
    tasks = planned(inputs())
    (load,) = loads_of(tasks)
    own = [task for task in tasks if task.sample]
    held = sum(task.threads * task.wall_s for task in own)
    assert load.cpu_s + load.call_cpu_s == pytest.approx(held)
    assert load.kept_mb == pytest.approx(sum(task.kept_mb for task in own))
    assert load.chain_cpu_s > (load.chain_gpu_s or 0) > 0
    assert load.after_s == sum(
        task.threads * task.wall_s
        for task in own
        if task.rule in ("gather_calls", "measure_variants")
    )


def test_calling_on_a_gpu_is_that_of_the_whole_sample() -> None:
    (load,) = loads_of(planned(inputs(call={"pieces": 4}), gigabases=93))
    assert load.call_gpu_s == pytest.approx(29 * 93)
    assert load.call_beside_s == pytest.approx(8 * 29 * 93)


def test_temporary_files_of_a_load_are_those_that_lie_there_at_once() -> None:
    tasks = [
        Task("a", "x", "S", (), 1, 1, 1, 1, temp_mb=100),
        Task("b", "x", "S", ("a",), 1, 1, 1, 1, temp_mb=30),
        Task("c", "x", "S", ("b",), 1, 1, 1, 1, scratch_mb=40),
    ]
    assert loads_of(tasks)[0].temp_mb == 130


def test_without_partitions_one_machine_is_planned_for() -> None:
    machine = machine_of(Site(), 6)
    assert (machine.executor, machine.cores, machine.pools[0].cpus) == ("local", 6, 6)


def test_one_machine_has_the_gpus_that_its_jobs_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no nvidia-smi
    machine = with_gpus(machine_of(Site(), 6), 2)
    assert machine.pools[0].gpus == 2


def test_partitions_have_no_other_gpus_than_the_site_says() -> None:
    cpu = Partition(cpus=8, mem_mb=64_000)
    machine = with_gpus(machine_of(Site(partitions={"cpu": cpu}), None), 2)
    assert machine.pools[0].gpus == 0


@pytest.mark.parametrize(
    ("caller", "rule", "rate"),
    [
        ("parabricks", "call_parabricks", "call_parabricks"),
        ("deepvariant", "call_deepvariant", "call_deepvariant/gpu"),
        ("pairhmm", "call_piece_pairhmm", "call_piece_pairhmm/gpu"),
    ],
)
def test_a_caller_on_a_gpu_holds_one_and_is_not_offered_another(
    caller: str, rule: str, rate: str
) -> None:
    tasks = planned(inputs(call={"caller": caller, "device": "gpu"}))
    assert {task.rule: task.gpus for task in tasks if task.gpus} == {rule: 1}
    assert {task.rate for task in tasks if task.rule == rule} == {rate}
    assert not [task for task in tasks if task.gpu_s is not None]


@pytest.mark.parametrize("caller", ["deepvariant", "pairhmm"])
def test_a_caller_on_the_cpu_holds_no_gpu(caller: str) -> None:
    assert not [task for task in planned(inputs(call={"caller": caller})) if task.gpus]


def test_each_step_of_a_caller_waits_for_the_one_before() -> None:
    tasks = {task.name: task for task in planned(inputs(call={"caller": "deepvariant"}))}
    assert "make_deepvariant_examples.A.2" in tasks["call_deepvariant.A.2"].needs
    assert "call_deepvariant.A.2" in tasks["call_piece_deepvariant.A.2"].needs
    assert "call_piece_deepvariant.A.2" in tasks["gather_calls.A"].needs


def test_groups_of_partitions_are_pools() -> None:
    gpu = Partition(nodes=3, cpus=8, mem_mb=64_000, gpus=2, cost=9, watts=900)
    machine = machine_of(Site(partitions={"gpu": gpu}), None)
    (pool,) = machine.pools
    assert (machine.executor, pool.nodes, pool.gpus, pool.cost) == ("slurm", 3, 2, 9)


# sizes


def reads(number: int) -> bytes:
    qualities = ["FFFFF:FFFF,FFFF" * 10, "FF:FFFFFFFFFFF,F" * 9]
    return b"".join(
        f"@read{n}\n{'ACGGT' * 30}\n+\n{qualities[n % 2][:150]:F<150}\n".encode()
        for n in range(number)
    )


@pytest.mark.parametrize("packed", [False, True])
def test_the_bases_of_a_fastq_are_estimated_from_its_beginning(
    tmp_path: Path, packed: bool
) -> None:
    file, text = tmp_path / "r.fq", reads(40_000)
    file.write_bytes(gzip.compress(text) if packed else text)
    assert fastq_bases(file) == pytest.approx(40_000 * 150, rel=0.02)


def test_a_gzip_of_many_members_is_read_on(tmp_path: Path) -> None:
    text, file = reads(200), tmp_path / "r.fq.gz"
    file.write_bytes(b"".join(gzip.compress(text) for _ in range(30)))
    assert fastq_bases(file) == pytest.approx(6000 * 150, rel=0.02)


def test_files_that_are_not_there_are_told_all_at_once(tmp_path: Path) -> None:
    lanes = tuple(replace(LANE, lane=str(n), fq1=(f"{tmp_path}/no_{n}.fq",)) for n in range(3))
    with pytest.raises(UserError) as caught:
        sizes_of(Sheet((PERSON,), lanes), None)
    assert len(caught.value.problems) == 3
    assert "--depth" in caught.value.problems[0].remedy


def test_with_a_depth_no_file_is_looked_at() -> None:
    lanes = (LANE, replace(LANE, lane="2"))
    sizes = sizes_of(Sheet((PERSON,), lanes), None, Depth(30))
    assert sum(sizes.lanes.values()) == pytest.approx(30 * 3.1)
    assert sizes.how == {"assumed depth": 2}


def test_the_depth_of_an_exome_is_that_on_its_targets(tmp_path: Path) -> None:
    bed = tmp_path / "t.bed"
    bed.write_text("chr1\t0\t1000000\nchr1\t2000000\t3000000\n")
    person = replace(PERSON, assay=Assay.WES, targets=str(bed))
    sizes = sizes_of(Sheet((person,), (LANE,)), None, Depth(30, 100))
    assert sizes.lanes["A", LANE.name] == pytest.approx(0.4)


@pytest.mark.parametrize("mode", ["wb", "wc"])
def test_the_bases_of_an_alignment_are_estimated_without_decoding_it(
    tmp_path: Path, mode: str
) -> None:
    file = tmp_path / "reads"
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}
    options = {"format_options": [b"no_ref=1"]} if mode == "wc" else {}
    with pysam.AlignmentFile(str(file), mode, header=header, **options) as out:
        for number in range(30_000):
            record = pysam.AlignedSegment(out.header)
            record.query_name, record.flag = f"r{number}", 4
            record.query_sequence = "ACGT" * 25
            record.query_qualities = pysam.qualitystring_to_array("F" * 100)
            out.write(record)
    assert alignment_bases(file) == pytest.approx(3_000_000, rel=0.03)
