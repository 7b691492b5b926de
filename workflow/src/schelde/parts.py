"""Folders for outputs that are not whole yet, and folders as outputs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def part_folder(final: Path) -> Iterator[Path]:
    """Yield an empty folder ``<final>.parts`` beside an output; it is gone when the block ends.

    For tools that tell the format by the file's name, so that `schelde.pipes.whole` will not do.
    What a killed job left in it is removed.
    """
    folder = final.with_name(f"{final.name}.parts")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole_folder(final: Path) -> Iterator[Path]:
    """Yield a new folder beside ``final``; it gets that name only when the block ends well."""
    with part_folder(final) as folder:
        yield folder
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)
