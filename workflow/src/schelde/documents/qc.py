"""qc/, reference/ and withdrawals.json: what the record holds of them, one file each."""

from __future__ import annotations

import json
from typing import Any

from schelde.bundle.record import Record

SEQCOL = "reference/seqcol.json"
WITHDRAWALS = "withdrawals.json"


def documents(record: Record) -> dict[str, str]:
    """Return the GA4GH metrics and the verdict of every sample, the reference, and withdrawals."""
    found = {SEQCOL: _json(record.reference.seqcol)}
    for member in record.members:
        found[f"qc/{member.sample}.ga4gh-wgs-qc.json"] = _json(member.ga4gh)
        found[f"qc/{member.sample}.verdict.json"] = _json(member.verdict)
    if record.withdrawals:
        entries = [withdrawal.model_dump() for withdrawal in record.withdrawals]
        found[WITHDRAWALS] = _json({"withdrawals": entries})
    return found


def _json(document: Any) -> str:  # noqa: ANN401 - any JSON document
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
