"""What plans are made of: tasks, pools of nodes, and what each sample costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Objective = Literal["time", "cost", "disk"]
"""What a placement makes least: the makespan, the money, or the peak of disk."""


@dataclass(frozen=True)
class Task:
    """One job of a batch, as a plan sees it.

    ``name`` is unique in the batch; ``needs`` are names of tasks that must end first. ``wall_s`` is
    the likely time in seconds with all its ``threads``, overhead of the executor not counted;
    ``cpu_s`` core-seconds really used. Disk in MB: ``kept_mb`` stays, ``temp_mb`` goes when the
    last task that needs this one has ended, ``scratch_mb`` goes with the task; what lies on the
    node's own disk is not counted. ``local``: runs beside Snakemake, not on the cluster's nodes.
    ``group``: connected tasks of one group are sent to the cluster as one job. ``gpu_s``:
    GPU-seconds of this task's work on a GPU instead, None if it cannot be done there; ``beside_s``:
    core-seconds that are reserved beside the GPU then. ``rate``: name of the line of the rates that
    it was counted with; ``size``: what it was counted of (`rates.Rate.of`). ``pool``: the only pool
    whose nodes it may run on; None: any.
    """

    name: str
    rule: str
    sample: str | None
    needs: tuple[str, ...]
    threads: int
    mem_mb: int
    wall_s: float
    cpu_s: float
    gpus: int = 0
    kept_mb: float = 0
    temp_mb: float = 0
    scratch_mb: float = 0
    local: bool = False
    group: str | None = None
    gpu_s: float | None = None
    beside_s: float = 0
    rate: str = ""
    pool: str | None = None
    size: float = 0


@dataclass(frozen=True)
class Pool:
    """Nodes that are alike; ``cost`` per node and hour, ``watts`` per node at full load."""

    name: str
    nodes: int
    cpus: int
    mem_mb: int
    gpus: int = 0
    cost: float = 0
    watts: float = 0


@dataclass(frozen=True)
class Load:
    """What one sample takes, calling apart from all else; for placing it on CPU or GPU nodes.

    Times in seconds: ``cpu_s`` core-seconds of all but calling (reserved: threads times wall time,
    since that is what fills a node and is paid for); ``call_cpu_s`` the same of calling on CPUs;
    ``call_gpu_s`` GPU-seconds of calling on a GPU, None where it cannot be; ``call_beside_s``
    core-seconds that calling on a GPU takes beside it; ``chain_cpu_s`` and ``chain_gpu_s`` the
    longest chain of jobs with either. Disk in MB: what stays, and the most that lies there for a
    while when the sample is worked on. ``after_s`` are those of the ``cpu_s`` that can begin only
    when calling has ended.
    """

    sample: str
    cpu_s: float
    call_cpu_s: float
    call_gpu_s: float | None
    call_beside_s: float
    chain_cpu_s: float
    chain_gpu_s: float | None
    kept_mb: float
    temp_mb: float
    after_s: float = 0


@dataclass(frozen=True)
class Limits:
    """What a plan must hold: seconds until the deadline, MB of disk, GPUs at once. None: no limit.

    ``kept_leaves``: what a batch keeps is taken elsewhere, and leaves the disk when the batch ends.
    """

    deadline_s: float | None = None
    disk_mb: float | None = None
    gpus: int | None = None
    kept_leaves: bool = False


@dataclass(frozen=True)
class Batch:
    """Samples that are worked on together, and those of them that are called on a GPU."""

    samples: tuple[str, ...]
    on_gpu: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Schedule:
    """Batches in their order, and what they will take; ``by`` names the rule that made it.

    ``makespan_s`` seconds, ``cost`` in the site's currency, ``disk_mb`` the peak in MB.
    ``broken``: limits that cannot hold, each as a sentence that says by how much. A batch is begun
    when the one ``side_by_side`` places before it has ended: 1 after each other, 2 overlapping.
    """

    by: str
    batches: tuple[Batch, ...]
    makespan_s: float
    cost: float
    disk_mb: float
    core_hours: float
    gpu_hours: float
    broken: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    side_by_side: int = 1
