"""Jobs that Slurm does not take, and jobs that it takes and never starts."""

from __future__ import annotations

import re
from collections.abc import Mapping

SITE = "config/site.yaml"
JOBS = "config/jobs.yaml"
SBATCH_CALL = "    sbatch call:"
"""What the plugin writes after sbatch's words, before the whole command."""

# Texts of Slurm's own list of errors (slurm_errno.c), and what is wrong in a user's words. {rule},
# {mem_mb}, {threads}, {runtime}, {gpu}, {slurm_partition}, {slurm_account} are what was asked for.
REFUSALS: dict[str, tuple[str, str, str]] = {
    "partition": (
        r"[Ii]nvalid partition",
        "there is no partition {slurm_partition}",
        f"Correct the names of partitions in {SITE}; `sinfo` lists those that there are.",
    ),
    "account": (
        r"[Ii]nvalid account|account .* appears to be invalid",
        "you may not use the account {slurm_account} there",
        f"Correct account in {SITE}; `sacctmgr show associations user=$USER` lists yours.",
    ),
    "qos": (
        r"[Ii]nvalid qos",
        "its quality of service is not known there or not yours",
        f"Correct qos in {SITE}; `sacctmgr show qos` lists those that there are.",
    ),
    "time": (
        r"time limit is invalid|exceed.* time limit|TimeLimit",
        "its {runtime} minutes are longer than the partition {slurm_partition} allows",
        f"Give {SITE} a partition with a longer limit, or lower runtime of {{rule}} in {JOBS}.",
    ),
    "memory": (
        r"[Mm]emory specification can not be satisfied|MaxMemPer",
        "no node of the partition {slurm_partition} has {mem_mb} MiB of memory for one job",
        f"Give {SITE} a partition with larger nodes, or lower mem_mb of {{rule}} in {JOBS}.",
    ),
    "cores": (
        r"CPU count per node can not be satisfied|[Mm]ore processors requested than permitted",
        "no node of the partition {slurm_partition} has {threads} cores for one job",
        f"Give {SITE} a partition with larger nodes, or lower threads of {{rule}} in {JOBS}.",
    ),
    "gres": (
        r"[Ii]nvalid generic resource|[Ii]nvalid.*gres",
        "no node of the partition {slurm_partition} has the GPU that it asks for",
        f"Correct gpus, gpu_model and gpu_request in {SITE}; `sinfo -o '%P %G'` lists GPUs.",
    ),
    "node": (
        r"(?:node|partition) configuration (?:is )?not available|node count specification invalid",
        "no node of the partition {slurm_partition} has all that it asks for ({mem_mb} MiB of "
        "memory, {threads} cores, {gpu} GPUs)",
        f"Give {SITE} a partition with larger nodes, or lower the numbers of {{rule}} in {JOBS}.",
    ),
    "limit": (
        r"policy|submit limit|MaxSubmit",
        "a limit on the number or size of your jobs is reached",
        "Start again with a smaller --jobs, or ask the administrators for a higher limit.",
    ),
    "controller": (
        r"[Uu]nable to contact slurm controller|timed out|[Cc]onnection refused|"
        r"temporarily unable|Zero Bytes|[Cc]onnect failure|configuration source",
        "Slurm's controller did not answer",
        "Start again when `sinfo` answers; finished jobs are kept.",
    ),
    "sbatch": (
        r"sbatch: (?:command )?not found",
        "there is no sbatch on this machine",
        "Start Schelde on a login node of the cluster, or use --profile local.",
    ),
}
"""A pattern of what sbatch says, what is wrong, and what to do."""

# Reasons of `squeue` (%r) for which a job waits and will not start however long one waits.
NEVER_STARTS = {
    "PartitionTimeLimit": "time",
    "PartitionNodeLimit": "node",
    "BadConstraints": "node",
    "InvalidAccount": "account",
    "InvalidQOS": "qos",
}
"""The entry of `REFUSALS` that says what is wrong."""
HELD = {
    "ReqNodeNotAvail",
    "PartitionDown",
    "PartitionInactive",
    "JobHeldAdmin",
    "JobHeldUser",
    "NodeDown",
}
"""Reasons that only an administrator, or whoever held the job, can end."""


def refusal(rule: str, message: str, asked: Mapping[str, int | str]) -> tuple[str, str]:
    """Return what sbatch refused and what to do, as two sentences."""
    text, _, _ = message.partition(SBATCH_CALL)
    for pattern, what, advice in REFUSALS.values():
        if re.search(pattern, text):
            return _told(f"Slurm did not take {rule}", what, advice, rule, asked)
    _, _, words = text.partition(": " if "exception: " in text else "error message was '")
    words = " ".join((words or text).replace("sbatch: error: ", "").split()).rstrip("'. ")
    return (
        f"Slurm did not take {rule}: {words}.",
        f"Correct {SITE} or the numbers of {rule} in {JOBS} and start again.",
    )


def waiting(rule: str, code: str, asked: Mapping[str, int | str]) -> tuple[str, str] | None:
    """Return why a job waits and never starts, and what to do; None when it only waits its turn.

    ``code`` is the reason that `squeue --format %r` gives, such as PartitionTimeLimit.
    """
    name = re.split(r"[\s,(:]", code.strip("() "), maxsplit=1)[0]
    if name in NEVER_STARTS:
        _, what, advice = REFUSALS[NEVER_STARTS[name]]
        return _told(f"{rule} waits and will never start", what, advice, rule, asked)
    if name in HELD:
        return (
            f"{rule} waits because it, its partition or its node is held back ({name}).",
            "Ask the cluster's administrators when it will be free, or choose another partition "
            f"in {SITE}.",
        )
    return None


def _told(
    beginning: str, what: str, advice: str, rule: str, asked: Mapping[str, int | str]
) -> tuple[str, str]:
    names = ("mem_mb", "threads", "runtime", "gpu", "slurm_partition", "slurm_account")
    given = {name: asked.get(name, "") for name in names} | {"rule": rule}
    given["gpu"] = given["gpu"] or 0
    sentence = f"{beginning}: {what.format_map(given)}."
    return re.sub(r" +", " ", sentence), advice.format_map(given)
