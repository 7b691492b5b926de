"""Text as it lies on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.errors import Problem
from schelde.files import read_text


@pytest.mark.parametrize(
    ("data", "text", "lines"),
    [
        (b"a\nb\n", "a\nb\n", []),
        ("é\n".encode(), "é\n", []),
        (b"a\r\nb\r\n", "a\nb\n", [1]),
        (b"a\nb\rc\n", "a\nb\nc\n", [2]),
        (b"\xef\xbb\xbfa\n", "a\n", [1]),
        (b"a\nb\xe9\n", "a\nb\xe9\n", [2]),
        (b"\xef\xbb\xbfa\r\n\xe9", "a\n\xe9", [1, 1, 2]),
        (b"a\0b", None, [None]),
        (b"\x1f\x8b\x08", None, [None]),
        (b"", None, [None]),
    ],
)
def test_text_is_read_on_and_what_is_unclean_is_told_by_line(
    tmp_path: Path, data: bytes, text: str | None, lines: list[int | None]
) -> None:
    path = tmp_path / "t"
    path.write_bytes(data)
    problems: list[Problem] = []
    assert read_text(str(path), problems) == text
    assert [problem.line for problem in problems] == lines
