"""Sealing a package: whole or not at all, and the lists of checksums of what was sealed."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from pathlib import Path

import pytest
from tests.unit.made_record import made_record

from schelde.bundle.record import SUFFIXES, File, Role
from schelde.documents.checksums import documents
from schelde.errors import UserError
from schelde.package.packaged import LeftOut, Packaged, PlainFile, to_json
from schelde.seal import job
from schelde.seal.crypt4gh import decrypting
from schelde.seal.header import SealError
from schelde.seal.job import seal_sample
from schelde.seal.keys import public_of, read_secret_key, write_key_pair

ROLES = [Role.READS, Role.VARIANTS, Role.GVCF]


def made_package(folder: Path) -> Path:
    folder.mkdir()
    files = []
    for role in ROLES:
        name = f"P1AAAA{SUFFIXES[role]}"
        (folder / name).write_bytes(name.encode() * 5000)
        size = (folder / name).stat().st_size
        files.append(PlainFile(name=name, role=role, size=size, records=len(name)))
    packaged = Packaged(
        sample="P1AAAA",
        subject="S1AAAA",
        read_groups=(),
        programs=(),
        caller="made",
        files=tuple(files),
        ga4gh={},
        metrics={},
        verdict={},
    )
    (folder / "package.json").write_text(to_json(packaged))
    return folder


@pytest.fixture
def keys(tmp_path: Path) -> list[Path]:
    for number in (1, 2, 3):
        write_key_pair(tmp_path / f"{number}.pub", tmp_path / f"{number}.sec")
    return [tmp_path / f"{number}.pub" for number in (1, 2, 3)]


def seal(tmp_path: Path, recipients: list[Path], sender: Path | None = None) -> Path:
    seal_sample(tmp_path / "package", tmp_path / "out", recipients, sender, io.BytesIO())
    return tmp_path / "out"


def listed(folder: Path) -> list[File]:
    content = json.loads((folder / "sealed.json").read_text())
    return [File.model_validate(entry) for entry in content["files"]]


def test_every_file_of_a_package_can_be_opened_by_every_recipient(tmp_path, keys):
    package = made_package(tmp_path / "package")
    out = seal(tmp_path, keys)
    for file in listed(out):
        for key in keys:
            secret = read_secret_key(key.with_suffix(".sec"))
            with decrypting(out / f"{file.name}.c4gh", secret, file.size) as stream:
                assert stream.read() == (package / file.name).read_bytes()


def test_the_list_tells_of_the_files_as_they_lie_there(tmp_path, keys):
    package = made_package(tmp_path / "package")
    out = seal(tmp_path, keys)
    assert [file.role for file in listed(out)] == ROLES
    for file in listed(out):
        plain = (package / file.name).read_bytes()
        cipher = (out / f"{file.name}.c4gh").read_bytes()
        assert (file.size, file.encrypted_size) == (len(plain), len(cipher))
        assert file.plain.sha256 == hashlib.sha256(plain).hexdigest()
        assert file.plain.md5 == hashlib.md5(plain).hexdigest()
        assert file.encrypted.sha256 == hashlib.sha256(cipher).hexdigest()
        assert file.encrypted.md5 == hashlib.md5(cipher).hexdigest()
        assert file.records == len(file.name)


def test_the_package_is_described_beside_its_files(tmp_path, keys):
    package = made_package(tmp_path / "package")
    out = seal(tmp_path, keys)
    assert (out / "package.json").read_bytes() == (package / "package.json").read_bytes()
    assert len(list(out.iterdir())) == 2 + len(ROLES)


def test_a_sample_that_is_left_out_has_no_files(tmp_path, keys):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "package.json").write_text(to_json(LeftOut(left_out="no consent")))
    assert listed(seal(tmp_path, keys)) == []


def test_the_sender_is_the_one_that_was_given(tmp_path, keys):
    from crypt4gh import header

    made_package(tmp_path / "package")
    out = seal(tmp_path, keys[:1], keys[2].with_suffix(".sec"))
    own, sender = (read_secret_key(keys[n].with_suffix(".sec")) for n in (0, 2))
    with (out / "P1AAAA.cram.c4gh").open("rb") as file:
        assert header.deconstruct(file, [(0, own, None)], sender_pubkey=public_of(sender))


def test_what_was_there_before_is_replaced_whole(tmp_path, keys):
    made_package(tmp_path / "package")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("x")
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "half").write_text("x")
    out = seal(tmp_path, keys)
    assert not (out / "old").exists()
    assert not (out / "half").exists()


def test_a_job_that_fails_in_the_middle_leaves_nothing(tmp_path, keys, monkeypatch):
    made_package(tmp_path / "package")
    real, done = job.encrypt, []

    def failing(*values: object) -> object:
        done.append(values)
        if len(done) == 2:
            raise OSError(28, "No space left on device")
        return real(*values)

    monkeypatch.setattr(job, "encrypt", failing)
    with pytest.raises(OSError, match="No space left"):
        seal(tmp_path, keys)
    assert not list(tmp_path.glob("out*"))


def test_a_package_whose_file_changed_is_refused(tmp_path, keys):
    package = made_package(tmp_path / "package")
    (package / "P1AAAA.vcf.gz").write_bytes(b"other")
    with pytest.raises(SealError, match=r"P1AAAA.vcf.gz: it has 5 bytes, and 65000 by package"):
        seal(tmp_path, keys)


def test_bad_keys_are_told_before_anything_is_written(tmp_path, keys):
    made_package(tmp_path / "package")
    with pytest.raises(UserError, match="this is a secret key"):
        seal(tmp_path, [keys[0], keys[1].with_suffix(".sec")])
    assert not list(tmp_path.glob("out*"))


def test_a_log_has_no_key_and_no_path(tmp_path, keys):
    made_package(tmp_path / "package")
    log = io.BytesIO()
    seal_sample(tmp_path / "package", tmp_path / "out", keys, None, log)
    assert log.getvalue() == (
        b"P1AAAA.cram: 55000 bytes sealed\n"
        b"P1AAAA.vcf.gz: 65000 bytes sealed\n"
        b"P1AAAA.g.vcf.gz: 75000 bytes sealed\n"
    )


def test_a_new_secret_key_stays_its_owners_whatever_the_umask(keys):
    assert stat.S_IMODE(keys[0].with_suffix(".sec").stat().st_mode) == 0o600


def test_lists_have_a_checksum_a_space_and_a_path():
    record = made_record()
    lists = documents(record)
    file = record.members[0].files[0]
    assert sorted(lists) == [
        "encrypted/checksum_encrypted.md5",
        "encrypted/checksum_encrypted.sha256",
        "encrypted/checksum_unencrypted.md5",
        "encrypted/checksum_unencrypted.sha256",
    ]
    lines = {name: str(text).splitlines() for name, text in lists.items()}
    assert lines["encrypted/checksum_encrypted.md5"][0] == f"{file.encrypted.md5} {file.name}.c4gh"
    assert lines["encrypted/checksum_unencrypted.sha256"][0] == f"{file.plain.sha256} {file.name}"
    assert {len(each) for each in lines.values()} == {len(list(record.files))}
