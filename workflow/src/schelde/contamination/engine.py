"""Run an engine of contamination that calls a tool, and write what it found."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from schelde.assembly import Assembly
from schelde.callers.tools import Machine, job_on
from schelde.contamination import CRAM_ENGINES, CramTask
from schelde.intervals import contig_lengths
from schelde.panel import read_panel
from schelde.pipes import write_text


def estimate_with(
    engine: str,
    cram: Path,
    genome: Path,
    panel_path: Path,
    assembly: Assembly,
    machine: Machine,
    output: Path,
) -> None:
    """Write as JSON what an engine of `CRAM_ENGINES` estimates; ``null`` when it cannot tell.

    ``cram`` has its index beside it, ``genome`` (FASTA) too; ``panel_path``: as
    `schelde.panel.read_panel` takes it. Raises `ToolError` when the tool fails, `JobError` when
    what it left cannot be read, `UserError` when the panel cannot be used.
    """
    task = CramTask(
        cram=cram,
        genome=genome,
        panel_path=panel_path,
        panel=read_panel(panel_path),
        autosomes=assembly.autosomes,
        lengths=contig_lengths(Path(f"{genome}.fai")),
    )
    with job_on(machine) as job:
        found = CRAM_ENGINES[engine](task, job)
        text = json.dumps(asdict(found) if found else None, indent=1, allow_nan=False)
        write_text(output, f"{text}\n")
