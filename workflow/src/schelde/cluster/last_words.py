"""What the logs of a failed job say at their ends: of memory, time, disks, nodes and tools."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schelde.cluster.full_disk import FullDisk, full_disk

END_BYTES = 64 * 1024
"""How much of a log is read from its end; Slurm's log of a job has some 15 KiB."""

LONGEST = 200
"""Characters of a tool's line that are quoted."""

# slurmd of 22.05 to 24.11: slurmstepd's req.c and mgr.c, common/slurm_jobacct_gather.c.
BY_SLURM = re.compile(
    r"\*\*\* JOB \d+ ON (?P<node>\S+) CANCELLED AT \S+(?: DUE TO (?P<why>.+?))? \*\*\*"
)
OVER_LIMIT = re.compile(r"exceeded memory limit \((?P<used>\d+) > \d+\)")

MEMORY = (
    (re.compile(r"[Oo][Oo][Mm][-_ ]?[Kk]ill|Out Of Memory"), "Slurm or the node stopped it"),
    (re.compile(r"OutOfMemoryError|GC overhead limit"), "Java's heap was full"),
    (re.compile(r"std::bad_alloc"), "std::bad_alloc"),
    (re.compile(r"^MemoryError|MemoryError$", re.M), "MemoryError"),
    (
        re.compile(r"Cannot allocate memory|[Ff]ail(?:ed)? to allocate|[Cc]ould ?n[o']t allocate"),
        "",
    ),
)
"""Signs that memory ran out, and how a user is told of each."""

KILLED = re.compile(r"^(?:\S+: )*Killed$|Signals\.SIGKILL|ended with status (?:-9|137)\b", re.M)
"""Signs of signal 9, which the kernel sends when memory ends, and Slurm to whatever it stops."""

TOOL = re.compile(r"(?P<tool>\S+(?: \S+)?) ended with status (?P<status>-?\d+)(?:: (?P<more>.*))?")
"""How `schelde.pipes.ToolError` and its like begin."""

OURS = re.compile(r"^(?:JobError|CallError|ToolError|UserError): ")
"""The name that `schelde.callers.tools` writes before an error's text."""

PROBLEMS = re.compile(r"^\d+ problems? in the input:$")
"""The first line of a `schelde.errors.UserError`."""

NO_ROOM = re.compile(r"scratch .* MiB free|no folder for temporary files can be made")
TOLD_TO_STOP = "told to stop (SIGTERM)"
"""How `schelde.cluster.scratch` tells of a disk, and of a job that is ended from outside."""

# What the tools of shell rules write last when they fail; they have no word of ours after it.
TOOL_TALK = re.compile(r"^(?:\[\w|\*\*\*|Using GATK|Running:|A USER ERROR|Tool returned|java\s)")

EXIT = re.compile(r"returned non-zero exit status (\d+)")
SIGPIPE = {-signal.SIGPIPE, 128 + signal.SIGPIPE}


SLURM_AWAY = "Unable to contact slurm controller"
"""What srun says when slurmctld is away just as a job begins."""


@dataclass(frozen=True)
class Memory:
    """A sign that memory ran out; ``used_mib`` is 0 where it is not told."""

    sign: str
    used_mib: int
    log: str | None


@dataclass(frozen=True)
class Tool:
    """How a tool ended, and the last line that it wrote."""

    how: str
    last: str
    log: str | None


@dataclass(frozen=True)
class Fault:
    """What the job itself said that it found broken, and how many ``more`` there are, in words."""

    kind: Literal["input", "disk", "cancelled"]
    text: str
    more: str
    log: str | None


@dataclass(frozen=True)
class LastWords:
    """All that was understood; ``node`` is where Slurm or the job says that it ran."""

    rule_log: str | None = None
    slurm_log: str | None = None
    over_time: bool = False
    node_failed: bool = False
    preempted: bool = False
    cancelled: bool = False
    node: str = ""
    missing: bool = False
    slurm_away: bool = False
    memory: Memory | None = None
    full: FullDisk | None = None
    tool: Tool | None = None
    fault: Fault | None = None
    exception: str = ""


