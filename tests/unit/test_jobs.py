"""config/jobs.yaml is read strictly; memory and minutes grow, as far as the site has them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string

from schelde.errors import Problem, UserError
from schelde.jobs import LOCAL, Jobs, read_jobs
from schelde.names import Place
from schelde.site import Site

GENOME = SimpleNamespace(sample="genome")
EXOME = SimpleNamespace(sample="exome")
SITE = {
    "partitions": {
        "short": {"cpus": 16, "mem_mb": 64000, "minutes": 240},
        "long": {"cpus": 16, "mem_mb": 64000, "minutes": 3000},
        "fast": {"cpus": 16, "mem_mb": 64000, "minutes": 3000, "gpus": 4, "gpu_model": "h100"},
    }
}
A = "a: {threads: 2, mem_mb: 1000, runtime: 60, disk_mb: 7, exome: {runtime: 6, disk_mb: 1}}\n"
G = "g: {threads: 8, mem_mb: 30000, runtime: 100, gpu: 1}\n"
CHAIN = """\
a: {threads: 1, mem_mb: 1000, runtime: 200, group: chain}
b: {threads: 4, mem_mb: 2000, runtime: 100, group: chain}
c: {threads: 1, mem_mb: 1000, runtime: 50, exome: {group: small}}
d: {threads: 1, mem_mb: 1000, runtime: 50}
"""


def write(folder: Path, text: str, name: str = "jobs.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def jobs_of(folder: Path, text: str, **site: Any) -> Jobs:
    return read_jobs(write(folder, text)).on(Site(**site), ["exome"])


def asked(jobs: Jobs, rule: str, wildcards: object = GENOME, attempt: int = 1) -> dict[str, Any]:
    """Return the resources of a rule as Snakemake works them out."""
    aux = {"wildcards": wildcards, "attempt": attempt}

    def value(given: Any) -> Any:
        if not callable(given):
            return given
        code = given.__code__
        return given(**{key: aux[key] for key in code.co_varnames[: code.co_argcount]})

    return {key: value(given) for key, given in jobs(rule).resources.items()}


def sbatch(jobs: Jobs, rule: str, attempt: int = 1) -> str:
    """Return the command of the Slurm plugin for a rule."""

    class Resources(dict[str, Any]):
        __getattr__ = dict.__getitem__

    resources = Resources(asked(jobs, rule, attempt=attempt))
    job = SimpleNamespace(resources=resources, threads=jobs(rule).threads)
    partition = resources.get("slurm_partition")
    given = {
        "run_uuid": "run",
        "slurm_logfile": "log",
        "comment_str": "comment",
        "account": f"-A {resources['slurm_account']}" if "slurm_account" in resources else "",
        "partition": f"-p {partition}" if partition else "",
        "workdir": None,
    }
    command = get_submit_command(job, given) + set_gres_string(job)
    return " ".join(command.split("--comment comment")[1].split())


def test_memory_and_minutes_grow_with_the_attempt(tmp_path: Path) -> None:
    found = asked(jobs_of(tmp_path, A), "a", attempt=3)
    assert found == {"mem_mb": 3000, "runtime": 180, "disk_mb": 7}


def test_an_exome_asks_for_what_differs(tmp_path: Path) -> None:
    found = asked(jobs_of(tmp_path, A), "a", EXOME, attempt=2)
    assert found == {"mem_mb": 2000, "runtime": 12, "disk_mb": 1}


def test_a_job_of_no_sample_asks_as_for_a_genome(tmp_path: Path) -> None:
    assert asked(jobs_of(tmp_path, A), "a", SimpleNamespace())["runtime"] == 60


@pytest.mark.parametrize(
    ("site", "attempt", "told"),
    [
        ({}, 1, "-t 60 --mem 1000 --ntasks=1 --cpus-per-task=2"),
        (SITE, 1, "-p short -t 60 --mem 1000 --ntasks=1 --cpus-per-task=2"),
        (SITE, 5, "-p long -t 300 --mem 5000 --ntasks=1 --cpus-per-task=2"),
        (SITE, 90, "-p long -t 3000 --mem 64000 --ntasks=1 --cpus-per-task=2"),
        (
            SITE | {"account": "lab", "qos": "night"},
            1,
            "-A lab -p short -t 60 --qos=night --mem 1000 --ntasks=1 --cpus-per-task=2",
        ),
    ],
)
def test_slurm_is_asked_for_what_site_and_attempt_say(
    tmp_path: Path, site: dict[str, Any], attempt: int, told: str
) -> None:
    assert sbatch(jobs_of(tmp_path, A, **site), "a", attempt) == told


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({}, "-t 100 --mem 30000 --cpus-per-task=8 --gpus=1"),
        (SITE, "-p fast -t 100 --mem 30000 --cpus-per-task=8 --gpus=h100:1"),
        ({"gpu_request": "gres"}, "-t 100 --mem 30000 --cpus-per-task=8 --gres=gpu:1"),
        (
            SITE | {"gpu_request": "gres"},
            "-p fast -t 100 --mem 30000 --cpus-per-task=8 --gres=gpu:h100:1",
        ),
    ],
)
def test_gpus_are_asked_for_in_one_way_and_for_one_task(
    tmp_path: Path, site: dict[str, Any], told: str
) -> None:
    jobs = jobs_of(tmp_path, G, **site)
    assert sbatch(jobs, "g") == told
    assert asked(jobs, "g")["tasks_per_gpu"] == 0


@pytest.mark.parametrize("request_by", ["gpus", "gres"])
def test_a_job_knows_its_number_of_gpus_however_they_are_asked_for(
    tmp_path: Path, request_by: str
) -> None:
    text = G.replace("gpu: 1", "gpu: 3")
    assert asked(jobs_of(tmp_path, text, gpu_request=request_by), "g")["devices"] == 3


def test_a_rule_that_is_to_run_on_the_cpu_asks_for_no_gpu(tmp_path: Path) -> None:
    site = Site.model_validate(SITE)
    jobs = read_jobs(write(tmp_path, G)).on(site, [], without_gpu=frozenset({"g"}))
    assert sbatch(jobs, "g") == "-p short -t 100 --mem 30000 --ntasks=1 --cpus-per-task=8"
    assert "devices" not in asked(jobs, "g")
    assert not jobs.asks_for_gpu("g")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "call.device is gpu, and this machine has no GPU that nvidia-smi shows"),
        (1, "rule g asks for more GPUs: this machine has 1 GPU and not 2"),
        (2, None),
    ],
)
def test_a_machine_with_fewer_gpus_than_a_rule_asks_for_is_told(
    tmp_path: Path, number: int, told: str | None
) -> None:
    problems: list[Problem] = []
    choices = {"g": (Place("config.yaml", 4), "call.device is gpu")}
    jobs_of(tmp_path, G.replace("gpu: 1", "gpu: 2")).check_devices(number, choices, problems)
    assert [problem.what for problem in problems] == ([told] if told else [])


def test_a_job_without_gpu_has_no_resource_of_gpus(tmp_path: Path) -> None:
    found = asked(jobs_of(tmp_path, A, **SITE), "a")
    assert not {"devices", "gpu", "gres", "gpu_model", "tasks_per_gpu"} & found.keys()


def test_rules_that_run_beside_snakemake_have_no_partition(tmp_path: Path) -> None:
    text = "cut_pieces: {threads: 1, mem_mb: 999999, runtime: 1}\n"
    jobs = jobs_of(tmp_path, text, **SITE, account="lab")
    assert asked(jobs, "cut_pieces", attempt=2) == {"mem_mb": 1999998, "runtime": 2, "disk_mb": 0}


def test_with_a_scratch_a_job_is_told_the_folder_and_the_room_that_it_needs(
    tmp_path: Path,
) -> None:
    found = asked(jobs_of(tmp_path, A, scratch=str(tmp_path)), "a", EXOME)
    assert (found["tmpdir"], found["scratch_mb"]) == (str(tmp_path), 1)


def test_the_folder_of_a_job_is_that_of_the_node_that_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = jobs_of(tmp_path, A, scratch="$NODE/x").where(job_of_cluster=True)
    monkeypatch.setenv("NODE", "/node7")
    assert asked(jobs, "a")["tmpdir"] == "/node7/x"


def test_jobs_of_a_group_go_to_a_partition_that_fits_them_one_after_another(
    tmp_path: Path,
) -> None:
    jobs = jobs_of(tmp_path, CHAIN, **SITE)
    assert [asked(jobs, rule)["slurm_partition"] for rule in "abd"] == ["long", "long", "short"]


def test_a_group_of_exomes_alone_is_a_function(tmp_path: Path) -> None:
    group = jobs_of(tmp_path, CHAIN)("c").group
    assert callable(group)
    assert (group(EXOME), group(GENOME)) == ("small", None)


def test_a_group_of_all_and_none_are_plain(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, CHAIN)
    assert (jobs("a").group, jobs("d").group) == ("chain", None)


def test_a_run_without_exomes_has_no_group_of_theirs(tmp_path: Path) -> None:
    assert read_jobs(write(tmp_path, CHAIN))("c").group is None


def problems_of(jobs: Jobs, **of: Any) -> list[str]:
    problems: list[Problem] = []
    jobs.check(problems, **{"unused": frozenset(), "genomes": True, **of})
    return [str(problem) for problem in problems]


def test_a_rule_that_fits_no_partition_is_told_before_the_run(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, f"{A}b: {{threads: 1, mem_mb: 90000, runtime: 1}}\n", **SITE)
    assert problems_of(jobs) == [
        f"{tmp_path}/jobs.yaml:2: rule b asks for 90000 MiB, more than any partition of "
        "config/site.yaml has; lower it in config/jobs.yaml, or name a larger partition"
    ]


def test_rules_that_the_run_leaves_out_may_fit_nowhere(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, "b: {threads: 1, mem_mb: 90000, runtime: 1}\n", **SITE)
    assert not problems_of(jobs, unused=frozenset("b"))


def test_in_a_run_of_exomes_the_numbers_of_genomes_may_fit_nowhere(tmp_path: Path) -> None:
    text = "b: {threads: 1, mem_mb: 90000, runtime: 1, exome: {mem_mb: 9000}}\n"
    jobs = jobs_of(tmp_path, text, **SITE)
    assert not problems_of(jobs, genomes=False)
    assert problems_of(jobs, genomes=True)


def test_without_partitions_everything_fits(tmp_path: Path) -> None:
    assert not problems_of(jobs_of(tmp_path, "b: {threads: 1, mem_mb: 1000000, runtime: 1}\n"))


def test_a_rule_that_fits_nowhere_and_is_planned_all_the_same_is_told(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, "b: {threads: 1, mem_mb: 90000, runtime: 1}\n", **SITE)
    with pytest.raises(UserError, match="rule b asks for 90000 MiB"):
        asked(jobs, "b")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{thread: 2, mem_mb: 1, runtime: 1}", "unknown key 'thread'; did you mean 'threads'?"),
        ("{threads: 0, mem_mb: 1, runtime: 1}", "'threads' of rule 'a' is 0"),
        ("{threads: 1, mem_mb: 2G, runtime: 1}", "'mem_mb' of rule 'a' is '2G'"),
        ("{threads: 1, mem_mb: 1, runtime: 1, gpu: -1}", "'gpu' of rule 'a' is -1"),
        ("{threads: 1, mem_mb: true, runtime: 1}", "'mem_mb' of rule 'a' is True"),
        ("{threads: 1, mem_mb: 1}", "rule 'a' has no 'runtime'; give a whole number"),
        ("3", "rule 'a' has no numbers"),
        ("{threads: 1, mem_mb: 1, runtime: 1, group: a b}", "'group' of rule 'a' is 'a b'"),
        ("{threads: 1, mem_mb: 1, runtime: 1, exome: 3}", "'exome' of rule 'a' is 3"),
        (
            "{threads: 1, mem_mb: 1, runtime: 1, exome: {threads: 3}}",
            "unknown key 'threads'; known are: disk_mb, group, mem_mb, runtime",
        ),
        (
            "{threads: 1, mem_mb: 1, runtime: 1, exome: {runtime: 0}}",
            "'runtime' of rule 'a' is 0",
        ),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(tmp_path: Path, entry: str, told: str) -> None:
    path = write(tmp_path, f"# numbers\na: {entry}\n")
    with pytest.raises(UserError) as caught:
        read_jobs(path)
    assert any(f"{path}:2: {told}" in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize("rule", sorted(LOCAL))
def test_a_rule_that_runs_beside_snakemake_takes_no_group(tmp_path: Path, rule: str) -> None:
    path = write(tmp_path, f"{rule}: {{threads: 1, mem_mb: 1, runtime: 1, group: x}}\n")
    with pytest.raises(UserError, match="never goes to a cluster"):
        read_jobs(path)


def test_a_file_of_ones_own_needs_only_what_differs(tmp_path: Path) -> None:
    shipped = write(tmp_path, f"{A}{G}")
    own = write(tmp_path, "a: {mem_mb: 5000, exome: {runtime: 9}}\n", "own.yaml")
    jobs = read_jobs(shipped, own).on(Site(), ["exome"])
    assert asked(jobs, "a") == {"mem_mb": 5000, "runtime": 60, "disk_mb": 7}
    assert asked(jobs, "a", EXOME) == {"mem_mb": 5000, "runtime": 9, "disk_mb": 1}
    assert asked(jobs, "g")["mem_mb"] == 30000


def test_a_file_of_ones_own_can_take_a_rule_out_of_its_group(tmp_path: Path) -> None:
    own = write(tmp_path, "a: {group: null}\n", "own.yaml")
    assert read_jobs(write(tmp_path, CHAIN), own)("a").group is None


def test_an_unknown_rule_in_a_file_of_ones_own_is_told(tmp_path: Path) -> None:
    own = write(tmp_path, "align_line: {mem_mb: 1}\n", "own.yaml")
    shipped = write(tmp_path, "align_lane: {threads: 1, mem_mb: 1, runtime: 1}\n")
    told = "own.yaml:1: there is no rule 'align_line'; did you mean 'align_lane'?"
    with pytest.raises(UserError, match=told):
        read_jobs(shipped, own)


def test_a_rule_without_entry_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="no entry for rule 'b'"):
        jobs_of(tmp_path, A)("b")
