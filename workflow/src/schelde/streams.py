"""Read from and write to pipes of tools, line by line; write bgzipped, indexed, digested VCFs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from schelde.pipes import ToolError, whole

COPY_BYTES = 1 << 20


def _start(
    commands: Sequence[Sequence[str]],
    stdin: int | IO[bytes] | None,
    stdout: int | IO[bytes] | None,
    log: IO[bytes],
    env: Mapping[str, str] | None = None,
) -> list[subprocess.Popen[bytes]]:
    running: list[subprocess.Popen[bytes]] = []
    source = stdin if stdin is not None else subprocess.DEVNULL
    for number, command in enumerate(commands, start=1):
        last = number == len(commands)
        process = subprocess.Popen(
            list(command),
            stdin=source,
            stdout=stdout if last else subprocess.PIPE,
            stderr=log,
            env=env,
        )
        if running and running[-1].stdout is not None:
            running[-1].stdout.close()  # so that a dead reader reaches the writer as SIGPIPE
        running.append(process)
        source = process.stdout if process.stdout is not None else subprocess.DEVNULL
    return running


def _failures(running: Sequence[subprocess.Popen[bytes]]) -> str:
    failed = [process for process in running if process.wait() != 0]
    # Only the name: the arguments hold paths, and the log has what the tool said.
    return "; ".join(
        f"{' '.join(_words(process)[:2])} ended with status {process.returncode}"
        for process in failed
    )


def _words(process: subprocess.Popen[bytes]) -> list[str]:
    return process.args if isinstance(process.args, list) else [str(process.args)]


@contextmanager
def reading(
    commands: Sequence[Sequence[str]], log: IO[bytes], env: Mapping[str, str] | None = None
) -> Iterator[IO[bytes]]:
    """Yield the output of commands that are piped into one another.

    The block must read it to its end. Raises `ToolError` when a command fails; when the block
    raises, the commands are ended.
    """
    running = _start(commands, None, subprocess.PIPE, log, env)
    output = running[-1].stdout
    if output is None:
        raise ToolError("no output")
    try:
        yield output
    except BaseException:
        output.close()
        for process in running:
            process.kill()
            process.wait()
        raise
    output.close()
    if failed := _failures(running):
        raise ToolError(failed)


@contextmanager
def feeding(
    commands: Sequence[Sequence[str]], stdout: int | IO[bytes], log: IO[bytes]
) -> Iterator[IO[bytes]]:
    """Yield the input of commands that are piped into one another.

    Raises `ToolError` when a command fails, also when that shows as a broken pipe in the block.
    """
    running = _start(commands, subprocess.PIPE, stdout, log)
    source = running[0].stdin
    if source is None:
        raise ToolError("no input")
    try:
        yield source
        source.close()
    except BrokenPipeError:
        with suppress(BrokenPipeError):
            source.close()
        raise ToolError(_failures(running) or "a command stopped reading") from None
    except BaseException:
        for process in running:
            process.kill()
            process.wait()
        with suppress(BrokenPipeError):
            source.close()
        raise
    if failed := _failures(running):
        raise ToolError(failed)


@contextmanager
def vcf_writer(
    vcf: Path, *, log: IO[bytes], md5: Path | None = None, threads: int = 1
) -> Iterator[IO[bytes]]:
    """Yield a stream for VCF text that becomes ``vcf``, bgzipped, with index ``.tbi`` beside it.

    ``md5`` gets the line that ``md5sum`` would print, taken while the file is written. All files
    appear whole when the block ends well, or not at all.
    """
    with ExitStack() as stack:
        part = stack.enter_context(whole(vcf))
        index = stack.enter_context(whole(f"{vcf}.tbi"))
        digest = hashlib.md5()
        faults: list[OSError] = []
        read_end, write_end = os.pipe()
        drain = threading.Thread(target=_drain, args=(read_end, part, digest.update, faults))
        drain.start()
        try:
            with (
                os.fdopen(write_end, "wb") as compressed,
                feeding([["bgzip", "-c", "-@", str(threads)]], compressed, log) as text,
            ):
                yield text
        finally:
            drain.join()
            if faults:
                raise faults[0]
        made = Path(f"{part}.tbi")
        stack.callback(made.unlink, missing_ok=True)
        done = subprocess.run(["tabix", "-f", "-p", "vcf", str(part)], stderr=log, check=False)
        if done.returncode:
            raise ToolError(f"tabix ended with status {done.returncode}")
        made.replace(index)
        if md5 is not None:
            with whole(md5) as digest_part:
                digest_part.write_text(f"{digest.hexdigest()}  {vcf.name}\n")


def _drain(
    read_end: int, part: Path, update: Callable[[bytes], None], faults: list[OSError]
) -> None:
    """Copy a pipe to a file; a fault is kept, and closing the pipe then stops its writer."""
    with os.fdopen(read_end, "rb") as source:
        try:
            with part.open("wb") as file:
                while chunk := source.read(COPY_BYTES):
                    update(chunk)
                    file.write(chunk)
        except OSError as error:
            faults.append(error)
