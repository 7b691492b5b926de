"""Who the demo is about, and in which lanes they were sequenced: three people, five lanes."""

from __future__ import annotations

from collections.abc import Sequence

from schelde.demo.family import CHILD, FATHER, MOTHER
from schelde.sheet import Assay, Lane, Person, Sex

LANE_COLUMNS = ("sample", "library", "flowcell", "lane", "fq1", "fq2", "barcode")


def _lane(sample: str, library: str, flowcell: str, lane: str, barcode: str) -> Lane:
    stem = f"data/reads/{sample}.{library}.{flowcell}.{lane}"
    fq1, fq2 = (f"{stem}_R1.fq.gz",), (f"{stem}_R2.fq.gz",)
    return Lane(sample, library, flowcell, lane, fq1, fq2, barcode=barcode)


# The father: one library over two lanes. The child: two libraries, each in a lane of its own.
# In both, duplicates can be told from other reads only by library.
LANES = (
    _lane(FATHER, "F1", "HDEMOAAXX", "1", "ACGTTGCA"),
    _lane(FATHER, "F1", "HDEMOAAXX", "2", "ACGTTGCA"),
    _lane(MOTHER, "M1", "HDEMOAAXX", "2", "GATCCTAG"),
    _lane(CHILD, "C1", "HDEMOAAXX", "1", "TTAGGCAT"),
    _lane(CHILD, "C2", "HDEMOBBXX", "1", "CAGATCTG"),
)
PEOPLE = (
    Person(FATHER, Assay.WGS, Sex.MALE, "DEMO-SUBJECT-1"),
    Person(MOTHER, Assay.WGS, Sex.FEMALE, "DEMO-SUBJECT-2"),
    Person(CHILD, Assay.WGS, Sex.MALE, "DEMO-SUBJECT-3", father=FATHER, mother=MOTHER),
)


def lanes_text(prefix: str = "") -> str:
    """Return lanes.tsv, with ``prefix`` before every path."""
    rows = [
        (
            *(lane.sample, lane.library, lane.flowcell, lane.lane),
            *(f"{prefix}{lane.fq1[0]}", f"{prefix}{lane.fq2[0]}", lane.barcode),
        )
        for lane in LANES
    ]
    return table_text(LANE_COLUMNS, rows)


def table_text(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """Return a table of these columns; None is an empty cell."""
    lines = [columns, *([cell or "" for cell in row] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines)
