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

PROGRAM = "verifybamid2"
"""Its name in Bioconda, which is looked for before the first job."""

COMPONENTS = 4
COLUMNS = ("#SNPS", "#READS", "FREEMIX")


class SelfSmError(JobError):
    """A .selfSM file that is not what VerifyBamID2 writes."""


def estimate(task: CramTask, job: Job) -> Contamination:
    """Run VerifyBamID2 on a CRAM; see `Contamination`, without interval and components.

    ``bases`` are its #READS, the bases at the panel's sites. Raises `UserError` if it is not
    installed or the panel is not in its format, `SelfSmError` if its result cannot be read.
    """
    _refuse_missing(task.panel_path)
    stem = job.folder / "verifybamid2"
    command = [PROGRAM, "--SVDPrefix", str(task.panel_path), "--Reference", str(task.genome)]
    command += ["--BamFile", str(task.cram), "--NumPC", str(COMPONENTS)]
    command += ["--Output", str(stem), "--NumThread", str(job.machine.threads)]
    job.run(command)
    return read_selfsm(Path(f"{stem}.selfSM"))


def _refuse_missing(panel: Path) -> None:
    """Raise `UserError` unless panel and program are there."""
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
    if shutil.which(PROGRAM) is None:
        what = "contamination engine 'verifybamid2' is chosen and the program is not installed"
        remedy = "install it so that it is on PATH, or take contamination engine 'schelde'"
        problems.append(Problem("verifybamid2", None, what, remedy))
    if problems:
        raise UserError(problems)


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
