"""The sex that decides how many copies of X and Y are called."""

from __future__ import annotations

import json
from pathlib import Path

from schelde.joblog import JobError
from schelde.sheet import Sex


def calling_sex(declared: str, metrics: str | Path | None) -> Sex:
    """Return the sex that calling follows: that of the reads where it is asked for and clear.

    ``metrics`` is `schelde.paths.READ_METRICS` of the sample, or None where the declared sex
    decides. Karyotypes other than XX and XY have no sex of their own there: `sex_of` says what
    is called for them. Raises `JobError` if the file does not tell of sex.
    """
    if metrics is None:
        return Sex(declared)
    try:
        evidence = json.loads(Path(metrics).read_text(encoding="utf-8"))["sex"]
        inferred = sex_of(evidence["karyotype"])
    except (ValueError, KeyError, TypeError) as error:
        raise JobError(f"{metrics}: does not tell of sex ({error})") from error
    return Sex(declared) if inferred is None else inferred


def sex_of(karyotype: str | None) -> Sex | None:
    """Return whose ploidy fits a karyotype best, or None for an unclear one.

    X0 is called as female: two copies of X call the one there is as homozygous, and nothing is
    lost. XXY is called as of unknown sex, with two copies of X and one of Y; XYY as male, since
    both copies of Y are the same.

    >>> sex_of("XXY"), sex_of("XYY"), sex_of(None)
    (<Sex.UNKNOWN: 'unknown'>, <Sex.MALE: 'male'>, None)
    """
    if karyotype is None:
        return None
    if "Y" not in karyotype:
        return Sex.FEMALE
    return Sex.UNKNOWN if karyotype.count("X") > 1 else Sex.MALE
