"""Encryption: right by the library's own program, and by the vectors of other implementations."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.seal.crypt4gh import Sealed, decrypting, encrypt
from schelde.seal.header import (
    EXTRA,
    SEGMENT,
    SealError,
    WrongKeyError,
    body_size,
    header_end,
    plain_size,
)
from schelde.seal.keys import public_of, read_public_key, read_secret_key, write_key_pair

SIZES = [0, 1, 65535, 65536, 65537, 3 * (1 << 20) + 17]
SECRETS = [bytes([number] * 32) for number in (1, 2, 3)]
PUBLIC = [public_of(secret) for secret in SECRETS]


def drawn(size: int) -> bytes:
    return (hashlib.sha256(b"%d" % size).digest() * (size // 32 + 1))[:size]


def sealed(folder: Path, content: bytes, recipients: list[bytes] = PUBLIC[:1]) -> Path:
    (folder / "f").write_bytes(content)
    encrypt(folder / "f", folder / "f.c4gh", recipients)
    return folder / "f.c4gh"


def opened(path: Path, secret: bytes = SECRETS[0], size: int | None = None) -> bytes:
    with decrypting(path, secret, size) as stream:
        return stream.read()


def library(*words: object, stdin: Path, stdout: Path | None = None) -> bytes:
    """Run the library's program ``crypt4gh``."""
    program = Path(sys.executable).with_name("crypt4gh")
    run = subprocess.run(
        [program, *map(str, words)], input=stdin.read_bytes(), capture_output=True, check=True
    )
    if stdout is not None:
        stdout.write_bytes(run.stdout)
    return run.stdout


@pytest.mark.parametrize("size", SIZES)
def test_the_librarys_program_decrypts_what_we_encrypt(tmp_path, size):
    write_key_pair(tmp_path / "p", tmp_path / "s")
    path = sealed(tmp_path, drawn(size), [read_public_key(tmp_path / "p")])
    assert library("decrypt", "--sk", tmp_path / "s", stdin=path) == drawn(size)


@pytest.mark.parametrize("size", SIZES)
def test_we_decrypt_what_the_librarys_program_encrypts(tmp_path, size):
    write_key_pair(tmp_path / "p", tmp_path / "s")
    (tmp_path / "f").write_bytes(drawn(size))
    library(
        "encrypt", "--recipient_pk", tmp_path / "p", stdin=tmp_path / "f", stdout=tmp_path / "c"
    )
    assert opened(tmp_path / "c", read_secret_key(tmp_path / "s"), size) == drawn(size)


@pytest.mark.parametrize("recipients", [1, 3])
def test_each_recipient_can_open_a_file(tmp_path, recipients):
    path = sealed(tmp_path, drawn(70_000), PUBLIC[:recipients])
    assert [opened(path, secret) for secret in SECRETS[:recipients]] == [drawn(70_000)] * recipients


@pytest.mark.parametrize("size", SIZES)
def test_sizes_and_checksums_are_those_of_the_files(tmp_path, size):
    (tmp_path / "f").write_bytes(drawn(size))
    found = encrypt(tmp_path / "f", tmp_path / "c", PUBLIC)
    cipher = (tmp_path / "c").read_bytes()
    assert found == Sealed(
        size=size, plain=sums(drawn(size)), encrypted_size=len(cipher), encrypted=sums(cipher)
    )
    assert len(cipher) == header_end(tmp_path / "c") + body_size(size)


def sums(content: bytes) -> object:
    from schelde.bundle.record import Checksums

    return Checksums(
        md5=hashlib.md5(content).hexdigest(), sha256=hashlib.sha256(content).hexdigest()
    )


@given(content=st.binary(max_size=300).flatmap(lambda b: st.integers(0, 700).map(b.__mul__)))
def test_what_is_encrypted_decrypts_to_the_same(tmp_path_factory, content):
    path = sealed(tmp_path_factory.mktemp("round"), content)
    assert opened(path, size=len(content)) == content


@given(size=st.integers(0, 1 << 40))
def test_the_size_of_a_plain_file_follows_from_its_body(size):
    assert plain_size(body_size(size)) == size


def test_a_file_is_encrypted_otherwise_each_time(tmp_path):
    first = sealed(tmp_path, b"the same").read_bytes()
    assert sealed(tmp_path, b"the same").read_bytes() != first


