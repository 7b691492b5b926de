"""The plan of a run, and rates learned from finished ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from schelde.errors import Problem, UserError
from schelde.inputs import Inputs, load
from schelde.plan.graph import graph_of
from schelde.plan.loads import loads_of
from schelde.plan.model import Limits, Objective, Task
from schelde.plan.nodes import Machine, machine_of, with_gpus
from schelde.plan.rates import SITE_RATES, Rates, read_rates, write_rates
from schelde.plan.report import Placement, Plan
from schelde.plan.sizes import Depth, Sizes, sizes_of
from schelde.plan.spread import forecast
from schelde.plan.work import tasks_of
from schelde.progress.events import EVENTS
from schelde.progress.state import RunState, runs_of

if TYPE_CHECKING:
    from schelde.plan.learn import Learned

ROOT = Path(__file__).parents[4]


def make_plan(
    config: Sequence[Path],
    cores: int | None,
    limits: Limits,
    objective: Objective,
    depth: Depth | None,
) -> Plan:
    """Return the plan of the run in the working directory.

    Raises `UserError` for mistakes in its inputs, and for jobs that no node can hold.
    """
    inputs = load({}, config, workflow_dir=ROOT, thorough=depth is None, tools_on_path=False)
    if limits.disk_mb is None and inputs.site.disk_mb is not None:
        limits = replace(limits, disk_mb=float(inputs.site.disk_mb))
    machine = machine_of(inputs.site, cores)
    rates = read_rates(ROOT)
    sizes, tasks = work_of(inputs, machine, rates, depth)
    gpus = max((task.gpus for task in tasks), default=0)
    machine = with_gpus(machine, gpus)
    grouped = machine.executor != "local"
    cast = forecast(
        graph_of(tasks, grouped=grouped),
        machine.pools,
        rates.overhead[machine.executor],
        rates,
        deadline_s=limits.deadline_s,
    )
    limited = limits != Limits()
    placement = None
    # What is on GPUs by the config is placed already.
    if not gpus and (limited or any(pool.gpus for pool in machine.pools)):
        placement = _placed(tasks, machine, limits, objective)
    currency = inputs.site.currency
    return Plan(tasks, sizes, machine, rates, limits, cast, currency, placement)


def work_of(
    inputs: Inputs, machine: Machine, rates: Rates, depth: Depth | None
) -> tuple[Sizes, list[Task]]:
    """Return how big the lanes of a run are, and its jobs."""
    reference = inputs.settings.reference
    fasta = reference.fasta or inputs.site.references.get(reference.name)
    sizes = sizes_of(inputs.sheet, fasta, depth)
    return sizes, tasks_of(inputs, sizes, rates, cores=machine.cores)


def _placed(
    tasks: Sequence[Task], machine: Machine, limits: Limits, objective: Objective
) -> Placement:
    from schelde.plan.bounds import lower_bound  # slow to load, and not always asked for
    from schelde.plan.place import best_schedule
    from schelde.plan.simple import schedules

    loads, pools = loads_of(tasks), machine.pools
    return Placement(
        best_schedule(loads, pools, limits, objective),
        schedules(loads, pools, limits),
        lower_bound(loads, pools, limits),
    )


def learn_rates(folders: Sequence[Path]) -> Learned:
    """Return the rates of finished runs; raise `UserError` for a folder without any."""
    from schelde.plan.learn import Learner

    missing = [folder for folder in folders if not (folder / "benchmarks").is_dir()]
    if missing:
        remedy = "name the folder of a run that has ended"
        what = "there is no folder 'benchmarks' in it"
        raise UserError(Problem(str(folder), None, what, remedy) for folder in missing)
    rates = read_rates(ROOT)
    learner = Learner(rates)
    for folder in folders:
        absolute = folder.resolve()
        with chdir(absolute):
            inputs = load({}, [], workflow_dir=ROOT, thorough=False)
            machine = machine_of(inputs.site, _cores_of(runs_of(EVENTS)))
            _, tasks = work_of(inputs, machine, rates, None)
            learner.add(absolute, tasks)
    return learner.learned()


def _cores_of(runs: Sequence[RunState]) -> int | None:
    """Return the cores of the last run; None when it was on a cluster, or no log tells."""
    return runs[-1].cores if runs and runs[-1].executor == "local" else None


def write_learned(learned: Learned) -> None:
    """Lay rates over those that the working directory has, in config/rates.yaml."""
    before = read_rates(ROOT)
    rules = {name: rate for name, rate in before.rules.items() if name in before.own}
    added = {name: one for name, one in before.overhead.items() if f"overhead {name}" in before.own}
    write_rates(SITE_RATES, rules | dict(learned.rules), added | dict(learned.overhead))
