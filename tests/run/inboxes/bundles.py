"""A small folder that looks like a bundle: files of random bytes, documents and a manifest."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

MIB = 1 << 20


def made_bundle(folder: Path, *sizes: int, seed: int = 1) -> Path:
    """Make ``folder`` with encrypted files of these sizes (bytes) and two documents."""
    source = random.Random(seed)
    for number, size in enumerate(sizes, start=1):
        path = folder / f"encrypted/P{number}AAAA.cram.c4gh"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.randbytes(size))
    for name in ("qc/P1AAAA.json", "validation/result.json"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(json.dumps({"seed": seed, "name": name}))
    write_manifest(folder)
    return folder


def write_manifest(folder: Path) -> None:
    """Write manifest.json of what is there; as in a bundle, it lists not all documents."""
    left_out = ("manifest.json", "validation/result.json")
    files = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in left_out:
            data = path.read_bytes()
            sums = {kind: hashlib.new(kind, data).hexdigest() for kind in ("md5", "sha256")}
            files.append({"path": name, "size": len(data), **sums})
    (folder / "manifest.json").write_text(json.dumps({"files": files}))


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of all files below a folder by their path from it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
