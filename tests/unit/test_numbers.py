"""New numbers are written into config/jobs.yaml without touching anything else of it."""

from pathlib import Path

import pytest
import typer
from tests.unit.made_jobs import MadeRun
from typer.testing import CliRunner

from schelde.errors import UserError
from schelde.jobs import read_jobs
from schelde.progress.efficiency import Kind
from schelde.progress.numbers import REPOSITORY, Layers, changes, numbers_of, write
from schelde.progress.tune import Numbers, Proposal
from schelde.progress.tune_command import tune_command
from schelde.sheet import Assay

SHIPPED = """\
# reasons
align_lane: {threads: 8, mem_mb: 28000, runtime: 720, disk_mb: 120000} # index
seal_sample:
  threads: 4 # cores
  mem_mb: 4000
  runtime: 480 # a night

  exome:
    mem_mb: 2000

# the end
write_report: { threads: 1,mem_mb: 4000, runtime: 60, exome: {} }
"""


def layers(folder: Path, own: str | None = None) -> Layers:
    shipped, mine = folder / "shipped.yaml", folder / "own.yaml"
    shipped.write_text(SHIPPED)
    if own is not None:
        mine.write_text(own)
    return Layers(shipped, mine)


@pytest.mark.parametrize(
    ("keys", "before", "after"),
    [
        (("align_lane", "mem_mb"), "mem_mb: 28000,", "mem_mb: 12000,"),
        (("seal_sample", "runtime"), "runtime: 480 #", "runtime: 12000 #"),
        (("seal_sample", "exome", "mem_mb"), "    mem_mb: 2000\n", "    mem_mb: 12000\n"),
        (
            ("seal_sample", "exome", "runtime"),
            "    mem_mb: 2000\n",
            "    mem_mb: 2000\n    runtime: 12000\n",
        ),
        (
            ("align_lane", "exome", "mem_mb"),
            "disk_mb: 120000} # index",
            "disk_mb: 120000, exome: {mem_mb: 12000}} # index",
        ),
        (("write_report", "exome", "mem_mb"), "exome: {} }", "exome: {mem_mb: 12000} }"),
        (("new_rule", "mem_mb"), "exome: {} }\n", "exome: {} }\nnew_rule: {mem_mb: 12000}\n"),
    ],
)
def test_only_the_number_changes(
    tmp_path: Path, keys: tuple[str, ...], before: str, after: str
) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(SHIPPED)
    write(Layers(file, file), {keys: 12000})
    assert SHIPPED.count(before) == 1
    assert file.read_text() == SHIPPED.replace(before, after)


def test_a_file_without_a_line_end_is_added_to(tmp_path: Path) -> None:
    found = layers(tmp_path, "align_lane: {mem_mb: 1}")
    write(found, {("seal_sample", "mem_mb"): 5})
    assert found.own.read_text() == "align_lane: {mem_mb: 1}\nseal_sample: {mem_mb: 5}\n"


def test_a_working_directory_without_the_file_gets_what_changed_alone(tmp_path: Path) -> None:
    found = layers(tmp_path)
    diff = write(found, {("align_lane", "mem_mb"): 12000, ("align_lane", "runtime"): 200})
    text = found.own.read_text()
    assert text.startswith("# Numbers of this site")
    assert text.endswith("\nalign_lane: {mem_mb: 12000, runtime: 200}\n")
    assert "+align_lane: {mem_mb: 12000, runtime: 200}" in diff.splitlines()


def test_what_was_written_is_read_again_over_the_shipped_numbers(tmp_path: Path) -> None:
    found = layers(tmp_path)
    write(found, {("align_lane", "mem_mb"): 12000, ("seal_sample", "exome", "runtime"): 30})
    jobs = read_jobs(found.shipped, found.own)
    assert numbers_of(jobs, Kind("align_lane", Assay.WGS)) == Numbers(8, 12000, 720)
    assert numbers_of(jobs, Kind("seal_sample", Assay.WES)) == Numbers(4, 2000, 30)
    assert numbers_of(jobs, Kind("seal_sample", None)) == Numbers(4, 4000, 480)


