"""Days, months and years, and who is a child."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.days import day, may_be_child, span

DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(when=DATES)
def test_a_partial_date_spans_the_day_it_is_cut_from(when: date) -> None:
    text = when.isoformat()
    for length in (4, 7, 10):
        found = span(text[:length])
        assert found is not None
        assert found.first <= when <= found.last
    assert day(text) == when


@pytest.mark.parametrize(
    "text",
    [
        *("", "1980-", "1980-13", "1980-00", "1980-02-30", "0000", "80-01-01", "1980-1-1"),
        *("1980-01-01T00:00", " 1980", "1980\n", "19८0", "1980/01/01"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert span(text) is None
    assert day(text) is None


def test_a_month_is_no_day() -> None:
    assert day("2026-01") is None


@pytest.mark.parametrize(
    ("birth", "on", "child"),
    [
        ("2008-05-01", "2026-04-30", True),
        ("2008-05-01", "2026-05-01", False),
        ("2008-05", "2026-05-30", True),
        ("2008-05", "2026-05-31", False),
        ("2008", "2026-12-30", True),
        ("2007", "2026-01-01", False),
        ("2008-02-29", "2026-02-28", True),
        ("2008-02-29", "2026-03-01", False),
        ("2008-02", "2026-02-28", True),
    ],
)
def test_who_may_be_under_18_is_a_child(birth: str, on: str, child: bool) -> None:
    assert may_be_child(birth, on) is child


@given(birth=DATES, on=DATES, length=st.sampled_from([4, 7]))
def test_less_of_a_date_of_birth_never_makes_an_adult(birth: date, on: date, length: int) -> None:
    whole = birth.isoformat()
    assert may_be_child(whole[:length], on.isoformat()) >= may_be_child(whole, on.isoformat())


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is no date"):
        may_be_child("1980-13", "2026-01-01")
