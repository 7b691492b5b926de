"""Executors beside Slurm's: the same plan, and what LSF and Grid Engine are asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.run.inboxes.servers import Server, s3s_fs

ROOT = Path(__file__).parents[2]
SNAKEMAKE = ROOT / ".venv/executors/bin/snakemake"
PROFILES = ROOT / "profiles"
GRANTED = """\
import json
from snakemake_executor_plugin_aws_batch.constant import VALID_RESOURCES_MAPPING as granted
print(json.dumps(granted))
"""
GENOME = "results/reference/genome.fa"
USER, SECRET, BUCKET = "a-user", "a-long-secret", "genomes"
AWS = ["--aws-batch-region", "eu-west-1", "--aws-batch-job-queue", "a", "--aws-batch-job-role", "b"]
pytestmark = pytest.mark.xdist_group("executors")


@pytest.fixture(scope="module", autouse=True)
def executors() -> None:
    if not SNAKEMAKE.exists():
        pytest.skip("no .venv/executors (envs/executors.sh installs it)")


def counts(command: list[str], folder: Path, **environment: str) -> dict[str, int]:
    """Return how many jobs of each rule a dry run would start."""
    command = [*command, "--dry-run", "--quiet", "rules", "host"]
    told = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr
    found = re.findall(r"^([a-z_]+) +(\d+)$", told.stdout, re.MULTILINE)
    assert found, told.stdout
    return {rule: int(number) for rule, number in found}


@pytest.fixture(scope="module")
def plain(project: Path) -> dict[str, int]:
    """The plan of the demo without any profile."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return counts([*command, "--cores", "2"], project)


