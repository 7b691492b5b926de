"""The page about config and sheets."""

from __future__ import annotations

from pathlib import Path

from schelde.manual import config_page

PAGE = Path(__file__).parents[2] / "config" / "README.md"


def test_the_page_in_the_repository_is_current() -> None:
    """``PYTHONPATH=workflow/src python -m schelde.manual > config/README.md`` writes it."""
    assert PAGE.read_text(encoding="utf-8") == config_page()


def test_every_key_and_column_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in config_page().split("\n") if line.startswith("| `")]
    assert len(rows) > 30
    assert all(row[-1].removesuffix(" |") for row in rows)
