"""CHARR: contamination from the reference reads at homozygous alternate calls.

Lu et al. 2023, American Journal of Human Genetics 110:2068. At a site where the sample has only
ALT, reads of REF come from the contaminating person, who has REF with the population's frequency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pysam

from schelde.panel import Panel
from schelde.quiet import quiet_htslib

LEAST_QUALITY = 20
DEPTHS = (10, 100)
FREQUENCIES = (0.1, 0.9)
"""Least GQ; least and greatest depth; least and greatest frequency of REF of the sites that count:
those of Lu et al."""

LEAST_SITES = 20
"""Sites under which there is no estimate. With 20 at 30x, and 2 % of foreign reads, its standard
error is 0.8 %."""


def charr(vcf: Path, panel: Panel, autosomes: Collection[str]) -> float | None:
    """Return the mean over sites of (reference reads / reads) / frequency of REF, as a fraction.

    Sites are homozygous alternate SNVs with one ALT that pass all filters (FILTER is PASS or
    missing), on ``autosomes`` and in the panel with the same alleles; `LEAST_QUALITY`, `DEPTHS`
    and `FREQUENCIES` say which count. The VCF has one sample. None with fewer than `LEAST_SITES`
    of them, or without GQ and AD.
    """
    frequency = {
        (contig, position, ref, alt): 1 - share
        for contig, position, ref, alt, share in zip(
            panel.contigs,
            panel.positions.tolist(),
            panel.refs,
            panel.alts,
            panel.frequency.tolist(),
            strict=True,
        )
        if contig in autosomes and FREQUENCIES[0] <= 1 - share <= FREQUENCIES[1]
    }
    with quiet_htslib(), pysam.VariantFile(str(vcf)) as records:
        if not {"GT", "GQ", "AD"} <= set(records.header.formats):
            return None
        shares = [
            ref_reads / depth / frequency[site]
            for site, ref_reads, depth in _homozygous(records)
            if site in frequency
        ]
    return sum(shares) / len(shares) if len(shares) >= LEAST_SITES else None


def _homozygous(
    records: pysam.VariantFile,
) -> Iterator[tuple[tuple[str, int, str, str], int, int]]:
    """Yield site, reads of REF and reads of both alleles of sound homozygous alternate SNVs."""
    for record in records:
        alts = record.alts or ()
        if len(alts) != 1 or len(record.ref or "") != 1 or len(alts[0]) != 1:
            continue
        if set(record.filter.keys()) - {"PASS"}:
            continue
        call = record.samples[0]
        reads = list(call.get("AD") or ())
        if call.get("GT") != (1, 1) or len(reads) != 2 or None in reads:
            continue
        depth = sum(reads)
        if (call.get("GQ") or 0) >= LEAST_QUALITY and DEPTHS[0] <= depth <= DEPTHS[1]:
            yield (record.contig, record.pos, str(record.ref), alts[0]), reads[0], depth
