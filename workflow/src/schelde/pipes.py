"""Run tools piped into one another, and write files so that none is ever left half-done."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class ToolError(RuntimeError):
    """A tool of a pipe ended with a status other than 0."""


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it there only when the block ends well."""
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f"{final.name}.part")
    try:
        yield part
        part.replace(final)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a small text file whole or not at all."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def md5_of(path: str | Path) -> str:
    """Return the MD5 of a file's bytes as 32 hexadecimal digits."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "md5").hexdigest()


def pipe(
    commands: Sequence[Sequence[str]],
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    log: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run commands with each one's output piped into the next one's input.

    ``env`` is laid over the environment. Raises `ToolError` naming every command that failed;
    a command before the last that was ended by SIGPIPE is named too: its output was cut short.
    """
    running: list[subprocess.Popen[bytes]] = []
    source = stdin
    environment = {**os.environ, **(env or {})}
    for number, command in enumerate(commands, start=1):
        last = number == len(commands)
        process = subprocess.Popen(
            list(command),
            stdin=source if source is not None else subprocess.DEVNULL,
            stdout=stdout if last else subprocess.PIPE,
            stderr=log,
            env=environment,
        )
        if running and source is not None:
            source.close()  # so that a dead reader reaches the writer as SIGPIPE
        source = process.stdout
        running.append(process)
    failed = [
        f"{command[0]} ended with status {process.wait()}: {' '.join(command)}"
        for command, process in zip(commands, running, strict=True)
        if process.wait() != 0
    ]
    if failed:
        raise ToolError("; ".join(failed))
