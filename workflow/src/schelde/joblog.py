"""The log of a job, and how a job ends when its data or a tool is at fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schelde.errors import UserError
from schelde.pipes import ToolError


class JobError(RuntimeError):
    """What a job found broken; its text is all that a user needs."""


FAULTS = (JobError, ToolError, UserError)


@contextmanager
def faults_end_the_job() -> Iterator[None]:
    """End the process with status 1 and a message for what a tool or its data are at fault for.

    So does a user's mistake that came after the inputs were checked, such as a panel that changed.
    """
    try:
        yield
    except FAULTS as error:
        sys.exit(str(error))


@contextmanager
def job_log(path: str | Path) -> Iterator[IO[bytes]]:
    """Yield a job's log to write to.

    A `JobError`, `ToolError` or `UserError` ends the process with status 1, its message in the
    log and on the terminal, without a traceback.
    """
    with faults_end_the_job(), Path(path).open("wb") as log:
        try:
            yield log
        except FAULTS as error:
            log.write(f"{error}\n".encode())
            raise
