"""Which code made a file: digests that rerun a job when its helper code changes."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Each job's Snakemake reads all modules: a parser would take it 0.3 s of 3 s for each.
IMPORT = re.compile(r"^[ \t]*from schelde(?:\.([\w.]+))? import (\([^)]*\)|[^\n#]*)", re.MULTILINE)


@cache
def code_of(*modules: str) -> str:
    """Return a digest of modules of this package and of all modules of it that they import.

    Snakemake reruns a job when its script changes, but not when a module that the script imports
    does; as a parameter of the rule this digest closes the gap.
    """
    found: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], imported = _module(name)
            waiting.extend(imported)
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(name.encode() + b"\0" + found[name] + b"\0")
    return digest.hexdigest()[:16]


@cache
def _module(name: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the source of a module and the modules of this package that it imports.

    Sources of a folder ``native`` beside it, which it may load, count as its own.
    """
    place = PACKAGE.joinpath(*name.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    source = file.read_bytes()
    native = sorted((file.parent / "native").glob("*"))
    return source + b"".join(map(Path.read_bytes, native)), tuple(_imported(source.decode()))


def _imported(source: str) -> list[str]:
    names: list[str] = []
    for module, listed in IMPORT.findall(source):
        if module:
            names.append(module)
        else:
            words = (word.split()[0] for word in listed.strip("()\n ").split(",") if word.strip())
            names.extend(word for word in words if not word.startswith("_"))
    return names
