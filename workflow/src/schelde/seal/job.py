"""Seal the packaged files of a sample."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from schelde.bundle.record import File
from schelde.json_text import json_text
from schelde.package.packaged import PACKAGE, LeftOut, PlainFile, read_packaged
from schelde.seal.crypt4gh import encrypt
from schelde.seal.header import SealError
from schelde.seal.keys import KEY_BYTES, read_public_keys, read_secret_key

SEALED = "sealed.json"


def seal_sample(
    package: Path, output: Path, recipients: Sequence[Path], sender: Path | None, log: IO[bytes]
) -> None:
    """Encrypt the files of a package into a folder, whole or not at all.

    The folder gets every file as ``<name>.c4gh``, package.json as it is, and `SEALED`: the list
    ``files`` of `schelde.bundle.record.File`. ``recipients`` are files of public keys; ``sender``
    one of a secret key, without which one is made for the sample and forgotten. A sample that is
    left out has no files, and so has the folder. A killed run leaves at most ``<output>.part``.
    Raises `UserError` for bad keys, `SealError` for a package that is not what it says.
    """
    public = read_public_keys(recipients)
    secret = read_secret_key(sender) if sender else os.urandom(KEY_BYTES)
    packaged = read_packaged(package)
    plain = () if isinstance(packaged, LeftOut) else packaged.files
    part = output.with_name(f"{output.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        files: list[File] = []
        for entry in plain:
            files.append(_sealed(entry, package, part, public, secret))
            log.write(f"{entry.name}: {entry.size} bytes sealed\n".encode())
        listed = {"files": [file.model_dump(mode="json") for file in files]}
        (part / SEALED).write_text(json_text(listed), encoding="utf-8")
        shutil.copyfile(package / PACKAGE, part / PACKAGE)
        shutil.rmtree(output, ignore_errors=True)
        part.rename(output)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sealed(
    entry: PlainFile, package: Path, folder: Path, recipients: Sequence[bytes], sender: bytes
) -> File:
    sealed = encrypt(package / entry.name, folder / f"{entry.name}.c4gh", recipients, sender)
    if sealed.size != entry.size:
        what = f"it has {sealed.size} bytes, and {entry.size} by {PACKAGE}"
        raise SealError(f"{entry.name}: {what}; delete the folder to have it packaged again")
    return File(name=entry.name, role=entry.role, records=entry.records, **vars(sealed))
