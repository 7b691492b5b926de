"""What the official schemas and validators say of a bundle, and of a changed copy of it.

    python tests/bench/official.py BUNDLE [--key FILE] [--reference FOLDER]

The key that opens the bundle and the run's results/reference are looked for in the project that the
bundle lies in (data/keys/node.sec, as in the demo). One row for each authority: its version or
commit, how many documents or checks there were, how many were valid, and whether it refuses a
bundle with one change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.official.answer import AbsentError, Authority, Case
from tests.official.everyone import AUTHORITIES, opened

WIDTHS = (29, 39, 9, 33, 7)


def main() -> None:
    """Print the table; status 1 when an authority objects, or accepts its mutant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--reference", type=Path)
    options = parser.parse_args()
    bundle = options.bundle.resolve()
    project = bundle.parents[1]
    key = options.key or _if_there(project / "data/keys/node.sec")
    reference = options.reference or _if_there(project / "results/reference")
    good, begun = True, time.monotonic()
    _print("authority", "version or commit", "valid", "what", "mutant")
    with tempfile.TemporaryDirectory() as scratch:
        case = opened(bundle, key, reference, Path(scratch))
        for authority in AUTHORITIES:
            good = _row(authority, case) and good
    print(f"\n{bundle.name}: {len(AUTHORITIES)} authorities in {time.monotonic() - begun:.0f} s")
    sys.exit(0 if good else 1)


def _row(authority: Authority, case: Case) -> bool:
    """Print what an authority says; tell whether it accepts the bundle and not the mutant."""
    try:
        answer = authority.asked(case)
        version = authority.told_version()
    except AbsentError as error:
        _print(authority.name, "", "-", str(error), "")
        return True
    if not answer.checked:
        _print(authority.name, version, "-", answer.counts, "")
        return True
    mutant = authority.asked_about_a_mutant(case)
    verdict = "accepted" if mutant.accepted else "refused"
    valid = f"{answer.valid}/{answer.checked}"
    _print(authority.name, version, valid, answer.counts, verdict)
    for detail in answer.details[:5]:
        print(f"    {detail[:200]}")
    return answer.accepted and not mutant.accepted


def _print(*cells: str) -> None:
    print("".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip())


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


if __name__ == "__main__":
    main()
