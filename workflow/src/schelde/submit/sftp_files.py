"""What is done with a file over an open SFTP session; asyncssh's errors pass through."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import asyncssh

from schelde.submit.inbox import Remote, Sent, read_block
from schelde.submit.items import Item

BLOCK = 4 << 20
"""Bytes written or read at once; asyncssh has many requests under way within it."""
TAIL = 1 << 20
"""Bytes before the end of an unfinished file that must be ours before we go on behind them."""
STEP_BACK = 4 * BLOCK
"""How much further back we look for bytes that are ours when the last are not: a server that lost
power may have lost what it had not yet written to its disk."""


async def look(sftp: Any, path: str) -> Remote | None:  # noqa: ANN401
    """Return size and time of change (s) of a file; None if it is not there."""
    try:
        attributes = await sftp.stat(path)
    except asyncssh.SFTPNoSuchFile:
        return None
    time = attributes.mtime
    return Remote(attributes.size or 0, None if time is None else str(int(time)))


async def proved_length(sftp: Any, part: str, item: Item) -> int:  # noqa: ANN401
    """Return how many bytes of an unfinished file we go on behind: their end is proved ours."""
    remote = await look(sftp, part)
    if remote is None:
        return 0
    async with sftp.open(part, "rb") as handle:
        for end in (remote.size, remote.size - STEP_BACK):
            if not 0 < end <= item.size:
                continue
            size = min(end, TAIL)
            if await handle.read(size, end - size) == read_block(item.path, end - size, size):
                return end
    return 0


async def write(sftp: Any, part: str, item: Item, start: int, sent: Sent) -> None:  # noqa: ANN401
    """Write a file from byte ``start`` (0-based) to its end."""
    if start:
        sent(start, False)
    async with sftp.open(part, "r+b" if start else "wb") as handle:
        for offset in range(start, item.size, BLOCK):
            size = min(BLOCK, item.size - offset)
            block = await asyncio.to_thread(read_block, item.path, offset, size)
            await handle.write(block, offset)
            sent(size, True)
        try:
            await handle.truncate(item.size)
            await handle.fsync()
        except asyncssh.SFTPOpUnsupported:
            pass  # the bytes are read back all the same


async def sha256_of(sftp: Any, path: str) -> str:  # noqa: ANN401
    """Read a file back; return the SHA-256 of its bytes."""
    digest, offset = hashlib.sha256(), 0
    async with sftp.open(path, "rb") as handle:
        while block := await handle.read(BLOCK, offset):
            digest.update(block)
            offset += len(block)
    return digest.hexdigest()


async def rename(sftp: Any, part: str, path: str) -> None:  # noqa: ANN401
    """Put a file in the place of another, at once where the server can."""
    try:
        await sftp.posix_rename(part, path)
    except asyncssh.SFTPOpUnsupported:
        if await look(sftp, path) is not None:
            await sftp.remove(path)
        await sftp.rename(part, path)
