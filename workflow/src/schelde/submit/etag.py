"""Sizes of parts, and the ETag that S3 gives to a file sent in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from schelde.submit.inbox import read_block

PART = 16 << 20
"""Bytes of a part. The Sensitive Data Archive's inbox gives a request 30 seconds (the client of
its sda/cmd/s3inbox/proxy.go), which is enough for this at 5 Mbit/s; S3 takes no less than 5 MiB."""
MOST_PARTS = 10_000
"""S3's limit on the parts of a file."""
MIB = 1 << 20


def part_size_of(size: int) -> int:
    """Return the bytes of each part but the last of a file of ``size`` bytes.

    It depends on the size alone, so that a later run makes the same parts.

    >>> part_size_of(0) == PART, part_size_of(320_000_000_000) // MIB
    (True, 31)
    """
    needed = -(-size // MOST_PARTS)
    return max(PART, -(-needed // MIB) * MIB)


def parts_of(path: Path, size: int, part_size: int) -> Iterator[tuple[int, bytes]]:
    """Yield number, from 1, and bytes of each part of a file; SubmitError if it cannot be read."""
    for number, offset in enumerate(range(0, size, part_size), start=1):
        yield number, read_block(path, offset, min(part_size, size - offset))


def etag_of(digests: Iterable[str]) -> str:
    """Return the ETag of a file sent in parts, from the MD5 of each: the MD5 of all, and how many.

    >>> etag_of(["d41d8cd98f00b204e9800998ecf8427e"])
    '59adb24ef3cdbe0297f05b395827453f-1'
    """
    joined = [bytes.fromhex(digest) for digest in digests]
    return f"{hashlib.md5(b''.join(joined)).hexdigest()}-{len(joined)}"
