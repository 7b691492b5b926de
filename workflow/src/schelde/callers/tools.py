"""A job that runs tools: its scratch folder, its log, and what in the log is a crash."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.cluster.scratch import own_scratch
from schelde.joblog import JobError
from schelde.pipes import ToolError

CRASH = re.compile(
    rb"^.*(?:A USER ERROR has occurred|A fatal error has been detected by the Java"
    rb"|OutOfMemoryError|Exception in thread|[Ss]egmentation fault|core dumped"
    rb"|terminate called|std::bad_alloc).*$"
    rb"|^(?:java|htsjdk|org\.broadinstitute)\.\S*(?:Exception|Error)\b.*$"
    rb"|^\[E::.*$|^Killed$",
    re.MULTILINE,
)
"""What a tool that crashed leaves in its log, also when it ends with status 0."""


class CallError(JobError):
    """A caller ended well but what it left cannot be right."""


@dataclass(frozen=True)
class Machine:
    """What a job may use; ``memory_mb`` in MiB; ``scratch`` is a folder.

    ``scratch_mb`` MiB of it must be free when the job begins.
    """

    threads: int
    memory_mb: int
    scratch: Path
    log: Path
    scratch_mb: int = 0


@dataclass(frozen=True)
class Job:
    """A job while it runs: ``folder`` is scratch that goes away, ``log`` is open."""

    machine: Machine
    folder: Path
    log: IO[bytes]
    environment: Mapping[str, str]

    def run(self, command: Sequence[str]) -> None:
        """Run a tool with its output to the log; raise `ToolError` if it fails or `CallError`."""
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            why = self._crash() or f"see {self.machine.log}"
            raise ToolError(f"{command[0]} ended with status {done.returncode}: {why}")
        self.refuse_crash()

    def refuse_crash(self) -> None:
        """Raise `CallError` if the log shows that a tool crashed."""
        if shown := self._crash():
            raise CallError(f"the log shows a crash: {shown}")

    def _crash(self) -> str:
        found = CRASH.search(self.machine.log.read_bytes())
        return found[0].decode("utf-8", "replace").strip()[:200] if found else ""


@contextmanager
def job_on(machine: Machine, md5_cache: Path | None = None) -> Iterator[Job]:
    """Yield a job; an error that ends the block is written to the log too.

    Tools find the reference of a CRAM in ``md5_cache``, and never ask the network.
    """
    machine.log.parent.mkdir(parents=True, exist_ok=True)
    cache = f"{md5_cache}/%2s/%2s/%s" if md5_cache else os.devnull
    with machine.log.open("wb") as log:
        try:
            with own_scratch(machine.scratch, machine.scratch_mb) as folder:
                environment = {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}
                yield Job(machine, folder, log, environment)
        except Exception as error:
            log.write(f"{type(error).__name__}: {error}\n".encode())
            raise
