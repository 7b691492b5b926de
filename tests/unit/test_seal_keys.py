"""Keys: what is read, what is refused, and that secrets stay with their owner."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.seal.keys import (
    fingerprint,
    passphrase,
    public_of,
    read_public_key,
    read_public_keys,
    read_secret_key,
    write_key_pair,
)


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCHELDE_PASSPHRASE", raising=False)
    monkeypatch.delenv("SCHELDE_PASSPHRASE_FILE", raising=False)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    write_key_pair(tmp_path / "k.pub", tmp_path / "k.sec")
    return tmp_path / "k.pub", tmp_path / "k.sec"


def pem(path: Path, body: bytes, kind: str = "CRYPT4GH PUBLIC") -> Path:
    text = f"-----BEGIN {kind} KEY-----\n{b64encode(body).decode()}\n-----END {kind} KEY-----\n"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_keys_of_a_pair_belong_together(pair):
    assert public_of(read_secret_key(pair[1])) == read_public_key(pair[0])


def test_only_its_owner_can_read_a_new_secret_key(pair):
    assert stat.S_IMODE(pair[1].stat().st_mode) == 0o600


def test_a_key_that_is_there_is_never_overwritten(pair):
    before = pair[1].read_bytes()
    with pytest.raises(UserError, match=r"(?s)k\.pub: a key is there already.*k\.sec: a key"):
        write_key_pair(*pair)
    assert pair[1].read_bytes() == before


def test_a_protected_key_opens_with_its_passphrase_from_the_environment(tmp_path, monkeypatch):
    write_key_pair(tmp_path / "p", tmp_path / "s", "a secret")
    monkeypatch.setenv("SCHELDE_PASSPHRASE", "a secret")
    assert public_of(read_secret_key(tmp_path / "s")) == read_public_key(tmp_path / "p")


def test_a_protected_key_opens_with_a_passphrase_from_a_file(tmp_path, monkeypatch):
    write_key_pair(tmp_path / "p", tmp_path / "s", "a secret")
    word = tmp_path / "word"
    word.write_text("a secret\n")
    word.chmod(0o600)
    monkeypatch.setenv("SCHELDE_PASSPHRASE_FILE", str(word))
    assert public_of(read_secret_key(tmp_path / "s")) == read_public_key(tmp_path / "p")


def test_a_file_of_a_passphrase_that_others_can_read_is_refused(tmp_path, monkeypatch):
    word = tmp_path / "word"
    word.write_text("a secret\n")
    word.chmod(0o640)
    monkeypatch.setenv("SCHELDE_PASSPHRASE_FILE", str(word))
    with pytest.raises(UserError, match=r"others than its owner can use it \(mode 0640\)"):
        passphrase()


def test_two_passphrases_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SCHELDE_PASSPHRASE_FILE", str(tmp_path))
    monkeypatch.setenv("SCHELDE_PASSPHRASE", "a")
    with pytest.raises(UserError, match="SCHELDE_PASSPHRASE is set as well"):
        passphrase()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (None, "protected, and no passphrase is given; set SCHELDE_PASSPHRASE"),
        ("wrong", "the passphrase does not open this key"),
    ],
)
def test_a_key_without_its_passphrase_is_told(tmp_path, monkeypatch, capfd, word, message):
    write_key_pair(tmp_path / "p", tmp_path / "s", "a secret")
    if word:
        monkeypatch.setenv("SCHELDE_PASSPHRASE", word)
    with pytest.raises(UserError, match=message):
        read_secret_key(tmp_path / "s")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_key_that_others_can_use_is_refused(pair, mode):
    pair[1].chmod(mode)
    with pytest.raises(UserError, match=rf"\(mode 0{mode:o}\); chmod 600"):
        read_secret_key(pair[1])


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("short", b"x" * 31, "the key has 31 bytes and not 32"),
        ("long", b"x" * 33, "the key has 33 bytes and not 32"),
        ("zero", bytes(32), "anybody could read what is sealed to this key"),
        ("one", b"\1" + bytes(31), "anybody could read"),
    ],
)
def test_a_public_key_that_is_none_is_refused(tmp_path, name, body, message):
    with pytest.raises(UserError, match=message):
        read_public_key(pem(tmp_path / name, body))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no public key"),
        ("hello\n", "no public key"),
        ("-----BEGIN CRYPT4GH PUBLIC KEY-----\n", "damaged"),
        ("-----BEGIN CRYPT4GH PUBLIC KEY-----\n!!\n-----END CRYPT4GH PUBLIC KEY-----", "damaged"),
        ("ssh-rsa AAAAB3Nza\n", "no public key"),
        ("ssh-ed25519 AAAA\n", "damaged|bytes"),
        ("x" * 70_000, "far too long"),
    ],
)
def test_a_file_that_holds_no_public_key_is_refused(tmp_path, text, message):
    (tmp_path / "k").write_text(text)
    with pytest.raises(UserError, match=message):
        read_public_key(tmp_path / "k")


def test_keys_that_were_exchanged_are_told(pair):
    with pytest.raises(UserError, match="this is a secret key; give the public key"):
        read_public_key(pair[1])
    pair[0].chmod(0o600)
    with pytest.raises(UserError, match="this is a public key; give the secret key"):
        read_secret_key(pair[0])


@pytest.mark.parametrize("body", [b"", b"c4gh-v1", b"c4gh-v1\0\4none", b"openssh-key-v1\0", b"x"])
def test_a_damaged_secret_key_is_told(tmp_path, body, capfd):
    with pytest.raises(UserError, match=r"damaged|no secret key"):
        read_secret_key(pem(tmp_path / "k", body, "CRYPT4GH PRIVATE"))
    assert capfd.readouterr() == ("", "")


def test_all_wrong_recipients_are_told_at_once(tmp_path, pair):
    twin = tmp_path / "twin.pub"
    twin.write_bytes(pair[0].read_bytes())
    with pytest.raises(UserError) as caught:
        read_public_keys([pair[0], tmp_path / "none", twin, pair[1]])
    assert [Path(p.file).name for p in caught.value.problems] == ["k.sec", "none", "twin.pub"]


def test_an_openssh_pair_is_read(tmp_path, need, monkeypatch):
    need("ssh-keygen")
    for number, word in enumerate(["", "a secret"]):
        key = tmp_path / f"id{number}"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", word, "-C", "x", "-f", key], check=True
        )
        monkeypatch.setenv("SCHELDE_PASSPHRASE", word)
        assert public_of(read_secret_key(key)) == read_public_key(key.with_suffix(".pub"))


@pytest.mark.parametrize(
    ("name", "word"),
    [("ega-archive/alice", "alice"), ("ega-archive/bob", "bob"), ("neicnordic/test", "password")],
)
def test_published_keys_are_read(shared, tmp_path, monkeypatch, name, word):
    source = shared / "standards" / "crypt4gh" / name
    monkeypatch.setenv("SCHELDE_PASSPHRASE", word)
    secret = tmp_path / "k.sec"
    shutil.copyfile(source.with_suffix(".sec"), secret)
    secret.chmod(0o600)
    assert public_of(read_secret_key(secret)) == read_public_key(source.with_suffix(".pub"))


def test_the_library_reads_a_key_that_we_write(tmp_path):
    from crypt4gh.keys import get_private_key, get_public_key

    write_key_pair(tmp_path / "p", tmp_path / "s", "word")
    assert public_of(get_private_key(tmp_path / "s", lambda: "word")) == get_public_key(
        tmp_path / "p"
    )


def test_a_fingerprint_differs_from_key_to_key():
    keys = [os.urandom(32) for _ in range(3)]
    assert len({fingerprint(key) for key in keys}) == 3
