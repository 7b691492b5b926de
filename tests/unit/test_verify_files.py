"""The files of a bundle: whole ones pass, each damage is told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.made_record import made_record
from tests.unit.told import told_by_rule

from schelde.bundle.record import RECORD, SUFFIXES, File, Member, Record, Role
from schelde.documents.checksums import documents
from schelde.documents.manifest import MANIFEST, manifest
from schelde.seal.crypt4gh import encrypt
from schelde.seal.keys import public_of
from schelde.verify.files import RULES
from schelde.verify.rule import Bundle

SECRETS = [bytes([number] * 32) for number in (1, 2, 3)]
CRAM = "encrypted/P1AAAA.cram.c4gh"


def made_bundle(root: Path) -> Record:
    """Write a bundle of files and lists alone, sealed to the first two of SECRETS."""
    recipients = [public_of(secret) for secret in SECRETS[:2]]
    (root / "encrypted").mkdir(parents=True)
    made = made_record(recipients=tuple(key.hex() for key in recipients))
    members = [
        member.model_copy(update={"files": tuple(_files(root, member, recipients))})
        for member in made.members
    ]
    record = made.model_copy(update={"members": tuple(members)})
    write_documents(root, record)
    return record


def _files(root: Path, member: Member, recipients: list[bytes]) -> Iterator[File]:
    for role in (Role.READS, Role.VARIANTS):
        name = f"{member.sample}{SUFFIXES[role]}"
        plain = root.parent / "plain"
        plain.write_bytes(name.encode() * 9000)
        sealed = encrypt(plain, root / f"encrypted/{name}.c4gh", recipients)
        yield File(name=name, role=role, **vars(sealed))


def write_documents(root: Path, record: Record) -> None:
    texts = {RECORD: record.to_json(), **documents(record)}
    contents = {path: str(text).encode() for path, text in texts.items()}
    contents[MANIFEST] = manifest(record, contents, {}, {})
    for path, content in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def findings(root: Path, key: bytes | None = SECRETS[0]) -> list[str]:
    """Return what the rules say, each with the id of the rule."""
    found = told_by_rule(RULES, Bundle(root, key))
    return [f"{rule}: {each}" for rule, said in found.items() for each in said]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.mark.parametrize("key", [None, SECRETS[0], SECRETS[1]])
def test_a_whole_bundle_passes(root, key):
    (root / "validation").mkdir()
    (root / "validation" / "result.json").write_text("{}")
    assert findings(root, key) == []


def test_every_rule_has_a_name_of_its_own_and_says_what_it_proves():
    assert len({rule.id for rule in RULES}) == len(RULES) == 7
    assert all(rule.id.startswith("files.") and rule.proves for rule in RULES)


def flip(path: str, at: int) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        content = bytearray((root / path).read_bytes())
        content[at] ^= 1
        (root / path).write_bytes(content)

    return change


def in_json(path: str, change: Callable[[dict], object]) -> Callable[[Path], None]:
    def rewrite(root: Path) -> None:
        document = json.loads((root / path).read_text())
        change(document)
        (root / path).write_text(json.dumps(document))

    return rewrite


def listed(document: dict, path: str = CRAM) -> dict:
    return next(entry for entry in document["files"] if entry["path"] == path)


def text(path: str, old: str, new: str) -> Callable[[Path], None]:
    def rewrite(root: Path) -> None:
        before = (root / path).read_text()
        assert old in before
        (root / path).write_text(before.replace(old, new, 1))

    return rewrite


def written(path: str, content: bytes) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        (root / path).parent.mkdir(exist_ok=True, parents=True)
        (root / path).write_bytes(content)

    return write


def cut(path: str, size: int) -> Callable[[Path], object]:
    return lambda root: os.truncate(root / path, size)


def as_link(root: Path) -> None:
    (root / CRAM).rename(root.parent / "elsewhere")
    (root / CRAM).symlink_to(root.parent / "elsewhere")


def as_pipe(root: Path) -> None:
    (root / CRAM).unlink()
    os.mkfifo(root / CRAM)


MD5_LIST, SHA_LIST = "encrypted/checksum_encrypted.md5", "encrypted/checksum_unencrypted.sha256"
HEADER = 16 + 2 * 108
DAMAGE = {
    "a bit of the magic": (flip(CRAM, 0), f"files.sealed: {CRAM}: this is no Crypt4GH file: Not"),
    "a bit of the version": (flip(CRAM, 8), "Unsupported CRYPT4GH version"),
    "a bit of a packet": (flip(CRAM, 100), f"files.key: {CRAM}: this key does not open it"),
    "a bit of the body": (flip(CRAM, HEADER + 99), f"files.checksums: {CRAM}: its sha256 is"),
    "a byte is cut": (cut(CRAM, HEADER + 65564), f"files.sealed: {CRAM}: it holds 65536 bytes"),
    "cut in a tag": (cut(CRAM, HEADER + 20), f"files.sealed: {CRAM}: it was cut: its last segm"),
    "empty": (cut(CRAM, 0), f"files.sealed: {CRAM}: this is no Crypt4GH file: Header too small"),
    "a missing file": (lambda root: (root / CRAM).unlink(), f"files.names: {CRAM}: this file is"),
    "a file more": (written("ega/notes.txt", b"x"), "files.names: ega/notes.txt: this file is not"),
    "a hidden file": (written(".notes", b"x"), "files.names: .notes: this file is not in the man"),
    "a link": (as_link, f"files.checksums: {CRAM}: this file cannot be read: it is no plain file"),
    "a link to a folder": (
        lambda root: (root / "more").symlink_to(root.parent),
        "files.names: more: this file is not in the manifest",
    ),
    "a pipe": (as_pipe, f"files.checksums: {CRAM}: this file cannot be read: it is no plain file"),
    "a document changed": (
        text(RECORD, '"version": "0.0.0"', '"version": "0.0.1"'),
        f"files.checksums: {RECORD}: its md5 is",
    ),
    "no manifest": (lambda root: (root / MANIFEST).unlink(), f"files.names: {MANIFEST}: this file"),
    "a manifest of text": (written(MANIFEST, b"hello"), f"files.manifest: {MANIFEST}: this is not"),
    "a manifest of another kind": (written(MANIFEST, b"[]"), "files.manifest: manifest.json: $: ["),
    "a manifest of no files": (
        in_json(MANIFEST, lambda d: d.update(files=[])),
        "files.manifest: manifest.json: $.files",
    ),
    "another dataset": (
        in_json(MANIFEST, lambda d: d.update(dataset="other")),
        "dataset is 'other'; the record has 'made-trio'",
    ),
    "a file twice": (
        in_json(MANIFEST, lambda d: d["files"].append(listed(d))),
        f"files.names: manifest.json: {CRAM} is listed 2 times",
    ),
    "a size of text": (
        in_json(MANIFEST, lambda d: listed(d).update(size="1")),
        "files.manifest: manifest.json: $.files",
    ),
    "a path upwards": (
        in_json(MANIFEST, lambda d: listed(d).update(path="../x")),
        "files.names: manifest.json: $.files",
    ),
    "another size": (
        in_json(MANIFEST, lambda d: listed(d).update(size=7)),
        f"files.record: manifest.json: {CRAM}: size is 7, and",
    ),
    "another plain checksum": (
        in_json(MANIFEST, lambda d: listed(d)["plain"].update(md5="0" * 32)),
        f"files.record: manifest.json: {CRAM}: plain.md5 is 000",
    ),
    "another sample": (
        in_json(MANIFEST, lambda d: listed(d).update(sample="P2AAAA")),
        f"files.record: manifest.json: {CRAM}: sample is P2AAAA, and P1AAAA by the record",
    ),
    "a plain file": (
        in_json(MANIFEST, lambda d: listed(d).update(plain=None)),
        f"{CRAM} is in the record, and not listed as an encrypted file",
    ),
    "an encrypted document": (
        in_json(MANIFEST, lambda d: listed(d, RECORD).update(plain=listed(d)["plain"])),
        f"{RECORD} is listed as an encrypted file, and not in the record",
    ),
    "a recipient more": (
        in_json(RECORD, lambda d: d["recipients"].append("0c" * 32)),
        f"files.sealed: {CRAM}: its header is for 2 recipients, and the record names 3",
    ),
    "a broken record": (written(RECORD, b"{}"), f"files.record: {RECORD}: version: Field required"),
    "two spaces in a list": (
        text(MD5_LIST, " P1", "  P1"),
        f"files.lists: {MD5_LIST}: line 1 is not a checksum, one space and a path",
    ),
    "a line less": (written(SHA_LIST, b""), f"files.lists: {SHA_LIST}: P1AAAA.cram is missing"),
    "a line more": (
        text(MD5_LIST, "\n", f"\n{'0' * 32} P9.cram.c4gh\n"),
        "P9.cram.c4gh is in the list, and not in the record",
    ),
    "a name changed": (text(SHA_LIST, " P1AAAA.cram", " P1AAAB.cram"), "P1AAAB.cram is in the"),
    "a line twice": (
        lambda root: (root / MD5_LIST).write_text((root / MD5_LIST).read_text() * 2),
        "is there twice",
    ),
    "a list of bytes": (
        written(MD5_LIST, b"\xff\xfe"),
        f"files.lists: {MD5_LIST}: this is not",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told(root, damage):
    change, message = DAMAGE[damage]
    change(root)
    assert message in "\n".join(findings(root))


def test_a_key_that_opens_nothing_is_told_for_every_file(root):
    said = findings(root, SECRETS[2])
    assert len(said) == 6
    assert all("this key does not open it; it is sealed to 2 recipients" in each for each in said)


@pytest.mark.parametrize(
    "hostile",
    [*MALFORMED, '{"files": 1}', '{"files": [1]}', '{"files": [{"path": 1}]}'],
)
@pytest.mark.parametrize("path", [MANIFEST, RECORD])
def test_no_content_of_a_document_ends_in_a_traceback(root, path, hostile):
    (root / path).write_text(hostile)
    assert findings(root)
