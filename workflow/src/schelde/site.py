"""What the machine or cluster has that runs Schelde: config/site.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schelde.section import Number, Section, Text


class Partition(Section):
    """Nodes of one kind that jobs can be sent to."""

    nodes: Number = Field(default=1, ge=1, description="how many nodes it has")
    cpus: Number = Field(ge=1, description="cores of one node")
    mem_mb: Number = Field(ge=1, description="MiB of memory of one node that jobs may have")
    minutes: Number | None = Field(
        default=None, ge=1, description="longest job in minutes; null: no limit"
    )
    gpus: Number = Field(default=0, ge=0, description="GPUs of one node")
    gpu_model: Text | None = Field(
        default=None, description="model of its GPUs as Slurm calls it, such as a100"
    )
    scratch_mb: Number | None = Field(
        default=None, ge=0, description="MiB on the local disk of one node; null: not known"
    )
    cost: float = Field(default=0, ge=0, description="money for one node and hour, for plans")
    watts: float = Field(default=0, ge=0, description="power of one node at full load, for plans")


class Site(Section):
    """All that a cluster's user edits."""

    partitions: dict[Text, Partition] = Field(
        default={}, description="partitions by name; without any, jobs go to the cluster's default"
    )
    account: Text | None = Field(default=None, description="account that jobs are charged to")
    qos: Text | None = Field(default=None, description="quality of service of jobs")
    gpu_request: Literal["gpus", "gres"] = Field(
        default="gpus", description="how GPUs are asked of Slurm: --gpus or --gres"
    )
    scratch: Text | None = Field(
        default=None,
        description="folder on each node's own disk, such as /scratch or $TMPDIR; jobs make a "
        "folder of their own in it and remove it. null: what the node has as TMPDIR, else /tmp",
    )
    modules: tuple[Text, ...] = Field(
        default=(), description="environment modules that every job loads, such as gatk/4.6"
    )
    references: dict[Text, Text] = Field(
        default={}, description="FASTA on the shared disk for a name in resources/references.tsv"
    )
    disk_mb: Number | None = Field(
        default=None, ge=1, description="MB that a run may take on the shared disk, for plans"
    )
    currency: Text = Field(default="EUR", description="what `cost` is in")
