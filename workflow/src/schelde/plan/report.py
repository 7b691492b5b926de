"""A plan as a page to read, and as a mapping for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schelde.plan.amounts import disk, number
from schelde.plan.bounds import Bound
from schelde.plan.model import Limits, Schedule, Task
from schelde.plan.nodes import Machine
from schelde.plan.rates import Rates
from schelde.plan.sizes import Sizes
from schelde.plan.spread import Forecast, Range
from schelde.progress.stages import STAGES, stage_of
from schelde.progress.words import duration

HOUR = 3600


@dataclass(frozen=True)
class Placement:
    """The best schedule found, simple rules beside it, and what none can go below."""

    best: Schedule
    simple: Sequence[Schedule]
    bound: Bound


@dataclass(frozen=True)
class Plan:
    """All that is known of a run before it starts."""

    tasks: Sequence[Task]
    sizes: Sizes
    machine: Machine
    rates: Rates
    limits: Limits
    forecast: Forecast
    currency: str
    placement: Placement | None = None


def broken_limits(plan: Plan) -> list[str]:
    """Return a sentence for each limit that the run, as it would be sent, does not keep."""
    told = []
    out, limits = plan.forecast.likely, plan.limits
    if limits.deadline_s is not None and out.makespan_s > limits.deadline_s:
        more = duration(out.makespan_s - limits.deadline_s)
        told.append(f"the deadline of {duration(limits.deadline_s)} is missed by {more}")
    if limits.disk_mb is not None and out.disk_mb > limits.disk_mb:
        more = disk(out.disk_mb - limits.disk_mb)
        told.append(f"the disk of {disk(limits.disk_mb)} is too small by {more}")
    return told


def page(plan: Plan) -> list[str]:
    """Return the lines of a plan as they are printed."""
    lines = [*_what(plan), "", *_amounts(plan), "", *_stages(plan), "", *_limits(plan)]
    if plan.placement is not None:
        lines += ["", *_placement(plan.placement, plan.currency)]
    return [*lines, "", *_unknown(plan)]


def _what(plan: Plan) -> list[str]:
    samples = {task.sample for task in plan.tasks if task.sample is not None}
    gigabases = sum(plan.sizes.lanes.values())
    how = ", ".join(f"{count} from {kind}" for kind, count in sorted(plan.sizes.how.items()))
    pools = ", ".join(
        f"{pool.name}: {pool.nodes} x {pool.cpus} cores"
        + (f" and {pool.gpus} GPUs" if pool.gpus else "")
        for pool in plan.machine.pools
    )
    lanes = f"{_counted(len(samples), 'sample')}, {_counted(len(plan.sizes.lanes), 'lane')}"
    reads = f"{number(gigabases)} Gb of reads (lanes sized: {how})"
    return [f"{lanes}, {reads}: {len(plan.tasks):,} jobs", f"on {pools}"]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _amounts(plan: Plan) -> list[str]:
    cast, out = plan.forecast, plan.forecast.likely
    rows: list[Sequence[str]] = [("", "likely", "from", "to")]

    def add(name: str, found: Range, unit: float = 1.0) -> None:
        if found.high:
            values = (found.likely, found.low, found.high)
            rows.append([name, *(number(value / unit) for value in values)])

    wall = (cast.wall_s.likely, cast.wall_s.low, cast.wall_s.high)
    rows.append(["wall time", *map(duration, wall)])
    add("core-hours held", cast.reserved_s, HOUR)
    add("core-hours computed", cast.used_s, HOUR)
    add("GPU-hours", cast.gpu_s, HOUR)
    add("energy, kWh", cast.energy)
    add(f"cost, {plan.currency}", cast.cost)
    table = [f"{a:<22}{b:>14}{c:>14}{d:>14}".rstrip() for a, b, c, d in rows]
    when = duration(out.disk_at_s)
    peak = f"{'disk':<22}{disk(out.disk_mb):>14} at its peak, {when} after the start; "
    return [*table, peak + f"{disk(out.kept_mb)} stay"]


def _stages(plan: Plan) -> list[str]:
    rows = [f"{'stage':<12}{'jobs':>8}{'core-hours':>12}{'begins after':>16}{'ends after':>16}"]
    jobs: dict[str, int] = {}
    for task in plan.tasks:
        jobs[stage_of(task.rule)] = jobs.get(stage_of(task.rule), 0) + 1
    found: dict[str, tuple[float, float, float]] = {}
    for rule, (first, last, held) in plan.forecast.likely.rules.items():
        stage = stage_of(rule)
        begun, ended, sum_held = found.get(stage, (first, last, 0.0))
        found[stage] = (min(begun, first), max(ended, last), sum_held + held)
    for stage in STAGES:
        if stage in found:
            first, last, held = found[stage]
            rows.append(
                f"{stage:<12}{jobs[stage]:>8}{number(held / HOUR):>12}"
                f"{duration(first):>16}{duration(last):>16}"
            )
    return rows


def _limits(plan: Plan) -> list[str]:
    limits, cast = plan.limits, plan.forecast
    lines = []
    broken = broken_limits(plan)
    if limits.deadline_s is not None:
        held = f"{100 * (1 - (cast.late or 0)):.0f} % of the cases played through"
        state = "the deadline holds" if cast.wall_s.likely <= limits.deadline_s else broken[0]
        lines.append(f"{state}; it holds in {held}")
    if limits.disk_mb is not None:
        room = limits.disk_mb - cast.likely.disk_mb
        lines.append(f"the disk holds, with {disk(room)} left" if room >= 0 else broken[-1])
    return lines or ["no deadline and no limit of disk was given (--deadline, --disk)"]


def _placement(placement: Placement, currency: str) -> list[str]:
    """Return the table of schedules: the best, the simple rules, and the lower bound."""
    best, bound = placement.best, placement.bound
    head = f"{'placement':<28}{'hours':>10}{currency:>12}{'disk':>10}{'GPU-hours':>12}  limits"
    rows = [head]
    for one in [best, *(one for one in placement.simple if one.by != best.by)]:
        rows.append(
            f"{one.by:<28}{one.makespan_s / HOUR:>10.2f}{number(one.cost):>12}"
            f"{disk(one.disk_mb):>10}{number(one.gpu_hours):>12}"
            f"  {'kept' if not one.broken else 'broken'}"
        )
    rows.append(
        f"{'nothing can go below':<28}{bound.makespan_s / HOUR:>10.2f}{number(bound.cost):>12}"
        f"{disk(bound.disk_mb):>10}"
    )
    samples = sum(len(batch.samples) for batch in best.batches)
    on_gpu = sum(len(batch.on_gpu) for batch in best.batches)
    sizes = ", ".join(str(len(batch.samples)) for batch in best.batches[:12])
    more = ", ..." if len(best.batches) > 12 else ""
    called = f"{on_gpu:,} of {samples:,} samples called on a GPU"
    rows.append(f"{called}; batches of {sizes}{more} samples; --json lists them")
    if len(best.batches) > 1:
        before = {1: "the one", 2: "the one before the one"}[best.side_by_side]
        rows.append(f"a batch begins when {before} before it has ended")
    return [*rows, *best.broken]


def _unknown(plan: Plan) -> list[str]:
    """Say which numbers the plan stands on."""
    used = {task.rate for task in plan.tasks}
    measured = used & plan.rates.own
    guessed = sorted(
        name for name in used - plan.rates.own if "not measured" in plan.rates.rules[name].source
    )
    lines = [
        f"{len(measured)} of {len(used)} rates were measured on this site; the others are shipped"
        " (schelde plan --learn FOLDER measures them from a finished run)"
    ]
    if guessed:
        lines.append(f"not measured by anybody here: {', '.join(guessed)}")
    return lines


def as_mapping(plan: Plan) -> Mapping[str, Any]:
    """Return a plan for programs: seconds, MB, core-seconds, kWh."""
    cast = plan.forecast
    out = asdict(cast.likely)
    out["rules"] = {
        rule: {"begins_s": first, "ends_s": last, "core_s": held}
        for rule, (first, last, held) in cast.likely.rules.items()
    }
    ranges = ("wall_s", "used_s", "reserved_s", "gpu_s", "cost", "energy")
    found: dict[str, Any] = {
        "jobs": len(plan.tasks),
        "gigabases": sum(plan.sizes.lanes.values()),
        "likely": out,
        "ranges": {name: asdict(getattr(cast, name)) for name in ranges},
        "late": cast.late,
        "limits": asdict(plan.limits),
        "broken": broken_limits(plan),
        "currency": plan.currency,
    }
    if plan.placement is not None:
        found["placement"] = {
            "best": _schedule(plan.placement.best),
            "simple": [_schedule(one) for one in plan.placement.simple],
            "bound": asdict(plan.placement.bound),
        }
    return found


def _schedule(one: Schedule) -> Mapping[str, Any]:
    batches = [
        {"samples": list(batch.samples), "on_gpu": sorted(batch.on_gpu)} for batch in one.batches
    ]
    return {**asdict(one), "batches": batches, "notes": dict(one.notes)}