def test_recipients_can_know_a_file_by_its_sender(tmp_path):
    from crypt4gh import header

    (tmp_path / "f").write_bytes(b"x")
    encrypt(tmp_path / "f", tmp_path / "c", PUBLIC[:1], SECRETS[1])
    keys = [(0, SECRETS[0], None)]
    with (tmp_path / "c").open("rb") as file:
        assert header.deconstruct(file, keys, sender_pubkey=PUBLIC[1])


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(tmp_path, monkeypatch):
    class Failing(io.BytesIO):
        def read(self, _=-1):
            raise OSError(5, "Input/output error")

    (tmp_path / "f").write_bytes(b"x")
    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda p, *a, **k: Failing() if p.name == "f" else real(p, *a, **k)
    )
    with pytest.raises(OSError, match="Input/output"):
        encrypt(tmp_path / "f", tmp_path / "c", PUBLIC)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_encryption(tmp_path):
    (tmp_path / "f").write_bytes(drawn(20 << 20))
    (tmp_path / "c.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        encrypt(tmp_path / "f", tmp_path / "c", PUBLIC)
    assert not (tmp_path / "c").exists()


def flip(at: int) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        place = at % len(content)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return change


HEADER = 16 + 108
SECOND = HEADER + SEGMENT + EXTRA
DAMAGE = {
    "magic": (flip(0), "no Crypt4GH file: Not a CRYPT4GH"),
    "version": (flip(8), "no Crypt4GH file: Unsupported CRYPT4GH version"),
    "number of packets": (flip(12), "no Crypt4GH file"),
    "length of a packet": (flip(19), "no Crypt4GH file: Packet 0 too small"),
    "method of a packet": (flip(20), "this key does not open it"),
    "key of the sender": (flip(24), "this key does not open it"),
    "nonce of a packet": (flip(56), "this key does not open it"),
    "session key": (flip(70), "this key does not open it"),
    "tag of a packet": (flip(HEADER - 1), "this key does not open it"),
    "nonce of the first segment": (flip(HEADER), "segment 1 does not pass"),
    "body of the first segment": (flip(HEADER + 500), "segment 1 does not pass"),
    "tag of the first segment": (flip(SECOND - 1), "segment 1 does not pass"),
    "nonce of the second segment": (flip(SECOND), "segment 2 does not pass"),
    "body of the second segment": (flip(SECOND + 13), "segment 2 does not pass"),
    "tag of the last segment": (flip(-1), "segment 3 does not pass"),
    "cut in a segment": (lambda c: c[:-1], r"holds 149999 bytes and should hold 150000"),
    "cut in a tag": (lambda c: c[: SECOND + 20], "it was cut: its last segment has 20 bytes"),
    "cut between segments": (lambda c: c[:SECOND], "holds 65536 bytes and should hold 150000"),
    "cut after the header": (lambda c: c[:HEADER], "holds 0 bytes and should hold 150000"),
    "cut in the header": (lambda c: c[:50], "no Crypt4GH file: Packet 0 too small"),
    "empty": (lambda _: b"", "no Crypt4GH file: Header too small"),
    "no packet": (lambda c: c[:12] + bytes(4) + c[16:], "its header has no packet"),
    "endless packet": (lambda c: c[:16] + b"\xff" * 4 + c[20:], "Packet 0 too small"),
    "more bytes": (lambda c: c + b"x" * 100, "holds 150100 bytes and should hold"),
    "segments exchanged": (
        lambda c: c[:HEADER] + c[SECOND:][: SEGMENT + EXTRA] + c[HEADER:SECOND] + c[SECOND:],
        "should hold",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_noticed_and_named(tmp_path, damage):
    change, message = DAMAGE[damage]
    path = sealed(tmp_path, drawn(150_000))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(SealError, match=f"^f.c4gh: .*{message}"):
        opened(path, size=150_000)


def test_no_byte_of_a_changed_segment_is_given(tmp_path):
    path = sealed(tmp_path, drawn(150_000))
    path.write_bytes(flip(SECOND + 100)(path.read_bytes()))
    got = b""
    with pytest.raises(SealError), decrypting(path, SECRETS[0]) as stream:
        while piece := stream.read(1000):
            got += piece
    assert drawn(150_000)[:SEGMENT].startswith(got)


def test_a_wrong_key_is_told_with_the_number_of_recipients(tmp_path):
    path = sealed(tmp_path, b"x", PUBLIC[:2])
    with pytest.raises(WrongKeyError, match="this key does not open it; it is sealed to 2 recip"):
        opened(path, SECRETS[2])


def test_a_wrong_key_leaves_nothing_on_the_terminal(tmp_path, capfd):
    path = sealed(tmp_path, b"x", PUBLIC[:2])
    assert opened(path, SECRETS[1]) == b"x"
    assert capfd.readouterr() == ("", "")


def test_a_file_with_an_edit_list_is_refused(tmp_path):
    write_key_pair(tmp_path / "p", tmp_path / "s")
    path = sealed(tmp_path, drawn(150_000), [read_public_key(tmp_path / "p")])
    words = ("rearrange", "--sk", tmp_path / "s", "--range", "70000-90000")
    library(*words, stdin=path, stdout=tmp_path / "part.c4gh")
    with pytest.raises(SealError, match="it has an edit list"):
        opened(tmp_path / "part.c4gh", read_secret_key(tmp_path / "s"))


def test_a_file_of_another_implementation_is_decrypted(shared, tmp_path, monkeypatch):
    folder = shared / "standards" / "crypt4gh" / "neicnordic"
    shutil.copyfile(folder / "test.sec", tmp_path / "k")
    (tmp_path / "k").chmod(0o600)
    monkeypatch.setenv("SCHELDE_PASSPHRASE", "password")
    plain = (folder / "sample.txt").read_bytes()
    secret = read_secret_key(tmp_path / "k")
    assert opened(folder / "sample.txt.enc", secret, len(plain)) == plain


def test_owners_of_published_keys_open_our_files_with_the_library(shared, tmp_path):
    folder = shared / "standards" / "crypt4gh" / "ega-archive"
    path = sealed(
        tmp_path, drawn(70_000), [read_public_key(folder / f"{n}.pub") for n in ("alice", "bob")]
    )
    program = Path(sys.executable).with_name("crypt4gh")
    for name in ("alice", "bob"):
        run = subprocess.run(
            [program, "decrypt", "--sk", folder / f"{name}.sec"],
            input=path.read_bytes(),
            capture_output=True,
            check=True,
            env={**os.environ, "C4GH_PASSPHRASE": name},
        )
        assert run.stdout == drawn(70_000)
