"""Why a job failed, and what to do about it, in words for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schelde.cluster.accounting import ACCOUNTING, Account
from schelde.cluster.last_words import LastWords, read_last_words
from schelde.cluster.refusals import refusal

Kind = Literal[
    "memory", "time", "cancelled", "node", "disk", "submission", "tool", "input", "unknown"
]

JOBS = "config/jobs.yaml"
SLURM = re.compile(r"SLURM-job '(?P<id>\d+)' failed.*?SLURM status is: '(?P<state>\w+)'", re.S)
"""What snakemake-executor-plugin-slurm 2.8 says of a job that Slurm ended."""
NO_SUBMISSION = re.compile(
    r"SLURM sbatch failed|SLURM job submission failed|[Jj]ob submission failed"
)


@dataclass(frozen=True)
class Reason:
    """``what`` happened and ``advice`` are sentences; ``log`` is the file that tells more."""

    kind: Kind
    what: str
    advice: str
    log: str | None = None


@dataclass(frozen=True)
class Failure:
    """All that is known of a job that failed; ``state`` is Slurm's, empty where Slurm has no part.

    ``asked`` has ``mem_mb`` MiB, ``runtime`` minutes and so on, of the attempt that failed.
    """

    rule: str
    asked: Mapping[str, int | str]
    state: str
    words: LastWords
    account: Account

    def number(self, key: str) -> int | None:
        """Return what was asked for as a whole number, None if it was not or is no number."""
        value = self.asked.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def reason_of(
    rule: str,
    message: str,
    logs: Sequence[Path],
    asked: Mapping[str, int | str],
    external: str | None,
) -> Reason:
    """Say why a job failed and what to do, from what Snakemake said and the ends of its logs.

    ``message`` is what Snakemake or its Slurm plugin said; ``logs`` are the log of the rule and
    that of Slurm, as far as there are any; ``asked`` has the resources of the attempt (MiB,
    minutes, and ``threads``); ``external`` is the number of the job in Slurm. Asks sacct at most
    once, for some seconds at most, and only for a job that Slurm ended; reads 64 KiB of each log.
    Raises nothing: what cannot be read says nothing.
    """
    if NO_SUBMISSION.search(message):
        what, advice = refusal(rule, message, asked)
        return Reason("submission", what, advice)
    slurm = SLURM.search(message)
    state = slurm["state"] if slurm else ""
    job = external or (slurm["id"] if slurm else None)
    account = ACCOUNTING.ask(job) if state and job else Account()
    failure = Failure(rule, asked, state, read_last_words(message, logs), account)
    for find in FINDERS:
        found = find(failure)
        if found:
            return found
    return _unknown(failure)


def _over_time(failure: Failure) -> Reason | None:
    if failure.state not in ("TIMEOUT", "DEADLINE") and not failure.words.over_time:
        return None
    rule, minutes = failure.rule, failure.number("runtime")
    given = f" of {minutes} minute{'s' * (minutes > 1)}" if minutes else ""
    least = f" above {minutes}" if minutes else ""
    return Reason(
        "time",
        f"{rule} was stopped because it needed more than its time{given}.",
        f"A retry asks for more minutes by itself; when none is left, raise runtime of {rule}"
        f"{least} in {JOBS} and start again.",
        failure.words.slurm_log,
    )


def _node_failed(failure: Failure) -> Reason | None:
    if failure.state not in ("NODE_FAIL", "BOOT_FAIL") and not failure.words.node_failed:
        return None
    name = failure.account.nodes or failure.words.node
    where = f"node {name}" if name else "the node"
    return Reason(
        "node",
        f"{where[0].upper()}{where[1:]} failed while {failure.rule} ran on it.",
        "A retry runs the job anew on another node; when none is left, start again. "
        f"If it happens again, tell the cluster's administrators about {where}.",
        failure.words.slurm_log,
    )


def _out_of_memory(failure: Failure) -> Reason | None:
    told = failure.words.memory
    if failure.state != "OUT_OF_MEMORY" and told is None:
        return None
    rule, asked = failure.rule, failure.number("mem_mb")
    used = max(told.used_mib if told else 0, failure.account.peak_mib)
    limit = f" of {asked} MiB" if asked else ""
    seen = f"; {used} MiB were seen in use" if asked and used > asked else ""
    sign = f" ({told.sign})" if told and told.sign else ""
    least = f" above {max(asked, used)}" if asked else ""
    return Reason(
        "memory",
        f"{rule} ran out of its memory{limit}{sign}{seen}.",
        f"A retry asks for more memory by itself; when none is left, raise mem_mb of {rule}{least} "
        f"in {JOBS} and start again.",
        told.log if told else failure.words.slurm_log,
    )


def _no_space(failure: Failure) -> Reason | None:
    full = failure.words.full
    if full is None:
        return None
    disk = failure.number("disk_mb")
    need = f" ({failure.rule} counts on {disk} MiB of scratch)" if disk else ""
    limit = "quota of the disk" if full.quota else "disk"
    return Reason(
        "disk",
        f"{failure.rule} could write no more: the {limit} of {full.folder} is full.",
        f"Make room there{need} or choose another folder, then start again; finished jobs are "
        "kept.",
        full.log,
    )


def _cancelled(failure: Failure) -> Reason | None:
    preempted = failure.state == "PREEMPTED" or failure.words.preempted
    if failure.state != "CANCELLED" and not failure.words.cancelled and not preempted:
        return None
    if preempted:
        by = "Slurm, to make room for a more important job"
    else:
        by = failure.account.cancelled_by or "a user or an administrator"
    return Reason(
        "cancelled",
        f"{failure.rule} was cancelled by {by}.",
        "A retry runs it anew; if you did not cancel it, ask the cluster's administrators why "
        "before you start again.",
        failure.words.slurm_log,
    )


def _tool_failed(failure: Failure) -> Reason | None:
    tool = failure.words.tool
    if tool is None:
        return None
    last = f', and its last words were "{tool.last}"' if tool.last else ""
    return Reason(
        "tool",
        f"{failure.rule} failed: {tool.how}{last}.",
        "Read the log; when it names a broken file, replace that file, else start again, and "
        "finished jobs are kept.",
        tool.log,
    )


def _job_said(failure: Failure) -> Reason | None:
    """Tell what the job itself found: house style is what is wrong; what to do."""
    fault = failure.words.fault
    if fault is None:
        return None
    what, _, remedy = fault.text.rstrip(".").partition("; ")
    first = (
        f"{remedy[0].upper()}{remedy[1:]}, then" if remedy else "Mend or replace what it names and"
    )
    return Reason(
        fault.kind,
        f"{failure.rule} stopped: {what}{fault.more}.",
        f"{first} start again; finished jobs are kept.",
        fault.log,
    )


def _slurm_away(failure: Failure) -> Reason | None:
    """Tell of a job that never began; its own log is that of an earlier attempt."""
    if not failure.words.slurm_away:
        return None
    return Reason(
        "submission",
        f"{failure.rule} could not begin, because Slurm's controller did not answer just then.",
        "A retry runs it anew; when none is left, start again once `squeue` answers.",
        failure.words.slurm_log,
    )


def _output_late(failure: Failure) -> Reason | None:
    if not failure.words.missing:
        return None
    return Reason(
        "unknown",
        f"{failure.rule} ended, but its files did not appear on the shared disk in time.",
        "Start again with a larger --latency-wait; finished jobs are kept.",
        failure.words.slurm_log or failure.words.rule_log,
    )


def _unknown(failure: Failure) -> Reason:
    words = failure.words
    if words.exception:
        what = f"{failure.rule} stopped with an error that it was not made for: {words.exception}."
        return Reason("unknown", what, "Send the log to the makers of Schelde.", words.rule_log)
    state = f" (Slurm calls it {failure.state})" if failure.state else ""
    return Reason(
        "unknown",
        f"{failure.rule} failed{state}, and neither its log nor Slurm's says why.",
        "Start again with --keep-going; if it fails again, read the whole log or run this job "
        "alone without a cluster.",
        words.slurm_log or words.rule_log,
    )


# What Slurm says of a job comes before what the job's own log says: a job that Slurm stops leaves
# tools behind that complain of broken pipes. A tool that says "no space left" ends with a status
# too, and one that was killed for memory as well.
FINDERS: tuple[Callable[[Failure], Reason | None], ...] = (
    _over_time,
    _node_failed,
    _no_space,
    _out_of_memory,
    _cancelled,
    _slurm_away,
    _output_late,
    _tool_failed,
    _job_said,
)
