"""Filter of a BAM stream: another header, and no mate CIGAR where the mate has none.

    python cleanmates.py HEADER.sam < uncompressed.bam > uncompressed.bam

samtools fixmate writes ``MC:Z:*`` for a mate that is not mapped, which Picard calls an error. A
program of its own, so that it runs beside the tools that it stands between.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pysam

MATE_UNMAPPED = 0x8


def main(header: str) -> None:
    """Copy standard input to standard output; OSError when the input is cut short."""
    pysam.set_verbosity(0)
    clean = pysam.AlignmentHeader.from_text(Path(header).read_text(encoding="utf-8"))
    with (
        pysam.AlignmentFile("-", "rb") as source,
        pysam.AlignmentFile("-", "wbu", header=clean) as sink,
    ):
        for record in source:
            if record.flag & MATE_UNMAPPED and record.has_tag("MC"):
                record.set_tag("MC", None)
            sink.write(record)


if __name__ == "__main__":
    main(sys.argv[1])
