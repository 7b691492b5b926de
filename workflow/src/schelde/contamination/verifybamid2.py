"""Contamination as VerifyBamID2 estimates it, where it is installed.

The command is that of the reference implementation of GA4GH WGS-QC v1 (c-BIG/NPM-sample-qc):
``--NumPC 4``, and FREEMIX from the file ``.selfSM``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from schelde.callers.tools import Job
from schelde.contamination.result import Contamination, CramTask
from schelde.errors import Problem, UserError
from schelde.joblog import JobError
from schelde.panel import SUFFIXES

PROGRAMS = ("verifybamid2", "VerifyBamID2", "VerifyBamID")
"""Its names: in Bioconda, in containers, as its own build makes it."""

COMPONENTS = 4
COLUMNS = ("#SNPS", "#READS", "FREEMIX")


class SelfSmError(JobError):
    """A .selfSM file that is not what VerifyBamID2 writes."""


def estimate(task: CramTask, job: Job) -> Contamination:
    """Run VerifyBamID2 on a CRAM; see `Contamination`, without interval and components.

    ``bases`` are its #READS, the bases at the panel's sites. Raises `UserError` if it is not
    installed or the panel is not in its format, `SelfSmError` if its result cannot be read.
    """
    program = _program(task.panel_path)
    stem = job.folder / "verifybamid2"
    command = [program, "--SVDPrefix", str(task.panel_path), "--Reference", str(task.genome)]
    command += ["--BamFile", str(task.cram), "--NumPC", str(COMPONENTS)]
    command += ["--Output", str(stem), "--NumThread", str(job.machine.threads)]
    job.run(command)
    return read_selfsm(Path(f"{stem}.selfSM"))


def _program(panel: Path) -> str:
    """Return the name under which it is installed, once panel and program are found to be there."""
    problems = [
        Problem(
            f"{panel}{suffix}",
            None,
            "VerifyBamID2 wants this file of the panel",
            "give the prefix of a panel in its format, or take contamination engine 'schelde'",
        )
        for suffix in SUFFIXES
        if not Path(f"{panel}{suffix}").is_file()
    ]
    program = next((name for name in PROGRAMS if shutil.which(name)), None)
    if program is None:
        what = "contamination engine 'verifybamid2' is chosen and the program is not installed"
        remedy = "install it so that it is on PATH, or take contamination engine 'schelde'"
        problems.append(Problem("verifybamid2", None, what, remedy))
    if problems or program is None:
        raise UserError(problems)
    return program


def read_selfsm(path: Path) -> Contamination:
    """Read FREEMIX, a fraction, from a .selfSM file; `SelfSmError` if it is not there."""
    if not path.is_file():
        raise SelfSmError(f"VerifyBamID2 ended well and left no {path.name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) < 2:
        raise SelfSmError(f"{path.name} has {len(lines)} of 2 lines")
    row = dict(zip(lines[0].split("\t"), lines[1].split("\t"), strict=False))
    try:
        sites, bases, fraction = (float(row[column]) for column in COLUMNS)
    except (KeyError, ValueError) as error:
        raise SelfSmError(f"{path.name} has no number in {', '.join(COLUMNS)}: {error}") from error
    if not 0 <= fraction <= 1:
        raise SelfSmError(f"{path.name} has FREEMIX {fraction:g}, which is no fraction")
    return Contamination("verifybamid2", fraction, None, None, int(sites), int(bases), [])
