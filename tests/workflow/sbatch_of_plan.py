"""Plan like `snakemake --executor slurm --dry-run`, and print the sbatch command of each job.

sbatch_of_plan.py ATTEMPT [options of snakemake]; a line is: names of rules, a tab, the command.
"""

from __future__ import annotations

import sys
from typing import Any

from snakemake.cli import main
from snakemake.executors import dryrun
from snakemake.workflow import Workflow
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string

from schelde.jobs import LOCAL

PLANNED = dryrun.Executor.run_job
IS_LOCAL = Workflow.local_exec


def told(executor: dryrun.Executor, job: Any) -> None:
    """Print what Slurm would be asked for, as the plugin writes it."""
    rules = {one.rule.name for one in getattr(job, "jobs", [job])}
    if not rules <= LOCAL | {"all"}:
        print(",".join(sorted(rules)), sbatch(job), sep="\t")
    PLANNED(executor, job)


def sbatch(job: Any) -> str:
    """Return the command; a dry run counts as local, where groups are worked out in another way."""
    Workflow.local_exec = property(lambda workflow: False)  # type: ignore[assignment]
    job.attempt = ATTEMPT  # forgets what was worked out before
    asked = job.resources
    given = {
        "run_uuid": "run",
        "slurm_logfile": "log",
        "comment_str": "comment",
        "account": f"-A {asked.slurm_account}" if asked.get("slurm_account") else "",
        "partition": f"-p {asked.slurm_partition}" if asked.get("slurm_partition") else "",
        "workdir": None,
    }
    command = get_submit_command(job, given) + set_gres_string(job)
    Workflow.local_exec = IS_LOCAL  # type: ignore[method-assign]
    return command


# Tests collect this file too, for the examples in it.
if __name__ == "__main__":
    dryrun.Executor.run_job = told
    ATTEMPT = int(sys.argv[1])
    plan = ["--executor", "slurm", "--jobs", "9", "--cores", "64", "--dry-run", "--quiet", "all"]
    # The Snakefile reads there which executor was chosen.
    sys.argv[1:] = options = [*sys.argv[2:], *plan]
    main(options)
