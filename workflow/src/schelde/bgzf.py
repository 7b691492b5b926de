"""How files that bgzip and samtools pack begin and end (SAM specification 1.6, section 4.1)."""

from __future__ import annotations

import os
import re
from pathlib import Path

START = re.compile(rb"\x1f\x8b\x08\x04.{8}BC\x02\x00", re.DOTALL)
"""First bytes of a block: gzip with the extra field BC."""

END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""Empty block at the end of a whole file."""


def has_end(path: Path) -> bool:
    """Tell whether a file ends with the empty block; `FileNotFoundError` if there is none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(END)))
        return file.read() == END
