"""From what a workflow hands to a job of the call stage to what its functions take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from schelde.assembly import Assembly
from schelde.callers.gather import GatherFiles, GatherOutput, GatherTask, gather
from schelde.callers.piece import CallError, Machine, PieceFiles, PieceOutput, PieceTask
from schelde.pipes import ToolError
from schelde.sheet import Sex
from schelde.vcf import VcfError

FAULTS = (CallError, VcfError, ToolError)
CallPiece = Callable[[PieceTask, PieceFiles, Machine, PieceOutput], None]
Facts = Mapping[str, Any]
"""Parameters of a job: ``person`` (sample and sex), ``assembly``, ``overlap`` (bp)."""


def run_piece(
    call_piece: CallPiece,
    files: Mapping[str, str],
    output: Mapping[str, str],
    facts: Facts,
    piece: int,
    machine: Machine,
) -> None:
    """Call a piece; what the caller or its data are at fault for ends the process with status 1."""
    task = PieceTask(
        sample=facts["person"]["sample"],
        piece=piece,
        sex=Sex(facts["person"]["sex"]),
        assembly=Assembly(**facts["assembly"]),
        overlap=facts["overlap"],
    )
    try:
        call_piece(
            task,
            PieceFiles(**{key: Path(file) for key, file in files.items()}),
            machine,
            PieceOutput(Path(output["gvcf"]), Path(output["vcf"])),
        )
    except FAULTS as error:
        sys.exit(str(error))


def run_gather(
    pieces: Mapping[str, Sequence[str]],
    files: Mapping[str, str],
    output: Mapping[str, str],
    facts: Facts,
    *,
    threads: int,
    log: Path,
) -> None:
    """Gather ``pieces`` (``gvcfs`` and ``vcfs``, in order); a fault ends the process with 1."""
    task = GatherTask(
        sample=facts["person"]["sample"],
        sex=Sex(facts["person"]["sex"]),
        assembly=Assembly(**facts["assembly"]),
        overlap=facts["overlap"],
    )
    numbered = {
        key: {number: Path(file) for number, file in enumerate(pieces[key], start=1)}
        for key in ("gvcfs", "vcfs")
    }
    try:
        gather(
            task,
            GatherFiles(**numbered, **{key: Path(file) for key, file in files.items()}),
            GatherOutput(Path(output["gvcf"]), Path(output["vcf"])),
            threads=threads,
            log=log,
        )
    except FAULTS as error:
        sys.exit(str(error))