def read_last_words(message: str, logs: Sequence[Path]) -> LastWords:
    """Read what Snakemake said and the ends of a job's logs; a log that cannot be read is empty."""
    slurm = next((log for log in logs if is_of_slurm(log)), None)
    own = next((log for log in logs if not is_of_slurm(log)), None)
    slurm_text, own_text = _end(slurm), _end(own)
    texts = [(slurm_text, _name(slurm)), (own_text, _name(own)), (message, None)]
    stopped = list(BY_SLURM.finditer(slurm_text))
    why = stopped[-1]["why"] or "" if stopped else ""
    lines = [OURS.sub("", line) for line in own_text.splitlines() if line.strip()]
    crash = _exception(own_text)
    tool = None if crash else _tool(lines, slurm_text + message, _name(own))
    return LastWords(
        rule_log=_name(own),
        slurm_log=_name(slurm),
        over_time="TIME LIMIT" in why,
        node_failed="NODE FAILURE" in why,
        preempted="PREEMPTION" in why,
        cancelled=bool(stopped) and not why,
        node=stopped[-1]["node"] if stopped else _host(slurm_text),
        slurm_away=SLURM_AWAY in slurm_text,
        missing="This might be due to filesystem latency" in slurm_text + message,
        memory=_memory(texts, weak=not stopped),
        full=next((disk for text, log in texts if (disk := full_disk(text, log))), None),
        tool=tool,
        fault=None if crash or tool else _fault(lines, _name(own)),
        exception=crash,
    )


def is_of_slurm(log: Path) -> bool:
    """Tell Slurm's log of a job from the rule's: ``rule_NAME/WILDCARDS/NUMBER.log``.

    >>> is_of_slurm(Path(".snakemake/slurm_logs/rule_align/S1_L1/17.log"))
    True
    >>> is_of_slurm(Path("logs/mark_duplicates/17.log"))
    False
    """
    folders = log.parts[-3:-1]
    return log.stem.isdigit() and any(part.startswith(("rule_", "group_")) for part in folders)


def _name(log: Path | None) -> str | None:
    return str(log) if log is not None and log.is_file() else None


def _end(log: Path | None) -> str:
    if log is None:
        return ""
    try:
        with log.open("rb") as handle:
            size = handle.seek(0, 2)
            handle.seek(max(0, size - END_BYTES))
            return handle.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _host(slurm_text: str) -> str:
    """Return the node that the Snakemake inside the job says that it is on."""
    found = re.findall(r"^  Host: (\S+)$", slurm_text, re.M)
    return found[-1] if found else ""


def _memory(texts: Sequence[tuple[str, str | None]], *, weak: bool) -> Memory | None:
    """Find the surest sign; a mere signal 9 is one only if Slurm did not say that it sent it."""
    for text, log in texts:
        if told := OVER_LIMIT.findall(text):
            return Memory("", max(map(int, told)) // 2**20, log)
    for pattern, sign in MEMORY:
        for text, log in texts:
            if pattern.search(text):
                return Memory(sign, 0, log)
    for text, log in texts if weak else ():
        if KILLED.search(text):
            return Memory(
                "it was killed with signal 9, which is how a machine frees memory", 0, log
            )
    return None


def _tool(lines: Sequence[str], said: str, log: str | None) -> Tool | None:
    """Find the tool that ended badly: the first that did not merely lose its reader."""
    if not lines:
        return None
    ended = [found for part in lines[-1].split("; ") if (found := TOOL.match(part))]
    first = next((end for end in ended if int(end["status"]) not in SIGPIPE), None)
    first = first or (ended[0] if ended else None)
    if first:
        last = first["more"] if first["tool"] == "gatk" else ""
        return Tool(_how(first), (last or (lines[-2] if lines[1:] else ""))[:LONGEST], log)
    if TOOL_TALK.match(lines[-1]):
        status = EXIT.search(said)
        how = f"its tool ended with status {status[1]}" if status else "its tool failed"
        return Tool(how, lines[-1][:LONGEST], log)
    return None


def _how(ended: re.Match[str]) -> str:
    status = int(ended["status"])
    if status >= 0:
        return f"{ended['tool']} ended with status {status}"
    try:
        return f"{ended['tool']} was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"{ended['tool']} was ended by signal {-status}"


def _fault(lines: Sequence[str], log: str | None) -> Fault | None:
    """Return what the job itself said last: all of a user's problems, else one line."""
    if not lines:
        return None
    text, more = lines[-1], ""
    beginnings = [n for n, line in enumerate(lines) if PROBLEMS.match(line)]
    if beginnings:
        problems = lines[beginnings[-1] + 1 :] or [text]
        text, more = problems[0], f" (and {len(problems) - 1} more)" if problems[1:] else ""
    if NO_ROOM.match(text):
        return Fault("disk", text, more, log)
    return Fault("cancelled" if TOLD_TO_STOP in text else "input", text, more, log)


def _exception(own_text: str) -> str:
    """Return the last line of a Python traceback with which a log ends; empty without one."""
    at = own_text.rfind("Traceback (most recent call last):")
    if at < 0:
        return ""
    lines = own_text[at:].rstrip().splitlines()
    return lines[-1][:LONGEST] if re.match(r"[\w.]+(?::|$)", lines[-1]) else ""
