"""TFRecord files in shards: there, whole and counted."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from schelde.callers.tools import CallError

# Length of the record as 8 bytes, least first, and its checksum; after the record that of its own
# (tensorflow/core/lib/io/record_writer.h). gzip has a checksum over all of it.
LENGTH_BYTES = 8
HEAD_BYTES = 12
CHECKSUM_BYTES = 4
CHUNK = 1 << 20

SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?=\.|$)")
"""What tells the number of a shard and of all shards in a file's name."""


def shard_paths(folder: Path, pattern: str, number: int) -> list[Path]:
    """Return the files that ``pattern`` names, with ``@`` for the shard.

    >>> [path.name for path in shard_paths(Path("a"), "x.tfrecord@.gz", 2)]
    ['x.tfrecord-00000-of-00002.gz', 'x.tfrecord-00001-of-00002.gz']
    """
    return [
        folder / pattern.replace("@", f"-{shard:05d}-of-{number:05d}") for shard in range(number)
    ]


def found_shards(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that are shards of ``pattern``, however many they say they are.

    Empty where there is none; `CallError` when some are missing or do not fit the others.
    """
    there = sorted(folder.glob(pattern.replace("@", "-*-of-*")))
    numbers = {int(found[2]) for path in there if (found := SHARD.search(path.name))}
    if there and there != shard_paths(folder, pattern, max(numbers, default=0)):
        raise CallError(f"shards are missing: {', '.join(path.name for path in there)} is not all")
    return there


def count_records(paths: Sequence[Path], threads: int) -> int:
    """Return how many records gzipped TFRecord files hold, all of them together.

    Reads every byte. Raises `CallError` for a file that is missing or not whole.
    """
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        return sum(pool.map(_count, paths))


def _count(path: Path) -> int:
    count = 0
    try:
        with gzip.open(path) as file:
            while head := file.read(HEAD_BYTES):
                if len(head) < HEAD_BYTES:
                    raise EOFError("a record has no length")
                _skip(file, int.from_bytes(head[:LENGTH_BYTES], "little") + CHECKSUM_BYTES)
                count += 1
    except FileNotFoundError as error:
        raise CallError(f"{path.name} was not written") from error
    except (EOFError, OSError, zlib.error) as error:
        raise CallError(f"{path.name} is not whole: {error}") from error
    return count


def _skip(file: gzip.GzipFile, size: int) -> None:
    while size:
        read = len(file.read(min(size, CHUNK)))
        if not read:
            raise EOFError("a record ends too early")
        size -= read
