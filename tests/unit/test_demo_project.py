from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from schelde.config import Caller, read_settings
from schelde.consent import gate
from schelde.dataset_file import read_dataset
from schelde.declared import Declared, declared_of
from schelde.demo import make_demo, project
from schelde.demo.dataset import DATASET_TEXT
from schelde.demo.draw import Draw
from schelde.demo.people import DECLARED, people_text
from schelde.demo.reads import FlowCells, Pair, read_again
from schelde.demo.sheets import LANES, PEOPLE, lanes_text
from schelde.errors import Problem, UserError
from schelde.requirements import missing
from schelde.run_check import check_choices
from schelde.seal.keys import public_of, read_public_key, read_secret_key
from schelde.sheet import Person
from schelde.tables import columns_of, read_table

ROOT = Path(__file__).parents[2]
PAIR = Pair("ACGT" * 30, "K" * 120, "TTTT" * 30, ",AFK" * 30)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that take no time: a FASTA of four bases."""

    def write_data(directory: Path, *_: object) -> None:
        (directory / "genome.fa").write_text(">chr20\nACGT\n")

    monkeypatch.setattr(project, "read_chr20", lambda source: "")
    monkeypatch.setattr(project, "cut_genome", lambda chr20, scale: None)
    monkeypatch.setattr(project, "write_data", write_data)


def test_the_repositorys_sheets_are_the_demos() -> None:
    remedy = "write it again with schelde.demo.sheets"
    assert (ROOT / "config/lanes.tsv").read_text() == lanes_text("demo/"), remedy
    assert (ROOT / "config/people.tsv").read_text() == people_text(), remedy


def test_one_sample_has_two_libraries_and_one_has_a_library_in_two_lanes() -> None:
    libraries = {s: {lane.library for lane in LANES if lane.sample == s} for s in ("DEMO-C",)}
    lanes = [lane.name for lane in LANES if lane.library == "F1"]
    assert (libraries["DEMO-C"], len(lanes)) == ({"C1", "C2"}, 2)


@pytest.mark.usefixtures("quick")
def test_data_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    genome = make_demo(tmp_path).genome
    before = genome.stat().st_mtime_ns
    make_demo(tmp_path)
    assert genome.stat().st_mtime_ns == before


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("other", [{"seed": 2}, {"scale": 0.5}])
def test_data_of_another_seed_or_scale_are_made_anew(
    tmp_path: Path, other: dict[str, float]
) -> None:
    data = tmp_path / "data"
    make_demo(tmp_path)
    before = data.stat().st_ino
    make_demo(tmp_path, **other)  # type: ignore[arg-type]
    assert data.stat().st_ino != before


@pytest.mark.usefixtures("quick")
def test_another_caller_changes_the_config_and_not_the_data(tmp_path: Path) -> None:
    before = (make_demo(tmp_path).directory / "data").stat().st_ino
    assert "caller: bcftools" in make_demo(tmp_path, caller="bcftools").config.read_text()
    assert (tmp_path / "data").stat().st_ino == before


def test_an_unknown_caller_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'bcftools'"):
        make_demo(tmp_path, caller="bcftool")


def test_a_folder_with_other_data_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "data/reads.fq"
    own.parent.mkdir()
    own.write_text("@r\n")
    with pytest.raises(UserError, match="make the demo in a folder of its own"):
        make_demo(tmp_path)
    assert own.read_text() == "@r\n"


@pytest.mark.usefixtures("quick")
def test_making_that_fails_leaves_the_data_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(directory: Path, *_: object) -> None:
        (directory / "genome.fa").write_text(">half")
        raise OSError("no space left on device")

    genome = make_demo(tmp_path).genome
    monkeypatch.setattr(project, "write_data", fail)
    with pytest.raises(OSError, match="no space"):
        make_demo(tmp_path, seed=2)
    assert genome.read_text() == ">chr20\nACGT\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "data"]


def test_a_copy_keeps_its_length_and_is_read_no_better() -> None:
    copy = read_again(PAIR, Draw(1))
    for before, after in zip(PAIR, copy, strict=True):
        assert len(before) == len(after)
    assert all(a <= b for a, b in zip(copy.qualities1, PAIR.qualities1, strict=True))
    assert copy.qualities1 != PAIR.qualities1


def test_an_optical_duplicate_lies_in_the_same_tile_and_near() -> None:
    cells = FlowCells(Draw(1))
    first = cells.place(PAIR, [0, 1])
    near = cells.beside(PAIR, first)
    assert (near.lane, near.tile) == (first.lane, first.tile)
    assert 0 < near.x - first.x <= 60
    assert 0 < near.y - first.y <= 60


def test_no_two_pairs_have_the_same_place() -> None:
    cells = FlowCells(Draw(1))
    places = [cells.place(PAIR, [0])[:4] for _ in range(2_000)]
    near = [cells.beside(PAIR, cells.place(PAIR, [0]))[:4] for _ in range(500)]
    assert len({*places, *near}) == 2_500


def test_the_repositorys_dataset_is_the_demos() -> None:
    assert (ROOT / "config/dataset.yaml").read_text() == DATASET_TEXT


def test_the_demos_people_declare_all_that_its_bundle_needs() -> None:
    problems: list[Problem] = []
    columns = (*columns_of(Person), *columns_of(Declared))
    table = read_table(str(ROOT / "config/people.tsv"), columns, problems)
    assert table is not None
    declared = declared_of(table, problems)
    dataset = read_dataset(str(ROOT / "config/dataset.yaml"), problems)
    assert dataset is not None
    assert not [*problems, *missing("people.tsv", declared, ("goe", "ghga", "grz"))]
    assert declared == DECLARED
    gone: tuple[str, ...] = ()
    found = gate(PEOPLE, declared, dataset.use, dataset.issued, gone, basis=dataset.legal_basis)
    assert (len(found.admitted), found.counts) == (3, {})
    assert len({row.duo for row in declared.values()}) == 2


@pytest.mark.usefixtures("quick")
def test_keys_and_pseudonyms_are_made_once_and_kept(tmp_path: Path) -> None:
    project = make_demo(tmp_path)
    secret = project.node_key.with_suffix(".sec")
    files = [project.node_key, secret, project.pseudonyms]
    before = [file.read_bytes() for file in files]
    assert [oct(file.stat().st_mode & 0o777) for file in files[1:]] == ["0o600", "0o600"]
    make_demo(tmp_path, seed=2)  # the data are made anew
    assert [file.read_bytes() for file in files] == before
    assert [oct(file.stat().st_mode & 0o777) for file in files[1:]] == ["0o600", "0o600"]


@pytest.mark.usefixtures("quick")
def test_the_demos_key_opens_what_is_sealed_to_it(tmp_path: Path) -> None:
    project = make_demo(tmp_path)
    secret = read_secret_key(project.node_key.with_suffix(".sec"))
    assert public_of(secret) == read_public_key(project.node_key)


@pytest.mark.usefixtures("quick")
def test_the_demos_config_asks_for_a_bundle(tmp_path: Path) -> None:
    problems: list[Problem] = []
    draft = read_settings({}, [make_demo(tmp_path).config], problems)
    assert draft is not None
    assert not problems
    bundle = draft.settings.bundle
    assert (bundle.dataset, bundle.targets) == ("config/dataset.yaml", ("goe",))
    assert (tmp_path / bundle.recipients[0]).is_file()
    assert (tmp_path / bundle.pseudonyms).is_file()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("caller", get_args(Caller))
def test_the_config_of_each_caller_can_stand(tmp_path: Path, caller: str) -> None:
    make_demo(tmp_path, caller=caller)
    problems: list[Problem] = []
    draft = read_settings({}, [tmp_path / "config/config.yaml"], problems)
    check_choices(draft, None, problems)
    assert not problems
    assert draft.settings.call.caller == caller
