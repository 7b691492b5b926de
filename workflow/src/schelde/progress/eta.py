"""When a run will end: work that is left over the parallelism seen, never below the longest chain.

Work is counted in slots and seconds: a slot is a core in a run on one machine, a job on a cluster.
With W slot-seconds left, p slots and a longest chain of C seconds, no schedule takes less than
max(W / p, C), and no schedule that never leaves a slot idle without need takes more than
W / p + (1 - 1 / p) C (R. L. Graham, Bounds for certain multiprocessing anomalies, Bell System
Technical Journal 45, 1966). The estimate is the first of a mean job; the range is from the first of
low to the second of high times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schelde.progress.stages import ASIDE, OF_SAMPLES, in_order, stage_of
from schelde.progress.state import RunState, Try
from schelde.progress.usual import Usual

OVERDUE = 0.2
"""A job that has run longer than usual is taken to run on for this part of the usual time."""

LEAST_BUSY = 0.75
"""The cores of a run are never taken to be held for less of the time: the demo trio holds two for
0.92 of it, and a run that waits for its reference to be indexed will not go on as it began."""


@dataclass(frozen=True)
class Estimate:
    """Seconds from now, with a range."""

    seconds: float
    low: float
    high: float


@dataclass
class Outlook:
    """What is left: of the run, and until each stage and sample is done."""

    run: Estimate | None = None
    stages: dict[str, Estimate] = field(default_factory=dict)
    samples: dict[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rule:
    """What is left of one rule: slot-seconds and its part in the longest chain, low mean high."""

    name: str
    work: tuple[float, float, float]
    chain: tuple[float, float, float]


def _three(usual: Usual) -> tuple[float, float, float]:
    return usual.low, usual.seconds, usual.high


def _rest(usual: float, attempt: Try, now: float) -> float:
    """Seconds that a job goes on for."""
    if attempt.began is None or not attempt.open:
        return usual
    return max(usual - (now - attempt.began), OVERDUE * usual)


def _width(run: RunState, rule: str, threads: Mapping[str, int]) -> int:
    """Slots that a job of a rule takes."""
    return 1 if run.cores is None else min(threads.get(rule, 1), run.cores)


def _busy(run: RunState, cores: int, now: float) -> float:
    """Part of the time that jobs held the cores."""
    held = sum(
        min(t.threads, cores) * ((t.ended or now) - t.began)
        for t in run.tries
        if t.began is not None
    )
    return max(LEAST_BUSY, min(1.0, held / max(1.0, cores * (now - run.began))))


def slots(run: RunState, now: float) -> float:
    """Return how many slots the run has, as far as it was seen to use them.

    On one machine its cores, by the part of the time that jobs held them. On a cluster the most
    jobs that ran at once; while some are queued, those that run now.
    """
    if run.cores is not None:
        return run.cores * _busy(run, run.cores, now)
    moves = [(t.began, 1) for t in run.tries if t.began is not None]
    moves += [(t.ended, -1) for t in run.tries if t.began is not None and t.ended is not None]
    most = running = 0
    for _, step in sorted(moves):
        running += step
        most = max(most, running)
    waiting = any(t.outcome == "submitted" for t in run.current.values())
    seen = running if waiting and running else most
    return float(max(1, seen))


def _open_tries(run: RunState) -> dict[str, list[Try]]:
    found: dict[str, list[Try]] = {}
    for attempt in run.current.values():
        if attempt.open or attempt.again:
            found.setdefault(attempt.rule, []).append(attempt)
    return found


def _rules_left(
    run: RunState, usual: Mapping[str, Usual], threads: Mapping[str, int], now: float
) -> list[_Rule]:
    """What is left by rule, in the order of the run; jobs that failed for good are not."""
    threads = {**threads, **{attempt.rule: attempt.threads for attempt in run.tries}}
    ended: dict[str, int] = {}
    for attempt in run.current.values():
        if not attempt.open and not attempt.again:
            ended[attempt.rule] = ended.get(attempt.rule, 0) + 1
    open_tries = _open_tries(run)
    found = []
    for rule in sorted(run.planned, key=in_order):
        left = run.planned[rule] - ended.get(rule, 0)
        if left <= 0 or rule not in usual:
            continue
        going = open_tries.get(rule, [])
        width = _width(run, rule, threads)
        work, chain = [], []
        for seconds in _three(usual[rule]):
            rests = [_rest(seconds, attempt, now) for attempt in going]
            whole = max(0, left - len(going))
            work.append(width * (sum(rests) + whole * seconds))
            chain.append(0.0 if rule in ASIDE else seconds if whole else max(rests, default=0.0))
        found.append(_Rule(rule, (work[0], work[1], work[2]), (chain[0], chain[1], chain[2])))
    return found


def _estimate(rules: list[_Rule], places: float) -> Estimate:
    work = [sum(rule.work[i] for rule in rules) / places for i in range(3)]
    chain = [sum(rule.chain[i] for rule in rules) for i in range(3)]
    middle = max(work[1], chain[1])
    return Estimate(
        seconds=middle,
        low=min(middle, max(work[0], chain[0])),
        high=max(middle, work[2] + (1 - 1 / places) * chain[2]),
    )


def _by_sample(run: RunState, rules: list[_Rule], outlook: Outlook) -> dict[str, Estimate]:
    """What is left of each sample that has begun: its chain's part of the longest one's time."""
    furthest: dict[str, int] = {}
    for attempt in run.current.values():
        if sample := attempt.wildcards.get("sample"):
            place = in_order(attempt.rule) + (attempt.outcome == "done")
            furthest[sample] = max(furthest.get(sample, 0), place)
    chain = [rule for rule in rules if rule.name in OF_SAMPLES and rule.name not in ASIDE]
    longest = sum(rule.chain[1] for rule in chain)
    if not longest or outlook.run is None:
        return {}
    stage = stage_of(chain[-1].name)
    whole = outlook.stages.get(stage, outlook.run)
    found = {}
    for sample, place in furthest.items():
        rest = sum(rule.chain[1] for rule in chain if in_order(rule.name) >= place)
        part = rest / longest
        if rest:
            found[sample] = Estimate(whole.seconds * part, whole.low * part, whole.high * part)
    return found


def outlook_of(
    run: RunState, usual: Mapping[str, Usual], threads: Mapping[str, int], now: float
) -> Outlook:
    """Estimate what is left of a run, of its stages and of its samples, in seconds from ``now``.

    ``usual``: time of a job by rule; ``threads``: cores that a job asks for by rule, where none of
    it was submitted yet. A run with a rule that has no usual time has no estimate.
    """
    outlook = Outlook()
    if run.status != "running" or any(rule not in usual for rule in run.planned):
        return outlook
    rules = _rules_left(run, usual, threads, now)
    places = slots(run, now)
    outlook.run = _estimate(rules, places)
    for number, rule in enumerate(rules, start=1):
        outlook.stages[stage_of(rule.name)] = _estimate(rules[:number], places)
    outlook.samples = _by_sample(run, rules, outlook)
    return outlook
