"""Which rules a run has no jobs of, from its settings and sheets alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schelde.config import Settings
    from schelde.sheet import Sheet

INDEXES = {"bwa": "index_bwa", "minibwa": "index_minibwa", "bwa-mem2": "index_bwamem2"}
PIECES = {caller: f"call_piece_{caller}" for caller in ("gatk", "bcftools", "freebayes")}


def unused_rules(settings: Settings, sheet: Sheet) -> frozenset[str]:
    """Return the rules that a run to the end of everything leaves out."""
    chosen = {INDEXES[settings.align.aligner], PIECES[settings.call.caller]}
    optional: Mapping[str, bool] = {
        **{rule: rule in chosen for rule in (*INDEXES.values(), *PIECES.values())},
        "trim_lane": settings.reads.trim,
        "extract_lane": any(lane.alignment for lane in sheet.lanes),
        "estimate_contamination": settings.qc.contamination != "schelde",
        "model_base_qualities": settings.call.bqsr,
        "find_tandem_repeats": settings.call.dragen,
        "model_tandem_repeats": settings.call.dragen,
        "seal_sample": settings.bundle.dataset is not None,
        "write_bundle": settings.bundle.dataset is not None,
        "count_frequencies": settings.bundle.dataset is not None and settings.bundle.frequencies,
    }
    return frozenset(rule for rule, used in optional.items() if not used)
