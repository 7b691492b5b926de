"""Times and amounts of disk as a user writes them on the command line, and as plans print them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from schelde.errors import Problem, UserError

SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
MEGABYTES = {"MB": 1.0, "GB": 1e3, "TB": 1e6, "PB": 1e9}
AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def seconds_of(text: str, option: str) -> float:
    """Return the seconds of '48h', '90min' or '2d'; `UserError` names the option otherwise.

    >>> seconds_of("48h", "--deadline")
    172800.0
    """
    return _amount(text, option, SECONDS, "48h, 90min or 2d")


def megabytes_of(text: str, option: str) -> float:
    """Return the MB of '20TB' or '500GB'; `UserError` names the option otherwise.

    >>> megabytes_of("20TB", "--disk")
    20000000.0
    """
    return _amount(text, option, MEGABYTES, "20TB or 500GB")


def _amount(text: str, option: str, units: Mapping[str, float], example: str) -> float:
    found = AMOUNT.fullmatch(text)
    unit = found and next((name for name in units if name.lower() == found[2].lower()), None)
    if not found or unit is None or float(found[1]) == 0:
        remedy = f"write it as {example}"
        raise UserError([Problem(option, None, f"'{text}' is no amount with a unit", remedy)])
    return float(found[1]) * units[unit]


def disk(megabytes: float) -> str:
    """Write an amount of disk with three digits.

    >>> [disk(mb) for mb in (0.4, 512, 41_440, 62_842_428)]
    ['0.4 MB', '512 MB', '41.4 GB', '62.8 TB']
    """
    for unit in ("PB", "TB", "GB"):
        if megabytes >= MEGABYTES[unit]:
            return f"{megabytes / MEGABYTES[unit]:.3g} {unit}"
    return f"{megabytes:.3g} MB"


def number(value: float) -> str:
    """Write a number so that three digits of it can be read.

    >>> [number(value) for value in (0, 0.0312, 4.25, 51_043.2)]
    ['0', '0.0312', '4.25', '51,043']
    """
    return f"{value:,.0f}" if value >= 1000 or value == 0 else f"{value:.3g}"
