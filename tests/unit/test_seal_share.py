"""Sharing: new recipients open a bundle, old ones still do, and bodies stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.test_verify_files import CRAM, SECRETS, findings, made_bundle, write_documents

from schelde.bundle.record import Record, read_record
from schelde.errors import UserError
from schelde.seal import share as module
from schelde.seal.crypt4gh import decrypting
from schelde.seal.header import SealError, WrongKeyError, header_end
from schelde.seal.keys import read_public_key, read_secret_key, write_key_pair
from schelde.seal.share import share

BODY = "P1AAAA.cram"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle sealed to first.pub and to another key, and the key second.pub."""
    for name in ("first", "second", "third"):
        write_key_pair(tmp_path / f"{name}.pub", tmp_path / f"{name}.sec")
    secrets = [read_secret_key(tmp_path / "first.sec"), SECRETS[1], SECRETS[2]]
    monkeypatch.setattr("tests.unit.test_verify_files.SECRETS", secrets)
    made_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def rewrite(root: Path, record: Record, files: Mapping[str, Path]) -> Record:
    """Put files and documents into a bundle, as the bundle's own writer does."""
    for _, file in record.files:
        files[file.name].replace(root / file.path)
    write_documents(root, record)
    return record


def shared(root: Path, *names: str, by: str = "first") -> Record:
    keys = [root.parent / f"{name}.pub" for name in names]
    return share(root, keys, root.parent / f"{by}.sec", rewrite)


def content(root: Path, secret: bytes) -> bytes:
    with decrypting(root / CRAM, secret) as stream:
        return stream.read()


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_old_and_new_recipients_open_every_file(root):
    shared(root, "second", "third")
    for name in ("first", "second", "third"):
        assert content(root, read_secret_key(root.parent / f"{name}.sec")) == BODY.encode() * 9000
    assert content(root, SECRETS[1]) == BODY.encode() * 9000


def test_a_shared_bundle_verifies_with_each_key(root):
    shared(root, "second")
    assert findings(root, read_secret_key(root.parent / "second.sec")) == []
    assert findings(root, SECRETS[1]) == []


def test_bodies_are_not_changed(root):
    def body() -> bytes:
        return (root / CRAM).read_bytes()[header_end(root / CRAM) :]

    before = body()
    shared(root, "second")
    assert body() == before
    assert header_end(root / CRAM) == 16 + 3 * 108


def test_the_record_tells_of_the_new_recipients_and_files(root):
    before = read_record(root)
    after = shared(root, "second")
    key = read_public_key(root.parent / "second.pub").hex()
    assert after.recipients == (*before.recipients, key)
    for (_, old), (_, new) in zip(before.files, after.files, strict=True):
        assert new.encrypted_size == old.encrypted_size + 108
        assert new.encrypted != old.encrypted
        assert new.plain == old.plain
    same = {"members": before.members, "recipients": before.recipients}
    assert after.model_copy(update=same) == before


def test_a_new_recipient_can_share_again(root):
    shared(root, "second")
    shared(root, "third", by="second")
    assert findings(root, read_secret_key(root.parent / "third.sec")) == []


def test_a_key_that_opens_it_already_is_refused(root):
    with pytest.raises(UserError, match=r"first.pub: the bundle is sealed to this key already"):
        shared(root, "second", "first")


def test_a_secret_key_that_opens_nothing_changes_nothing(root):
    before = snapshot(root)
    with pytest.raises(WrongKeyError, match="this key does not open it"):
        shared(root, "second", by="third")
    assert snapshot(root) == before
    assert not list(root.parent.glob("*.sharing"))


@pytest.mark.parametrize("at", [0, 70, 500, -1])
def test_a_damaged_file_never_gets_checksums_that_call_it_right(root, at):
    path = root / CRAM
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 1
    path.write_bytes(damaged)
    before = snapshot(root)
    with pytest.raises(SealError):
        shared(root, "second")
    assert snapshot(root) == before


def test_a_share_that_is_killed_leaves_the_bundle_as_it_was(root, monkeypatch):
    real, done = module.shared, []

    def killed(*values: object) -> object:
        done.append(values)
        if len(done) == 4:
            raise KeyboardInterrupt
        return real(*values)

    before = snapshot(root)
    monkeypatch.setattr(module, "shared", killed)
    monkeypatch.setattr(module.shutil, "rmtree", lambda *_, **__: None)  # a kill cleans nothing up
    with pytest.raises(KeyboardInterrupt):
        shared(root, "second")
    assert snapshot(root) == before
    assert findings(root, SECRETS[1]) == []
    assert (root.parent / "bundle.sharing").is_dir()
    monkeypatch.undo()
    shared(root, "second")
    assert findings(root, SECRETS[1]) == []
    assert not (root.parent / "bundle.sharing").exists()


def test_no_bundle_at_all_is_told(tmp_path, root):
    with pytest.raises(UserError, match="is no bundle; name the folder"):
        share(tmp_path, [tmp_path / "second.pub"], tmp_path / "first.sec", rewrite)
