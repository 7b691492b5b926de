"""Beginning and end of what bgzip packs."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

from schelde.bgzf import END, START, has_end


def test_what_htslib_packs_begins_and_ends_so(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    with pysam.BGZFile(str(path), "w") as file:
        file.write(b"text\n")
    assert START.match(path.read_bytes())
    assert has_end(path)


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 99, END[:-1], END + b"x"])
def test_other_ends_are_no_end(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert not has_end(tmp_path / "a")
