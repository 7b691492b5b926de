"""Files read without htslib's own words beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_htslib() -> Iterator[None]:
    """Keep htslib from writing to the terminal within the block.

    It warns of header lines of callers that it then reads well; what it cannot read raises.
    """
    import pysam  # slow to load, and many that import this never come here

    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)
