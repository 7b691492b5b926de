"""A site file decides where planned jobs go; what comes out does not depend on it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Plan = Callable[..., subprocess.CompletedProcess[str]]
Sbatch = Callable[..., dict[str, list[str]]]
pytestmark = pytest.mark.xdist_group("site")  # they share a plan
PARTITIONS = """\
partitions:
  long: {cpus: 16, mem_mb: 64000, minutes: 5000}
  short: {cpus: 16, mem_mb: 64000, minutes: 240}
  bigmem: {cpus: 32, mem_mb: 500000, minutes: 5000}
  gpu: {cpus: 16, mem_mb: 64000, minutes: 2000, gpus: 2, gpu_model: a100}
account: lab
scratch: $NODE_SCRATCH
"""


@pytest.fixture(scope="module")
def copy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo trio with its child as an exome, on a cluster."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    shutil.copytree(project, folder)
    sheet = folder / "config/people.tsv"
    rows = [line.split("\t") for line in sheet.read_text().splitlines()]
    rows[0].append("targets")
    for row in rows[1:]:
        exome = row[0] == "DEMO-C"
        row[rows[0].index("assay")] = "wes" if exome else "wgs"
        row.append("targets.bed" if exome else "")
    sheet.write_text("".join("\t".join(row) + "\n" for row in rows))
    (folder / "targets.bed").write_text("chr20\t1000\t9000\n")
    (folder / "config/site.yaml").write_text(PARTITIONS)
    return folder


@pytest.fixture(scope="module")
def first(copy: Path, sbatch: Sbatch) -> dict[str, list[str]]:
    return sbatch(copy, 1)


def test_a_genome_and_an_exome_go_to_the_smallest_partitions_that_fit(
    first: dict[str, list[str]],
) -> None:
    genome = "-A lab -p long -t 720 --mem 28000 --ntasks=1 --cpus-per-task=8"
    exome = "-A lab -p short -t 60 --mem 4000 --ntasks=1 --cpus-per-task=4"
    assert set(first["align_lane"]) == {genome}
    assert exome in first["mark_duplicates"]


def test_short_jobs_that_follow_one_another_are_one_job(first: dict[str, list[str]]) -> None:
    exome = "-A lab -p short -t 60 --mem 3000 --ntasks=1 --cpus-per-task=2"
    genome = "-A lab -p short -t 210 --mem 3000 --ntasks=1 --cpus-per-task=2"
    assert first["gather_calls,measure_variants"] == [genome, genome, exome]
    assert "measure_variants" not in first


def test_a_lane_of_an_exome_is_proved_and_aligned_in_one_job(
    first: dict[str, list[str]],
) -> None:
    together = "-A lab -p short -t 150 --mem 28000 --ntasks=1 --cpus-per-task=8"
    assert set(first["align_lane,prove_lane"]) == {together}
    lanes = len(first["align_lane,prove_lane"]) + len(first["align_lane"])
    assert lanes == len(first["prove_lane"]) + len(first["align_lane,prove_lane"])


def test_no_job_without_a_gpu_goes_to_one(first: dict[str, list[str]]) -> None:
    assert not [told for all_told in first.values() for told in all_told if "-p gpu" in told]


def test_light_rules_are_not_sent(first: dict[str, list[str]]) -> None:
    assert not {"cut_pieces", "prepare_targets", "write_tables", "tool_versions"} & first.keys()


def test_a_third_attempt_asks_for_more_as_far_as_there_is_more(copy: Path, sbatch: Sbatch) -> None:
    third = sbatch(copy, 3)
    assert set(third["align_lane"]) == {
        "-A lab -p bigmem -t 2160 --mem 84000 --ntasks=1 --cpus-per-task=8"
    }
    assert set(third["count_frequencies"]) == {
        "-A lab -p long -t 4320 --mem 24000 --ntasks=1 --cpus-per-task=8"
    }


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A project of its own whose config may be changed."""
    shutil.copytree(project, tmp_path / "copy")
    return tmp_path / "copy"