@pytest.mark.parametrize("profile", ["local", "gpu", "lsf", "sge"])
def test_a_profile_plans_what_a_run_without_one_does(
    profile: str, project: Path, plain: dict[str, int]
) -> None:
    command = [str(SNAKEMAKE), "--snakefile", str(ROOT / "Snakefile")]
    assert counts([*command, "--profile", str(PROFILES / profile)], project) == plain


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = s3s_fs(tmp_path_factory.mktemp("s3"), BUCKET, USER, SECRET)
    server.start_empty()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def beside_sources(project: Path, store: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo within a copy of the repository, and the whole of it in the store."""
    folder = tmp_path_factory.mktemp("cloud") / "schelde"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(".snakemake"))
    for name in ("resources", "workflow", "scripts", "envs", "config"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True
        )
    shutil.copytree(project / "config", folder / "config", dirs_exist_ok=True)
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(folder, store.folder / "data" / BUCKET / "run")
    return folder


@pytest.mark.parametrize(("profile", "options"), [("kubernetes", []), ("aws-batch", AWS)])
def test_a_profile_without_shared_disks_plans_the_same_jobs_on_files_of_a_store(
    profile: str,
    options: list[str],
    beside_sources: Path,
    store: Server,
    plain: dict[str, int],
) -> None:
    command = [str(SNAKEMAKE), "--profile", str(PROFILES / profile), *options]
    command += ["--default-storage-prefix", f"s3://{BUCKET}/run", "--container-image", "schelde"]
    command += ["--storage-s3-endpoint-url", f"http://127.0.0.1:{store.port}"]
    found = counts(command, beside_sources, AWS_ACCESS_KEY_ID=USER, AWS_SECRET_ACCESS_KEY=SECRET)
    assert found == plain


def test_aws_batch_gives_the_longest_job_its_time() -> None:
    jobs = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
    profile = yaml.safe_load((PROFILES / "aws-batch/config.yaml").read_text())
    longest = max(numbers["runtime"] for numbers in jobs.values() if "runtime" in numbers)
    assert profile["aws-batch-task-timeout"] == longest * 60 * (1 + profile["retries"])


def test_memory_that_the_manual_gives_for_aws_batch_is_granted_and_no_less_than_a_job_needs() -> (
    None
):
    manual = (ROOT / "docs/executors.md").read_text()
    block = re.search(r"```yaml\n(.*?)```", manual, re.DOTALL)
    assert block is not None
    given = yaml.safe_load(textwrap.dedent(block[1]))
    jobs = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
    granted = json.loads(
        subprocess.check_output([SNAKEMAKE.with_name("python"), "-c", GRANTED], text=True)
    )
    for rule, numbers in jobs.items():
        if rule == "index_bwamem2":
            continue  # the manual says that it cannot run there
        asked = given.get(rule, {}).get("mem_mb", numbers["mem_mb"])
        fitting = [int(memory) for memory, cpus in granted.items() if numbers["threads"] in cpus]
        # What the plugin does: this amount if it knows it, else the least.
        gets = asked if asked in fitting else min(fitting)
        assert gets >= numbers["mem_mb"], rule


# A stand-in notes its arguments, runs the job at once and keeps its exit status.
RUN_AT_ONCE = """\
printf '%s\\n' "$@" > {log}
{run} > {output} 2>&1
echo $? > {status}
"""


def stand_in(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{text}")
    (folder / name).chmod(0o755)


@pytest.fixture
def lsf(tmp_path: Path) -> Path:
    """A folder with stand-ins of LSF's commands; `arguments` there is what bsub was called with."""
    run = RUN_AT_ONCE.format(
        log=tmp_path / "arguments",
        run='bash -c "${!#}"',  # bsub takes the command as its last argument
        output=tmp_path / "output",
        status=tmp_path / "status",
    )
    stand_in(tmp_path, "bsub", f'{run}echo "Job <7> is submitted to default queue <normal>."')
    stand_in(
        tmp_path, "bjobs", f"[[ $(cat {tmp_path}/status) == 0 ]] && echo 7 DONE || echo 7 EXIT"
    )
    stand_in(tmp_path, "lsclusters", "printf 'CLUSTER_NAME STATUS\\nc1 ok\\n'")
    settings = [f"LSB_SHAREDIR = {tmp_path}", f"LSF_CONFDIR = {tmp_path}"]
    settings += ["LSF_UNIT_FOR_LIMITS = MB"]
    told = "\\n".join(["MBD configuration at now", *settings])
    stand_in(tmp_path, "badmin", f"printf '{told}\\n'")
    stand_in(tmp_path, "bparams", "exit 0")
    parameters = tmp_path / "lsbatch/c1/configdir/lsb.params"
    parameters.parent.mkdir(parents=True)
    parameters.write_text("DEFAULT_QUEUE = normal\n")
    return tmp_path


@pytest.fixture
def sge(tmp_path: Path) -> Path:
    """A folder with stand-ins of Grid Engine's commands; `arguments` as above."""
    run = RUN_AT_ONCE.format(
        log=tmp_path / "arguments",
        run='bash "${!#}"',  # qsub takes a script
        output=tmp_path / "output",
        status=tmp_path / "status",
    )
    stand_in(tmp_path, "qsub", f"{run}echo 7")
    stand_in(tmp_path, "qstat", "exit 0")
    record = "'failed 0\\nexit_status %s\\n'"
    stand_in(tmp_path, "qacct", f'printf {record} "$(cat {tmp_path}/status)"')
    return tmp_path


def submit(profile: str, clients: Path, project: Path, folder: Path) -> list[str]:
    """Make the reference of a copy of the demo through stand-ins; return what was submitted."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(".snakemake"))
    command = [str(SNAKEMAKE), "--snakefile", str(ROOT / "Snakefile"), GENOME]
    command += ["--profile", str(PROFILES / profile), "--seconds-between-status-checks", "1"]
    environment = {**os.environ, "PATH": f"{clients}:{os.environ['PATH']}"}
    told = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=170
    )
    output = clients / "output"
    seen = output.read_text() if output.exists() else "nothing was submitted"
    assert told.returncode == 0, told.stdout + told.stderr + seen
    assert (folder / GENOME).exists()
    return (clients / "arguments").read_text().splitlines()


def test_lsf_is_asked_for_cores_memory_and_minutes_and_runs_the_job(
    lsf: Path, project: Path, tmp_path: Path
) -> None:
    asked = submit("lsf", lsf, project, tmp_path / "run")
    numbers = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())["prepare_reference"]
    assert asked[asked.index("-n") + 1] == str(numbers["threads"])
    assert asked[asked.index("-W") + 1] == str(numbers["runtime"])
    memory = numbers["mem_mb"] / numbers["threads"]  # LSF counts it per core
    assert f"rusage[mem={memory}]" in asked
    assert "span[hosts=1]" in asked


def test_grid_engine_is_asked_for_cores_memory_and_seconds_and_runs_the_job(
    sge: Path, project: Path, tmp_path: Path
) -> None:
    asked = submit("sge", sge, project, tmp_path / "run")
    numbers = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())["prepare_reference"]
    place = asked.index("-pe")
    assert asked[place + 1 : place + 3] == ["smp", str(numbers["threads"])]
    memory = -(-numbers["mem_mb"] // numbers["threads"])  # of each slot
    assert asked[asked.index("-l") + 1] == f"h_vmem={memory}M,h_rt={numbers['runtime'] * 60}"


def status_of(job: str, clients: Path, folder: Path) -> str:
    (folder / ".snakemake/sge_logs").mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": f"{clients}:{os.environ['PATH']}"}
    command = [str(PROFILES / "sge/status.sh"), job]
    told = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


@pytest.mark.parametrize(
    ("qstat", "qacct", "status"),
    [
        ("echo 7 0.5 schelde-x me r", "exit 1", "running"),
        ("echo 7 0.5 schelde-x me qw", "exit 1", "running"),
        ("echo 7 0.5 schelde-x me Eqw", "exit 1", "failed"),
        ("exit 1", "exit 1", "running"),
        ("exit 0", "exit 1", "running"),
        ("exit 0", "printf 'failed 0\\nexit_status 0\\n'", "success"),
        ("exit 0", "printf 'failed 0\\nexit_status 1\\n'", "failed"),
        ("exit 0", "printf 'failed 37  : qmaster enforced h_rt\\nexit_status 0\\n'", "failed"),
    ],
    ids=["runs", "waits", "is broken", "no master", "no record yet", "done", "exit 1", "killed"],
)
def test_grid_engine_tells_what_became_of_a_job(
    qstat: str, qacct: str, status: str, tmp_path: Path
) -> None:
    stand_in(tmp_path, "qstat", qstat)
    stand_in(tmp_path, "qacct", qacct)
    stand_in(tmp_path, "qdel", "exit 0")
    assert status_of("7", tmp_path, tmp_path) == status


def test_a_grid_engine_job_that_left_no_record_for_ten_minutes_failed(tmp_path: Path) -> None:
    stand_in(tmp_path, "qstat", "exit 0")
    stand_in(tmp_path, "qacct", "exit 1")
    assert status_of("7", tmp_path, tmp_path) == "running"
    missed = tmp_path / ".snakemake/sge_logs/missed.7"
    past = missed.stat().st_mtime - 11 * 60
    os.utime(missed, (past, past))
    assert status_of("7", tmp_path, tmp_path) == "failed"
