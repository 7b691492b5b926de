"""How much of a sample's reads come from another person: one module per engine.

`model` is our own estimator and takes a pileup; `verifybamid2` and `gatk` call the tools, where
they are installed, and take a CRAM; `charr` is a cross-check from the VCF.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schelde.callers.tools import Job
from schelde.contamination.charr import charr
from schelde.contamination.gatk import estimate as gatk_estimate
from schelde.contamination.model import estimate
from schelde.contamination.result import Contamination, CramTask
from schelde.contamination.verifybamid2 import estimate as verifybamid2_estimate

__all__ = [
    "CRAM_ENGINES",
    "ENGINES",
    "OWN",
    "Contamination",
    "CramTask",
    "charr",
    "estimate",
]

CramEngine = Callable[[CramTask, Job], Contamination | None]

OWN = "schelde"
"""The engine that takes a pileup: `estimate`."""

CRAM_ENGINES: Mapping[str, CramEngine] = {
    "verifybamid2": verifybamid2_estimate,
    "gatk": gatk_estimate,
}
"""Engines that call a tool on a CRAM."""

ENGINES = (OWN, *CRAM_ENGINES)
"""Names of all engines."""
