"""A run in numbers: its stages, samples, running jobs and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from schelde.progress.eta import Estimate, Outlook
from schelde.progress.stages import LAST_OF_SAMPLE, STAGES, stage_of
from schelde.progress.state import RunState, Try
from schelde.progress.usual import Usual


@dataclass
class Stage:
    """Jobs of one stage: ``jobs`` in all, by what became of them, and what is left of it."""

    name: str
    jobs: int = 0
    done: int = 0
    running: int = 0
    queued: int = 0
    failed: int = 0
    left: Estimate | None = None

    @property
    def waiting(self) -> int:
        """Jobs that were not submitted yet."""
        return self.jobs - self.done - self.running - self.queued - self.failed


@dataclass
class Sample:
    """A sample that has begun: by stage how far it is, and what is left of it.

    States of a stage: running, queued, failed, done; a stage without a job yet has none.
    """

    name: str
    stages: dict[str, str]
    done: bool = False
    failed: bool = False
    left: Estimate | None = None


@dataclass(frozen=True)
class Summary:
    """All that is shown of a run."""

    run: RunState
    now: float
    stages: list[Stage]
    samples: list[Sample]
    samples_planned: int
    left: Estimate | None
    longest: list[Try]
    failures: list[Try]
    retried: int
    usual: Mapping[str, Usual]

    @property
    def elapsed(self) -> float:
        """Seconds from the begin of the run to now or its end."""
        return (self.run.ended or self.now) - self.run.began

    @property
    def jobs(self) -> int:
        """Number of jobs of the run."""
        return sum(stage.jobs for stage in self.stages)

    @property
    def done(self) -> int:
        """Number of jobs that are done."""
        return sum(stage.done for stage in self.stages)

    @property
    def samples_done(self) -> int:
        """Number of samples of which nothing is left to do by themselves."""
        return sum(sample.done for sample in self.samples)


def last_rule(planned: Mapping[str, int]) -> str | None:
    """Return the rule that ends a sample: the last of those that most samples need."""
    counts = {rule: planned[rule] for rule in LAST_OF_SAMPLE.values() if planned.get(rule)}
    most = [rule for rule, number in counts.items() if number == max(counts.values())]
    return most[-1] if most else None


def _stages(run: RunState, outlook: Outlook) -> list[Stage]:
    found = {name: Stage(name, left=outlook.stages.get(name)) for name in STAGES}
    for rule, number in run.planned.items():
        found[stage_of(rule)].jobs += number
    for attempt in run.current.values():
        stage = found[stage_of(attempt.rule)]
        if attempt.outcome == "done":
            stage.done += 1
        elif attempt.outcome == "running":
            stage.running += 1
        elif attempt.outcome == "submitted":
            stage.queued += 1
        elif attempt.outcome == "failed" and not attempt.again:
            stage.failed += 1
    return [stage for stage in found.values() if stage.jobs]


def _samples(run: RunState, outlook: Outlook) -> list[Sample]:
    jobs: dict[str, dict[str, set[str]]] = {}
    ended: dict[str, set[str]] = {}
    for attempt in run.current.values():
        sample = attempt.wildcards.get("sample")
        if sample is None:
            continue
        stages = jobs.setdefault(sample, {})
        outcome = "waiting" if attempt.again else attempt.outcome
        stages.setdefault(stage_of(attempt.rule), set()).add(outcome)
        if attempt.outcome == "done":
            ended.setdefault(sample, set()).add(attempt.rule)
    last = last_rule(run.planned)
    found = []
    for name, stages in sorted(jobs.items()):
        rules = ended.get(name, set())
        states = {
            stage: _state(seen, LAST_OF_SAMPLE.get(stage), run.planned, rules)
            for stage, seen in stages.items()
        }
        failed = "failed" in states.values()
        done = last in rules and not failed
        found.append(Sample(name, states, done, failed, outlook.samples.get(name)))
    return found


def _state(seen: set[str], last: str | None, planned: Mapping[str, int], ended: set[str]) -> str:
    """Say how far a stage of a sample is, from the outcomes of its jobs and its last rule."""
    for outcome, state in (("failed", "failed"), ("running", "running"), ("submitted", "queued")):
        if outcome in seen:
            return state
    whole = last is None or last in ended or last not in planned
    return "done" if seen == {"done"} and whole else "begun"


def summary_of(run: RunState, usual: Mapping[str, Usual], outlook: Outlook, now: float) -> Summary:
    """Put together what is shown of a run at a moment."""
    running = [attempt for attempt in run.current.values() if attempt.outcome == "running"]
    last = last_rule(run.planned)
    return Summary(
        run=run,
        now=now,
        stages=_stages(run, outlook),
        samples=_samples(run, outlook),
        samples_planned=run.planned[last] if last else 0,
        left=outlook.run,
        longest=sorted(running, key=lambda attempt: attempt.began or now),
        failures=run.failures,
        retried=sum(attempt.again for attempt in run.tries),
        usual=usual,
    )


def _estimate(estimate: Estimate | None) -> Mapping[str, float] | None:
    return {key: round(s, 1) for key, s in asdict(estimate).items()} if estimate else None


def as_mapping(summary: Summary) -> dict[str, Any]:
    """Return a summary for programs; times are seconds, moments seconds since 1970."""
    run = summary.run
    return {
        "run": run.id,
        "executor": run.executor,
        "status": run.status,
        "began": run.began,
        "ended": run.ended,
        "elapsed": round(summary.elapsed, 1),
        "left": _estimate(summary.left),
        "jobs": {"planned": summary.jobs, "done": summary.done, "tried_again": summary.retried},
        "stages": [
            {
                "stage": stage.name,
                "jobs": stage.jobs,
                "done": stage.done,
                "running": stage.running,
                "queued": stage.queued,
                "failed": stage.failed,
                "waiting": stage.waiting,
                "left": _estimate(stage.left),
            }
            for stage in summary.stages
        ],
        "samples": {
            "planned": summary.samples_planned,
            "done": summary.samples_done,
            "failed": sum(sample.failed for sample in summary.samples),
            "begun": [
                {
                    "sample": sample.name,
                    "stages": sample.stages,
                    "done": sample.done,
                    "left": _estimate(sample.left),
                }
                for sample in summary.samples
            ],
        },
        "running": [
            {
                "rule": attempt.rule,
                "wildcards": dict(attempt.wildcards),
                "attempt": attempt.attempt,
                "external": attempt.external,
                "began": attempt.began,
                "usual": round(summary.usual[attempt.rule].seconds, 1)
                if attempt.rule in summary.usual
                else None,
            }
            for attempt in summary.longest
        ],
        "failures": [
            {
                "rule": attempt.rule,
                "wildcards": dict(attempt.wildcards),
                "attempts": attempt.attempt,
                "external": attempt.external,
                "log": attempt.log,
                "reason": attempt.reason,
            }
            for attempt in summary.failures
        ],
    }
