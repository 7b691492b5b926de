"""Let further recipients open a bundle: new headers before bodies that stay as they are."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from schelde.bundle.opened import open_record
from schelde.bundle.record import File, Member, Record
from schelde.errors import Problem, UserError
from schelde.seal.header import SealError, new_packets, opened, read_header, written
from schelde.seal.keys import fingerprint, read_public_keys, read_secret_key
from schelde.seal.lanes import BATCH, Digester, Lane

Result = TypeVar("Result")
Rewrite = Callable[[Path, Record, Mapping[str, Path]], Result]
"""Replaces a bundle whole: its folder, the changed record, encrypted files by plain name."""


def share(
    bundle: Path, recipients: Sequence[Path], secret: Path, rewrite: Rewrite[Result]
) -> Result:
    """Let the owners of more public keys open every file of a bundle; give what ``rewrite`` gives.

    Those who could open it still can. No file is decrypted, and none is changed in place: files
    with new headers are written into ``<bundle>.sharing`` beside the bundle, and ``rewrite`` puts
    them and all documents in the bundle's place when all are done. What a killed run left there is
    deleted by the next. The disk must hold the encrypted files twice meanwhile.

    Raises `UserError` for wrong keys, or a key that is a recipient's already; `SealError` when a
    file is not the one of the record: it would get a checksum that calls a damaged file right.
    """
    record = open_record(bundle)
    keys, own = _new_keys(recipients, record), read_secret_key(secret)
    beside = bundle.with_name(f"{bundle.name}.sharing")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        changed = {
            file.name: shared(bundle / file.path, beside / file.name, keys, own, file)
            for _, file in record.files
        }
        paths = {name: beside / name for name in changed}
        return rewrite(bundle, _changed(record, changed, keys), paths)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def shared(source: Path, target: Path, keys: Sequence[bytes], secret: bytes, file: File) -> File:
    """Write a sealed file with a header for more public keys; return its entry, changed.

    One pass: the body is copied while the old file is held against its entry and the new one's
    checksums are taken. The new packets bear the owner of ``secret`` as their sender.
    """
    before = hashlib.sha256()
    with source.open("rb") as old, target.open("wb") as new:
        found = read_header(old, source.name)
        contents = opened(found, secret, source.name)
        start = written([*found.packets, *new_packets(contents, secret, keys)])
        old.seek(0)
        before.update(old.read(found.end))
        with ExitStack() as stack:
            writing, md5, sha256, checking = [stack.enter_context(Lane()) for _ in range(4)]
            after = Digester(md5, sha256)
            batch = start
            while batch:
                after.add(batch)
                writing.put(new.write, batch)
                batch = old.read(BATCH)
                checking.put(before.update, batch)
    if before.hexdigest() != file.encrypted.sha256:
        raise SealError(f"{source.name}: it is not the file that the bundle's record tells of")
    return file.model_copy(
        update={"encrypted": after.checksums(), "encrypted_size": after.size},
    )


def _new_keys(paths: Sequence[Path], record: Record) -> tuple[bytes, ...]:
    keys = read_public_keys(paths)
    problems = [
        Problem(
            str(path),
            None,
            f"the bundle is sealed to this key already ({fingerprint(key)})",
            "leave it out",
        )
        for path, key in zip(paths, keys, strict=True)
        if key.hex() in record.recipients
    ]
    if problems:
        raise UserError(problems)
    return keys


def _changed(record: Record, files: Mapping[str, File], keys: Sequence[bytes]) -> Record:
    def member_with(member: Member) -> Member:
        return member.model_copy(update={"files": tuple(files[f.name] for f in member.files)})

    return record.model_copy(
        update={
            "members": tuple(map(member_with, record.members)),
            "recipients": (*record.recipients, *(key.hex() for key in keys)),
        }
    )
