"""Bundles are written whole and verified, or not at all; people can be taken out of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.made_record import made_member
from tests.unit.whole_bundle import sealed_record, whole_bundle

from schelde.bundle import folder as bundle_folder
from schelde.bundle.folder import BundleError, write_bundle
from schelde.bundle.record import RECORD, read_record
from schelde.bundle.withdraw import withdraw, without
from schelde.errors import UserError
from schelde.seal.keys import public_of, read_secret_key, write_key_pair
from schelde.seal.share import share
from schelde.sheet import Assay, Sex
from schelde.verify.files import RULES
from schelde.verify.run import verify


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that tests only read."""
    return whole_bundle(tmp_path_factory.mktemp("made"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return whole_bundle(tmp_path)


def test_a_bundle_that_is_written_verifies(made: Path) -> None:
    assert verify(made).passed


def test_a_bundle_of_an_exome_has_the_bed_of_its_targets(tmp_path: Path) -> None:
    root = whole_bundle(tmp_path, members=(made_member(1, Sex.MALE, assay=Assay.WES),))
    assert verify(root).passed
    listed = json.loads((root / "manifest.json").read_text())["files"]
    (bed,) = [entry for entry in listed if entry["role"] == "targets"]
    assert bed["path"] == "encrypted/P1AAAA.targets.bed.c4gh"
    assert (bed["edam"], bed["ega_type"]) == ("format_3003", "bed")
    assert (root / bed["path"]).stat().st_size == bed["size"]


def test_a_bundle_has_every_folder_of_its_design(made: Path) -> None:
    there = {path.name for path in made.iterdir()}
    wanted = {"encrypted", "qc", "ega", "sda", "hmd", "phenopackets", "catalogue", "reference"}
    assert there >= wanted | {"provenance", "validation", "manifest.json", "index.html"}


def test_the_documents_are_the_same_bytes_each_time(tmp_path: Path, made: Path) -> None:
    record = read_record(made)
    places = {file.name: made / file.path for _, file in record.files}
    again = tmp_path / made.name
    write_bundle(again, record, places)
    assert contents(again) == contents(made)


def test_sealed_files_are_linked_and_not_copied(bundle: Path) -> None:
    first = next(file for _, file in read_record(bundle).files)
    assert (bundle / first.path).stat().st_nlink == 2


def test_another_file_system_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert verify(whole_bundle(tmp_path)).passed


def test_what_does_not_verify_is_not_written(tmp_path: Path) -> None:
    record, places = sealed_record(tmp_path / "sealed")
    damaged = places[next(iter(places))]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"(?s)does not verify.*files.checksums"):
        write_bundle(tmp_path / "bundle", record, places)
    assert not list(tmp_path.glob("bundle*"))


def test_a_bundle_that_was_there_stays_when_the_new_one_does_not_verify(bundle: Path) -> None:
    before = contents(bundle)
    record = read_record(bundle)
    wrong = record.model_copy(update={"recipients": (*record.recipients, "00" * 32)})
    with pytest.raises(BundleError):
        write_bundle(bundle, wrong, {file.name: bundle / file.path for _, file in record.files})
    assert contents(bundle) == before


def test_documents_that_are_refused_are_not_written(tmp_path: Path) -> None:
    record, places = sealed_record(tmp_path / "sealed")

    def refuse(documents: Mapping[str, bytes]) -> None:
        assert RECORD in documents
        raise BundleError("a name")

    with pytest.raises(BundleError, match="a name"):
        write_bundle(tmp_path / "bundle", record, places, check=refuse)
    assert not (tmp_path / "bundle").exists()


def test_a_killed_write_leaves_no_bundle_and_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, places = sealed_record(tmp_path / "sealed")

    def killed(root: Path) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(bundle_folder, "verify", killed)
        write_bundle(tmp_path / "bundle", record, places)
    assert not (tmp_path / "bundle").exists()
    (tmp_path / "bundle.part").mkdir()  # what a kill that nothing can catch leaves
    assert write_bundle(tmp_path / "bundle", record, places).passed
    assert [path.name for path in tmp_path.glob("bundle*")] == ["bundle"]


def test_a_withdrawn_person_leaves_no_trace_but_the_note_of_it(bundle: Path) -> None:
    assert withdraw(bundle, "S3AAAA", "2026-06-01").passed
    note = json.loads((bundle / "withdrawals.json").read_text())["withdrawals"]
    assert [entry["subject"] for entry in note] == ["S3AAAA"]
    assert note[0]["date"] == "2026-06-01"
    told = {"withdrawals.json", "manifest.json", RECORD, "index.html"}
    holding = {
        path
        for path, content in contents(bundle).items()
        if b"P3AAAA" in content or "P3AAAA" in path
    }
    assert holding <= told - {"manifest.json"}


def test_the_bundle_verifies_after_a_withdrawal(bundle: Path) -> None:
    withdraw(bundle, "S3AAAA", "2026-06-01")
    assert verify(bundle).passed


def test_children_of_a_withdrawn_parent_stay_without_it(bundle: Path) -> None:
    withdraw(bundle, "S1AAAA", "2026-06-01")
    child = next(member for member in read_record(bundle).members if member.sample == "P3AAAA")
    assert (child.father, child.mother) == (None, "P2AAAA")


def test_frequencies_that_counted_a_withdrawn_person_go() -> None:
    from tests.unit.made_record import made_record

    from schelde.bundle.record import Frequencies

    counted = Frequencies(name="made-trio.af.vcf.gz", sites=3, individuals=3, minimum_count=1)
    assert without(made_record(frequencies=counted), "S1AAAA", "2026-06-01").frequencies is None


@pytest.mark.parametrize(
    ("subject", "message"),
    [("S3AAAB", "did you mean 'S3AAAA'"), ("P3AAAA", "is not in made-trio")],
)
def test_withdrawing_somebody_else_is_an_error(made: Path, subject: str, message: str) -> None:
    before = contents(made)
    with pytest.raises(UserError, match=message):
        withdraw(made, subject, "2026-06-01")
    assert contents(made) == before


@pytest.mark.parametrize("date", ["today", "2026-02-31", "2026", "2026-6-1"])
def test_a_day_that_is_none_is_told(made: Path, date: str) -> None:
    with pytest.raises(UserError, match="is no day; write it as YYYY-MM-DD"):
        withdraw(made, "S3AAAA", date)


def test_withdrawing_twice_is_told(bundle: Path) -> None:
    withdraw(bundle, "S3AAAA", "2026-06-01")
    with pytest.raises(UserError, match="was taken out"):
        withdraw(bundle, "S3AAAA", "2026-06-02")


def test_the_last_person_cannot_be_taken_out(bundle: Path) -> None:
    withdraw(bundle, "S3AAAA", "2026-06-01")
    withdraw(bundle, "S2AAAA", "2026-06-01")
    with pytest.raises(UserError, match="delete the bundle instead"):
        withdraw(bundle, "S1AAAA", "2026-06-01")


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no bundle"):
        withdraw(tmp_path, "S1AAAA", "2026-06-01")


def test_a_shared_bundle_verifies_and_opens_with_both_keys(bundle: Path, tmp_path: Path) -> None:
    write_key_pair(tmp_path / "other.pub", tmp_path / "other.sec")
    keys = [tmp_path / "node.sec", tmp_path / "other.sec"]
    opens = [rule for rule in RULES if rule.id == "files.key"]

    def can_open() -> list[bool]:
        return [verify(bundle, read_secret_key(key), opens).passed for key in keys]

    assert can_open() == [True, False]
    assert share(bundle, [tmp_path / "other.pub"], keys[0], write_bundle).passed
    assert can_open() == [True, True]
    assert verify(bundle).passed
    public = [public_of(read_secret_key(key)).hex() for key in keys]
    assert list(read_record(bundle).recipients) == public
