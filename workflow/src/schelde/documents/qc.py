"""qc/, reference/ and withdrawals.json: what the record holds of them, one file each."""

from __future__ import annotations

from schelde.bundle.record import Record
from schelde.json_text import json_text

SEQCOL = "reference/seqcol.json"
WITHDRAWALS = "withdrawals.json"


def documents(record: Record) -> dict[str, str]:
    """Return the GA4GH metrics and the verdict of every sample, the reference, and withdrawals."""
    found = {SEQCOL: json_text(record.reference.seqcol)}
    for member in record.members:
        found[f"qc/{member.sample}.ga4gh-wgs-qc.json"] = json_text(member.ga4gh)
        found[f"qc/{member.sample}.verdict.json"] = json_text(member.verdict)
    if record.withdrawals:
        entries = [withdrawal.model_dump() for withdrawal in record.withdrawals]
        found[WITHDRAWALS] = json_text({"withdrawals": entries})
    return found
