"""Give the output of one command to several readers, so that a CRAM is decoded once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.pipes import ToolError
from schelde.streams import feeding, reading

CHUNK_BYTES = 1 << 20
"""As much as a pipe may be made to hold by anyone, by Linux's default."""


@dataclass(frozen=True)
class Reader:
    """Commands, piped into one another, that read a stream to its end; what they say is a file."""

    name: str
    commands: Sequence[Sequence[str]]
    output: Path


def share(
    source: Sequence[str],
    readers: Sequence[Reader],
    *,
    log: IO[bytes],
    env: Mapping[str, str] | None = None,
) -> None:
    """Run ``source`` and write all of its output to every reader.

    Raises `ToolError` when any of the commands fails or stops reading early; then all are ended.
    """
    with ExitStack() as stack:
        sinks = [
            (reader.name, stack.enter_context(_started(reader, stack, log))) for reader in readers
        ]
        output = stack.enter_context(reading([source], log, env))
        while chunk := os.read(output.fileno(), CHUNK_BYTES):
            for name, sink in sinks:
                _write(sink, name, chunk)
        for _, sink in sinks:  # all at once, so that they finish side by side
            sink.close()


def _started(reader: Reader, stack: ExitStack, log: IO[bytes]) -> IO[bytes]:
    output = stack.enter_context(reader.output.open("wb"))
    return stack.enter_context(feeding(reader.commands, output, log))


def _write(sink: IO[bytes], name: str, chunk: bytes) -> None:
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[os.write(sink.fileno(), rest) :]
    except BrokenPipeError:
        raise ToolError(f"{name} stopped before the end of the reads") from None