def test_proposals_that_stand_there_already_change_nothing(tmp_path: Path) -> None:
    jobs = layers(tmp_path).jobs()
    same = {Kind("align_lane", Assay.WGS): Proposal(28000, 720)}
    assert changes(jobs, same) == {}


def test_the_same_numbers_as_a_genome_are_no_numbers_of_an_exome(tmp_path: Path) -> None:
    jobs = layers(tmp_path).jobs()
    kind = Kind("align_lane", Assay.WES)
    assert changes(jobs, {kind: Proposal(28000, 100)}) == {("align_lane", "exome", "runtime"): 100}


def test_an_entry_that_others_stand_for_is_left_to_people(tmp_path: Path) -> None:
    text = "align_lane: &both {mem_mb: 1}\nseal_sample: *both\n"
    found = layers(tmp_path, text)
    with pytest.raises(UserError, match=r"write in it seal_sample\.mem_mb: 9"):
        write(found, {("seal_sample", "mem_mb"): 9})
    assert found.own.read_text() == text


def test_every_number_that_is_shipped_can_be_changed(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    shipped = REPOSITORY / "config/jobs.yaml"
    file.write_text(shipped.read_text())
    rules = read_jobs(shipped).rules
    wanted = {
        (rule, *exome, key): 77
        for rule in rules
        for exome in ((), ("exome",))
        for key in ("mem_mb", "runtime")
    }
    write(Layers(file, file), wanted)
    changed = read_jobs(file).rules
    assert {numbers["mem_mb"] for numbers in changed.values()} == {77}
    comments = [line.partition("#")[2] for line in shipped.read_text().splitlines()]
    assert [line.partition("#")[2] for line in file.read_text().splitlines()] == comments


def made(folder: Path) -> Path:
    run = MadeRun(folder)
    for sample in ("S1", "S2", "S3"):
        run.person(sample, 90e9)
        run.job("mark_duplicates", sample, threads=4, mem_mb=4000, minutes=480, wall=3600)
    return folder


def tuned(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(tune_command)
    ended = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.stdout


def test_tune_writes_nothing_unasked(tmp_path: Path) -> None:
    assert "schelde tune --write" in tuned(str(made(tmp_path)))
    assert not (tmp_path / "config/jobs.yaml").exists()


def test_tune_writes_the_numbers_and_shows_what_changed(tmp_path: Path) -> None:
    told = tuned(str(made(tmp_path)), "--write")
    jobs = Layers.of(tmp_path).jobs()
    found = numbers_of(jobs, Kind("mark_duplicates", Assay.WGS))
    assert found is not None and (found.mem_mb, found.runtime) == (700, 155)
    assert "+mark_duplicates: {mem_mb: 700, runtime: 155}" in told


def test_tune_changes_nothing_the_second_time(tmp_path: Path) -> None:
    tuned(str(made(tmp_path)), "--write")
    text = (tmp_path / "config/jobs.yaml").read_text()
    assert "stays as it is" in tuned(str(tmp_path), "--write")
    assert (tmp_path / "config/jobs.yaml").read_text() == text


def test_tune_writes_json_and_tsv(tmp_path: Path) -> None:
    table, document = tmp_path / "t.tsv", tmp_path / "t.json"
    tuned(str(made(tmp_path)), "--tsv", str(table), "--json", str(document))
    assert table.read_text().startswith("rule\tassay\tjobs\t")
    assert document.read_text().startswith("{")


@pytest.mark.parametrize(
    ("folder", "told"), [("gone", "no such folder"), (".", "no job has ended")]
)
def test_tune_tells_where_nothing_ran(tmp_path: Path, folder: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        tune_command(tmp_path / folder)
