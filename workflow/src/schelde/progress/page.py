"""What people see of a run: stages, samples, jobs that run longest and failures, for rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from schelde.progress.state import Try
from schelde.progress.summary import Sample, Stage, Summary
from schelde.progress.words import about, clock, duration, job_name, left

FEW = 12
"""Up to so many samples each has a row."""

BAR, SHORT_BAR, WIDE = 16, 8, 90
"""Columns of a bar, and of the terminal from which it is the longer one."""

STYLES = {"done": "green", "running": "cyan", "queued": "yellow", "failed": "bold red"}
MARKS = {"done": "done", "running": "runs", "queued": "queued", "failed": "FAILED", "begun": "..."}


def headline(summary: Summary) -> str:
    """Say in a line how far a run is and when it ends."""
    parts = [f"{summary.done} of {summary.jobs} jobs done in {duration(summary.elapsed)}"]
    if summary.run.status == "running":
        parts.append(left(summary.left))
        if summary.left is not None:
            ends = clock(summary.now + summary.left.seconds, summary.now)
            parts.append(f"ends about {ends}")
    return ", ".join(parts)


def _bar(stage: Stage, size: int, ascii_only: bool) -> Text:
    full, empty = ("#", ".") if ascii_only else ("━", "╌")
    cells = {
        name: int(size * number / stage.jobs)
        for name, number in (
            ("done", stage.done),
            ("failed", stage.failed),
            ("running", stage.running),
        )
    }
    bar = Text()
    for name, width in cells.items():
        bar.append(full * width, STYLES[name])
    return bar.append(empty * (size - sum(cells.values())), "dim")


def stages_table(summary: Summary, *, bar: int, ascii_only: bool = False) -> Table:
    """Lay out the stages, a row each, with bars of so many columns."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("stage", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name in ("done", "running", "queued", "failed", "waiting"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("time left", no_wrap=True)
    for stage in summary.stages:
        table.add_row(*_stage_cells(stage, bar, ascii_only))
    return table


def _stage_cells(stage: Stage, bar: int, ascii_only: bool) -> list[RenderableType]:
    def count(number: int, style: str) -> Text:
        return Text(str(number), style) if number else Text("-", "dim")

    if stage.done == stage.jobs:
        rest = Text("done", "green")
    else:
        rest = Text(f"about {about(stage.left.seconds)}" if stage.left else "")
    return [
        stage.name,
        _bar(stage, bar, ascii_only),
        f"{stage.done}/{stage.jobs}",
        count(stage.running, STYLES["running"]),
        count(stage.queued, STYLES["queued"]),
        count(stage.failed, STYLES["failed"]),
        count(stage.waiting, ""),
        rest,
    ]


def samples_table(summary: Summary, samples: Sequence[Sample]) -> Table:
    """Lay out samples, a row each, with a column for each stage that they have."""
    stages = [s.name for s in summary.stages if any(s.name in sample.stages for sample in samples)]
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("sample", no_wrap=True, overflow="ellipsis", max_width=24)
    for stage in stages:
        table.add_column(stage, no_wrap=True)
    table.add_column("time left", no_wrap=True)
    for sample in samples:
        states = [sample.stages.get(stage) for stage in stages]
        cells = [Text(MARKS[state], STYLES.get(state, "dim")) if state else "" for state in states]
        rest = f"about {about(sample.left.seconds)}" if sample.left and not sample.done else ""
        table.add_row(sample.name, *cells, rest)
    return table


def samples_line(summary: Summary) -> str:
    """Say in a line how many samples are done."""
    failed = sum(sample.failed for sample in summary.samples)
    parts = [
        f"{summary.samples_done} of {summary.samples_planned} done",
        f"{len(summary.samples) - summary.samples_done - failed} begun",
    ]
    return "samples: " + ", ".join([*parts, *([f"{failed} failed"] if failed else [])])


def longest_table(summary: Summary, most: int) -> Table:
    """Lay out the jobs that have run longest, against what is usual."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("running longest", no_wrap=True, overflow="ellipsis")
    table.add_column("for", justify="right", no_wrap=True)
    table.add_column("usually", justify="right", no_wrap=True)
    table.add_column("Slurm job", no_wrap=True)
    for attempt in summary.longest[:most]:
        seconds = summary.now - (attempt.began or summary.now)
        usual = summary.usual.get(attempt.rule)
        slow = usual is not None and seconds > 2 * usual.high
        again = f", attempt {attempt.attempt}" if attempt.attempt > 1 else ""
        table.add_row(
            job_name(attempt.rule, attempt.wildcards) + again,
            Text(duration(seconds), "bold yellow" if slow else ""),
            duration(usual.seconds) if usual else "",
            attempt.external or "",
        )
    if not any(attempt.external for attempt in summary.longest[:most]):
        table.columns.pop()
    return table


def failure(attempt: Try, head: str = "") -> RenderableType:
    """Tell of a job that failed: which, why, what to do, and where more stands."""
    reason = attempt.reason or {}
    tries = f" (attempt {attempt.attempt})" if attempt.attempt > 1 else ""
    slurm = f", Slurm job {attempt.external}" if attempt.external else ""
    lines: list[RenderableType] = [
        Text(f"{head}{job_name(attempt.rule, attempt.wildcards)}{tries}{slurm}", "bold red")
    ]
    logs = dict.fromkeys(log for log in (reason.get("log"), attempt.log) if log)
    told: Iterable[tuple[Literal["why", "do", "log"], str | None]] = (
        ("why", reason.get("what")),
        ("do", reason.get("advice")),
        ("log", ", ".join(logs)),
    )
    table = Table(box=None, show_header=False, pad_edge=False, show_edge=False)
    table.add_column(style="dim", no_wrap=True, width=3)
    table.add_column(overflow="fold")
    for name, text in told:
        if text:
            table.add_row(name, Text(text))
    return Group(*lines, Padding(table, (0, 0, 0, 2)))


def whole_page(
    summary: Summary, *, most: int, rows: Sequence[Sample], width: int, ascii_only: bool = False
) -> RenderableType:
    """Put a page together, with ``most`` running jobs at most and a row for each of ``rows``."""
    parts: list[RenderableType] = [
        headline(summary),
        "",
        stages_table(summary, bar=BAR if width >= WIDE else SHORT_BAR, ascii_only=ascii_only),
    ]
    if rows:
        parts += ["", samples_table(summary, rows)]
    elif summary.samples_planned:
        parts += ["", samples_line(summary)]
    if summary.longest and most > 0:
        parts += ["", longest_table(summary, most)]
    return Group(*parts)
