"""What every engine takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schelde.panel import Panel


@dataclass(frozen=True)
class Contamination:
    """Share of the reads that come from another person, with its 95 % interval.

    ``estimate``, ``low`` and ``high`` are fractions from 0 to 1 (0.02 is 2 %); ``low`` and
    ``high`` are None where the engine gives no interval. ``sites`` and ``bases``: those that were
    used. ``components``: where the sample lies along the panel's components of ancestry, in the
    units of VerifyBamID2's V; empty where the engine does not tell or the panel has none.
    """

    engine: str
    estimate: float
    low: float | None
    high: float | None
    sites: int
    bases: int
    components: list[float]


@dataclass(frozen=True)
class CramTask:
    """What an engine that calls a tool needs.

    ``genome``: FASTA with its index; ``panel_path``: as given to `schelde.panel.read_panel`;
    ``lengths``: contigs of the genome in bp, in its order.
    """

    cram: Path
    genome: Path
    panel_path: Path
    panel: Panel
    autosomes: tuple[str, ...]
    lengths: Mapping[str, int]