def test_mistakes_of_all_files_are_told_at_once(own: Path, plan: Plan) -> None:
    (own / "config/site.yaml").write_text("acount: lab\n")
    (own / "config/jobs.yaml").write_text("align_line: {mem_mb: 1}\n")
    config = own / "config/config.yaml"
    config.write_text(config.read_text().replace("aligner:", "alinger:").replace("qc:", "qcc:"))
    told = plan(own)
    assert told.returncode == 2
    for problem in (
        "config/site.yaml:1: unknown key 'acount'",
        "config/jobs.yaml:1: there is no rule 'align_line'; did you mean 'align_lane'?",
        "unknown key 'qcc'",
    ):
        assert problem in told.stdout + told.stderr


def test_rules_that_fit_no_partition_are_told_before_the_run(own: Path, plan: Plan) -> None:
    (own / "config/site.yaml").write_text("partitions: {tiny: {cpus: 4, mem_mb: 5000}}\n")
    told = plan(own)
    assert told.returncode == 2
    rules = re.findall(r"jobs.yaml:\d+: rule (\w+) asks for", told.stdout + told.stderr)
    assert rules == ["index_bwa", "align_lane", "judge_samples", "count_frequencies"]


def test_numbers_of_the_working_directory_are_laid_over_those_shipped(
    own: Path, plan: Plan
) -> None:
    (own / "config/jobs.yaml").write_text("index_bwa: {mem_mb: 777}\n")
    block = plan(own).stdout.split("rule index_bwa:")[1].split("\n\n")[0]
    assert "mem_mb=777," in block
    assert "runtime=240," in block


def test_a_scratch_that_this_machine_lacks_is_no_problem_for_a_plan(own: Path, plan: Plan) -> None:
    (own / "config/site.yaml").write_text("scratch: /no/such/$NODE_SCRATCH\n")
    assert plan(own).returncode == 0


KNOWN = "GRCh38_no_alt"


@pytest.fixture
def known(own: Path) -> Path:
    """A project on a genome that resources/references.tsv knows, which is not fetched yet."""
    config = own / "config/config.yaml"
    reference = f"reference: {{name: {KNOWN}, assembly: GRCh38}}\n"
    config.write_text(re.sub(r"reference:\n(  .*\n)+", reference, config.read_text()))
    return own


def test_a_known_genome_is_fetched_where_the_site_has_none(known: Path, plan: Plan) -> None:
    told = plan(known)
    assert "rule fetch_reference:" in told.stdout


def test_a_file_of_the_site_that_is_another_genome_is_told(known: Path, plan: Plan) -> None:
    (known / "config/site.yaml").write_text(f"references:\n  {KNOWN}: data/genome.fa\n")
    told = plan(known)
    assert told.returncode == 2
    assert "config/site.yaml:2: 'data/genome.fa' has MD5 " in told.stdout + told.stderr


def test_a_genome_that_nobody_knows_cannot_be_the_sites(own: Path, plan: Plan) -> None:
    (own / "config/site.yaml").write_text("references:\n  GRCh38_no_al: data/genome.fa\n")
    told = plan(own)
    assert told.returncode == 2
    problem = "config/site.yaml:2: 'GRCh38_no_al' is not in resources/references.tsv; did you mean"
    assert problem in told.stdout + told.stderr


MODULE = "() { echo $2 >> loaded; [ $2 = tools ] && export LOADEDMODULES=tools; }"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `module` as clusters have it: a function of the shell; it knows `tools` alone."""
    monkeypatch.setenv("BASH_FUNC_module%%", MODULE)
    monkeypatch.delenv("LOADEDMODULES", raising=False)


@pytest.mark.usefixtures("module")
def test_a_job_runs_with_the_sites_modules_and_not_again_when_they_change(own: Path) -> None:
    genome = "results/reference/genome.fa"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "1", genome]
    (own / "config/site.yaml").write_text("modules: [tools]\n")
    ran = subprocess.run(command, cwd=own, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (own / "loaded").read_text() == "tools\n" * 2  # for the check of tools and for the job
    (own / "config/site.yaml").write_text("modules: []\nscratch: /tmp\n")
    again = subprocess.run(command, cwd=own, capture_output=True, text=True, check=False)
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.usefixtures("module")
def test_a_module_that_is_not_there_is_told_before_the_run(own: Path, plan: Plan) -> None:
    (own / "config/site.yaml").write_text("account: lab\nmodules: [tools, toolz]\n")
    told = plan(own)
    assert told.returncode == 2
    problem = "config/site.yaml:2: module 'toolz' of config/site.yaml could not be loaded"
    assert problem in told.stdout + told.stderr
