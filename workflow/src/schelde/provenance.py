"""Which code made a file: digests that rerun a job when its helper code changes."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


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
    """Return the source of a module and the modules of this package that it imports."""
    place = PACKAGE.joinpath(*name.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    source = file.read_bytes()
    return source, tuple(_imported(ast.parse(source)))


def _imported(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.module == "schelde":
            names.extend(alias.name for alias in node.names if not alias.name.startswith("_"))
        elif (node.module or "").startswith("schelde."):
            names.append((node.module or "").removeprefix("schelde."))
    return names
