"""Times and jobs in words, as everything about progress writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from schelde.progress.eta import Estimate


def duration(seconds: float) -> str:
    """Write a span of time with its two largest units.

    >>> [duration(s) for s in (4.4, 192, 3840, 200000)]
    ['4 s', '3 min 12 s', '1 h 04 min', '2 d 7 h']
    """
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    if hours:
        return f"{hours} h {minute:02} min"
    if minutes:
        return f"{minutes} min {rest:02} s"
    return f"{rest} s"


def about(seconds: float) -> str:
    """Write a span of time that is not known well: rounded to about a twentieth of it.

    >>> [about(s) for s in (0.4, 17, 100, 700, 5000, 40000, 300000)]
    ['1 s', '17 s', '2 min', '12 min', '1 h 25 min', '11 h', '3 d 11 h']
    """
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 180:
        hours, minute = divmod(5 * round(minutes / 5), 60)
        return f"{hours} h {minute:02} min" if minute else f"{hours} h"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def left(estimate: Estimate | None) -> str:
    """Write what is left of a run or stage, with its range; empty where it is not known."""
    if estimate is None:
        return "time left not known yet"
    if not estimate.seconds:
        return "nothing left"
    low, high = about(estimate.low), about(estimate.high)
    spread = f" ({low} to {high})" if low != high else ""
    return f"about {about(estimate.seconds)} left{spread}"


def clock(time: float, now: float) -> str:
    """Write a moment as the local time of day, with the date where that is not today."""
    moment, today = datetime.fromtimestamp(time), datetime.fromtimestamp(now)
    return moment.strftime("%H:%M" if moment.date() == today.date() else "%d %b %H:%M")


def job_name(rule: str, wildcards: Mapping[str, str]) -> str:
    """Name a job as people do: the rule, the sample, and what else tells it from others.

    >>> job_name("call_piece_gatk", {"sample": "NA1", "piece": "3"})
    'call_piece_gatk of NA1, piece 3'
    """
    sample = wildcards.get("sample")
    others = [f"{name} {value}" for name, value in wildcards.items() if name != "sample"]
    return ", ".join([f"{rule} of {sample}" if sample else rule, *others])
