"""A whole bundle of a made-up trio: sealed files, whatever they hold, and all documents."""

from __future__ import annotations

from pathlib import Path

from tests.unit.made_record import made_record

from schelde.bundle.folder import write_bundle
from schelde.bundle.record import File, Member, Record
from schelde.seal.crypt4gh import encrypt
from schelde.seal.keys import read_public_key, write_key_pair


def sealed(member: Member, folder: Path, recipient: bytes) -> Member:
    """Return a member whose files are sealed in a folder; each holds its own name only."""
    files: list[File] = []
    for file in member.files:
        plain = folder / file.name
        plain.write_text(f"{file.name}\n" * 100)
        done = encrypt(plain, folder / f"{file.name}.c4gh", [recipient], None)
        plain.unlink()
        files.append(File(name=file.name, role=file.role, records=file.records, **vars(done)))
    return member.model_copy(update={"files": tuple(files)})


def sealed_record(folder: Path, **others: object) -> tuple[Record, dict[str, Path]]:
    """Return a record with real sealed files, and where these lie by their plain names.

    The one recipient's keys, node.pub and node.sec, lie beside the folder.
    """
    folder.mkdir()
    write_key_pair(folder.with_name("node.pub"), folder.with_name("node.sec"))
    recipient = read_public_key(folder.with_name("node.pub"))
    record = made_record(recipients=(recipient.hex(),), **others)
    members = tuple(sealed(member, folder, recipient) for member in record.members)
    places = {
        file.name: folder / f"{file.name}.c4gh" for member in members for file in member.files
    }
    return record.model_copy(update={"members": members}), places


def whole_bundle(folder: Path, **others: object) -> Path:
    """Write a bundle below a folder, verified, and return it."""
    record, places = sealed_record(folder / "sealed", **others)
    root = folder / "bundles" / record.dataset.alias
    write_bundle(root, record, places)
    return root
