"""`schelde status`: how far a run is, from another shell."""

from __future__ import annotations

import json as json_text
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from schelde.errors import Problem, UserError
from schelde.progress.alive import Life, life_of
from schelde.progress.events import EVENTS
from schelde.progress.knowledge import Knowledge, summarise
from schelde.progress.squeue import ask_squeue
from schelde.progress.state import runs_of
from schelde.progress.summary import Summary, as_mapping

WATCH = 10.0
"""Seconds between two looks with --watch: one squeue each."""

STATES = {
    "running": "running",
    "over": "",
    "gone": "killed: Snakemake is not there any more, and its log has no end",
    "silent": "silent: on another machine, and not heard of for minutes",
}


def look(folder: Path) -> tuple[Summary, Life, list[str]]:
    """Return the last run of a folder, whether it is alive, and what could not be found out.

    Raises `UserError` for a folder without a log of events.
    """
    runs = runs_of(folder / EVENTS)
    if not runs:
        what = "no run has been logged in this folder"
        remedy = "name the folder that snakemake runs in, and run it with '--logger schelde'"
        raise UserError([Problem(str(folder / EVENTS), None, what, remedy)])
    run, now = runs[-1], time.time()
    life = life_of(run, folder, now)
    notes = [note] if life == "running" and (note := ask_squeue(run)) else []
    if life == "gone":
        run.close("stopped", run.last)
    known = Knowledge.of(folder, run.planned, runs[:-1])
    return summarise(run, known, now), life, notes


def _show(summary: Summary, life: Life, notes: list[str], every_sample: bool) -> None:
    from rich.console import Console

    from schelde.progress.page import FEW, failure, whole_page
    from schelde.progress.words import clock

    console = Console(highlight=False)
    run = summary.run
    begun = clock(run.began, summary.now)
    state = STATES[life] or {"done": "done", "failed": "failed", "stopped": "stopped"}[run.status]
    places = f"{run.cores} cores" if run.cores else f"{run.jobs_at_once or 'all'} jobs at once"
    console.print(f"Run of {begun} ({run.executor}, {places}): {state}")
    few = len(summary.samples) <= FEW
    rows = summary.samples if few or every_sample else []
    console.print(whole_page(summary, most=5, rows=rows, width=console.width))
    for attempt in summary.failures[:5]:
        console.print("", failure(attempt), sep="\n")
    if len(summary.failures) > 5:
        console.print(f"\nand {len(summary.failures) - 5} failures more: --json has them all")
    for note in notes:
        console.print(f"\nnote: {note}")


def as_json(summary: Summary, life: Life, notes: list[str]) -> dict[str, Any]:
    """Return what --json prints."""
    return {"life": life, **as_mapping(summary), "notes": notes}


def status_command(
    folder: Annotated[Path, typer.Argument(help="folder that snakemake runs in")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="look again every ten seconds until the run ends")
    ] = False,
    samples: Annotated[bool, typer.Option("--samples", help="a row for every sample")] = False,
) -> None:
    """Show how far the run of a folder is, when it will end, and what failed.

    Exit status: 0 while all is well, 1 when a job or the run failed or was killed, 2 for a mistake
    of the user.
    """
    while True:
        summary, life, notes = look(folder)
        if watch and not json:
            print("\033[H\033[J" if sys.stdout.isatty() else "", end="")
        if json:
            print(json_text.dumps(as_json(summary, life, notes)), flush=True)
        else:
            _show(summary, life, notes, samples)
        if not watch or life != "running":
            break
        time.sleep(WATCH)
    bad = summary.run.status == "failed" or summary.failures or life in ("gone", "silent")
    raise typer.Exit(1 if bad else 0)
