"""A job's own folder on the disk of its node: made when the job begins, gone when it ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from schelde.joblog import JobError

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
TEMPORARY = ("TMPDIR", "TMP", "TEMP", "TEMPDIR")
"""Variables by which tools are told where temporary files go; Snakemake sets the same."""

LOCK = ".lock"


def base_folder(scratch: str, *, job_of_cluster: bool) -> str:
    """Return the folder that ``scratch`` of the site names, as the machine that asks has it.

    Variables such as $TMPDIR or $SLURM_JOB_ID are those of the node. Raises `JobError` when one
    is not set. A machine that is no node of the cluster may lack variable and folder: what runs
    there (``job_of_cluster`` false) takes the system's folder for temporary files instead.
    """
    unset = [a or b for a, b in VARIABLE.findall(scratch) if (a or b) not in os.environ]
    folder = Path(os.path.expandvars(scratch)).expanduser()
    if job_of_cluster and unset:
        raise JobError(
            f"scratch of config/site.yaml is {scratch}, but {unset[0]} is not set on this node; "
            "name a folder that every node has"
        )
    if job_of_cluster or (not unset and os.access(folder, os.W_OK | os.X_OK)):
        return str(folder)
    return tempfile.gettempdir()


@contextmanager
def own_scratch(base: Path, needs_mb: int = 0) -> Iterator[Path]:
    """Yield a folder in ``base`` that no other job has; remove it however the block ends.

    Tools that the block starts take it for their temporary files. A SIGTERM (the job was
    cancelled, or its time is over) becomes a `JobError`, so that the folder goes then, too. What
    jobs of this user that were killed left on this node is removed first. Raises `JobError` when
    ``needs_mb`` MiB are not free or the folder cannot be made.
    """
    try:
        base.mkdir(parents=True, exist_ok=True)
        remove_abandoned(base)
        check_room(base, needs_mb)
        folder, lock = _make(base)
    except OSError as error:
        raise JobError(
            f"no folder for temporary files can be made in {base}: {error.strerror}; "
            "free space there, or name another folder as scratch in config/site.yaml"
        ) from error
    try:
        with _temporary_files_in(folder), _stopped_by_an_error():
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def check_room(base: Path, needs_mb: int) -> None:
    """Raise `JobError` unless ``needs_mb`` MiB are free on the disk of ``base``."""
    free_mb = shutil.disk_usage(base).free >> 20
    if free_mb < needs_mb:
        raise JobError(
            f"scratch {base} has {free_mb} MiB free, but this job asks for {needs_mb}; free space "
            "there, name another folder as scratch in config/site.yaml, or lower disk_mb of the "
            "rule in config/jobs.yaml"
        )


def remove_abandoned(base: Path) -> None:
    """Remove folders of this user and this node whose jobs are gone: nobody holds their lock."""
    for folder in base.glob(f"{_prefix()}*"):
        with suppress(OSError):  # another job removes it at the same time
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _prefix() -> str:
    """Begin the name of a folder with its node, whose name itself must not travel in headers.

    A shared disk may keep locks node by node: a folder of another node is never looked at.
    """
    node = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f"schelde-{node}-"


def _make(base: Path) -> tuple[Path, int]:
    """Return a new folder and its lock, held until it is closed.

    It gets the name by which it is known as abandoned only when the lock is held. On a disk
    without locks it never gets it.
    """
    made = Path(tempfile.mkdtemp(prefix="new-schelde-", dir=base))
    lock = os.open(made / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return made, lock
    return made.rename(base / (_prefix() + made.name.removeprefix("new-schelde-"))), lock


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in TEMPORARY}
    python_before = tempfile.tempdir
    os.environ.update(dict.fromkeys(TEMPORARY, str(folder)))
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = python_before
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _stopped_by_an_error() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only that gets signals
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise JobError("this job was told to stop (SIGTERM): it was cancelled, or its time was over")
