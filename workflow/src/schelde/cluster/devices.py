"""GPUs of the machine that a job runs on: which there are, and each for one job at a time."""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.joblog import JobError

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Variable that tells CUDA which GPUs a process may use; Slurm sets it to those of a job."""

QUERY = ("nvidia-smi", "--query-gpu=uuid,memory.total", "--format=csv,noheader")
SECONDS = 60
"""A driver that hangs must not hold up the start for ever."""

LOCKS = (Path("/run/lock"), Path("/tmp"))
"""Folders for locks: the first that every user can write to. /tmp comes second, as machines may
clear it of old files."""

PREFIX = "schelde-gpu-"
WAIT = (0.5, 1.0)
"""Seconds between two looks for a free GPU, drawn anew each time: two jobs that each hold a part
of what both want, and let it go, do not keep step."""

MIG = "MIG-"
"""Beginning of the name of a part of a GPU; nvidia-smi's query lists whole ones only."""


@dataclass(frozen=True)
class Device:
    """A GPU by its UUID, and its memory in MiB; 0 where that is not known."""

    uuid: str
    memory_mb: int


def devices(environment: Mapping[str, str]) -> list[Device]:
    """Return the GPUs that a process with this environment may use, in the machine's order.

    None where there is no nvidia-smi, or no GPU under it. Those that CUDA_VISIBLE_DEVICES names,
    by their place in the machine's order or by the beginning of their UUID, where it is set: CUDA
    reads it so (CUDA C++ Programming Guide, "CUDA Environment Variables").
    """
    present = _present(environment)
    if VISIBLE not in environment:
        return present
    found: list[Device] = []
    for word in environment[VISIBLE].split(","):
        named = _named(word.strip(), present)
        if named is None:
            break  # CUDA does not see those after one that is not there
        found.append(named)
    return list(dict.fromkeys(found))


def _present(environment: Mapping[str, str]) -> list[Device]:
    try:
        done = subprocess.run(
            QUERY,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (FileNotFoundError, PermissionError):
        return []
    except subprocess.TimeoutExpired:
        raise JobError(f"nvidia-smi has not answered in {SECONDS} s; look at the driver") from None
    if done.returncode:
        return []
    return [_device(line) for line in done.stdout.splitlines() if line.startswith("GPU-")]


def _device(line: str) -> Device:
    """Read a line such as ``GPU-0a1b..., 81559 MiB``."""
    uuid, _, memory = line.partition(",")
    number = memory.split()[:1]
    return Device(uuid.strip(), int(number[0]) if number and number[0].isdigit() else 0)


def _named(word: str, present: Sequence[Device]) -> Device | None:
    if word.startswith(MIG):
        return Device(word, 0)
    if word.isdigit():
        return present[int(word)] if int(word) < len(present) else None
    named = [device for device in present if word and device.uuid.startswith(word)]
    return named[0] if len(named) == 1 else None


def too_few(asked: int, found: int) -> str:
    """Say that a machine has fewer GPUs than are asked for.

    >>> too_few(1, 0), too_few(4, 2)
    ('this machine has no GPU that nvidia-smi shows', 'this machine has 2 GPUs and not 4')
    """
    if not found:
        return "this machine has no GPU that nvidia-smi shows"
    return f"this machine has {found} GPU{'s'[: found > 1]} and not {asked}"


@contextmanager
def own_devices(
    number: int, environment: Mapping[str, str], log: IO[bytes] | None = None
) -> Iterator[dict[str, str]]:
    """Hold ``number`` GPUs of this machine; yield the environment in which they alone are seen.

    Waits until that many are free, and says so once in ``log`` (standard error without one). No
    other job of Schelde has them at the same time, whoever runs it. They are free again when the
    block ends or the process dies. Raises `JobError` when the machine has fewer.
    """
    found = devices(environment)
    if len(found) < number:
        seen = f" ({VISIBLE} is '{environment[VISIBLE]}')" if VISIBLE in environment else ""
        raise JobError(f"{too_few(number, len(found))}{seen}")
    with ExitStack() as held:
        mine = _take(number, found, held)
        if mine is None:
            _tell(f"waiting for {number} free GPU{'s'[: number > 1]} of {len(found)}", log)
        while mine is None:
            time.sleep(random.uniform(*WAIT))
            mine = _take(number, found, held)
        uuids = ",".join(device.uuid for device in mine)
        _tell(f"runs on {uuids}", log)
        yield {**environment, VISIBLE: uuids}


def _tell(text: str, log: IO[bytes] | None) -> None:
    if log is None:
        print(text, file=sys.stderr, flush=True)
    else:
        log.write(f"{text}\n".encode())
        log.flush()


def _take(number: int, found: Sequence[Device], held: ExitStack) -> list[Device] | None:
    """Lock the first free GPUs until ``held`` is closed; None, and nothing locked, if too few."""
    with ExitStack() as tried:
        mine: list[Device] = []
        for device in found:
            if len(mine) < number and _lock(device, tried):
                mine.append(device)
        if len(mine) < number:
            return None
        held.push(tried.pop_all())
    return mine


def _lock(device: Device, held: ExitStack) -> bool:
    path = _folder() / f"{PREFIX}{device.uuid.replace('/', '_')}.lock"
    try:
        handle = _open(path)
    except OSError as error:
        raise JobError(
            f"the lock of a GPU, {path}, cannot be opened: {error.strerror}; every user has to be "
            "able to read and write it"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = os.path.samestat(os.fstat(handle), path.lstat())
    except (BlockingIOError, FileNotFoundError):
        same = False
    if not same:  # taken, or removed by somebody: then another file may stand in its place
        os.close(handle)
        return False
    os.utime(handle)  # what clears /tmp of old files takes it for new
    held.callback(os.close, handle)
    return True


def _folder() -> Path:
    """Return the first folder that all users can write to; all of them find the same one."""
    for folder in LOCKS:
        if folder.is_dir() and folder.stat().st_mode & 0o002:
            return folder
    raise JobError(f"no folder that all users can write to is there for locks: {LOCKS}")


def _open(path: Path) -> int:
    """Open the lock of a GPU, which whoever comes first makes, for all users.

    Never with O_CREAT alone: where fs.protected_regular is set, Linux refuses that for files of
    others in such folders (sysctl/fs.rst). No link is followed, lest it lead to a file of a user.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        pass
    # Under a name of its own until all may write to it, so that nobody meets it before.
    handle, new = tempfile.mkstemp(prefix=f"{PREFIX}new-", dir=path.parent)
    try:
        os.fchmod(handle, 0o666)
        os.link(new, path)
    except FileExistsError:  # another job was quicker
        os.close(handle)
        return os.open(path, flags)
    finally:
        Path(new).unlink()
    return handle
