"""The event log of a run, `logs/events.jsonl`: a JSON object a line, in the order of time.

Every event has ``time`` (seconds since 1970, with milliseconds), ``run`` (a run's id: two runs in one
folder write to one file) and ``event``, which says what else it has:

========== ==========================================================================================
event      keys
========== ==========================================================================================
started    ``executor``, ``targets``, ``cores`` or ``jobs_at_once``: a run begins
planned    ``jobs``: number of jobs that are to run, by rule, without target rules
submitted  ``job`` (Snakemake's number of it), ``rule``, ``wildcards``, ``attempt`` (from 1),
           ``threads``, ``resources`` (``mem_mb``, ``runtime`` minutes, ``disk_mb``, ``gpu``,
           ``slurm_partition`` as far as asked), ``local``, ``log``, ``benchmark``, ``group`` or null
queued     ``job``, ``external`` (Slurm's id), ``log`` (what Slurm wrote)
running    ``job``: seen running (locally: at once)
finished   ``job``
failed     ``job``, ``rule``, ``reason`` (a `schelde.cluster.reasons.Reason` as a mapping), ``last``:
           whether no attempt is left
ended      ``status``: done, failed or stopped
========== ==========================================================================================
"""

from __future__ import annotations

from pathlib import Path

EVENTS = Path("logs/events.jsonl")
