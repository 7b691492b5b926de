"""Our GA4GH metrics beside those of the reference commands, sample by sample of a finished run.

tests/bench/metrics_beside.py FOLDER [SAMPLE ...]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print a table for each sample; end with status 1 if a count, yield or ratio differs."""
    sys.path.insert(0, str(ROOT))
    from tests.run.reference_metrics import reference_metrics

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("samples", nargs="*")
    options = parser.parse_args()
    files = sorted((options.folder / "results/qc").glob("*.ga4gh-wgs-qc.json"))
    names = [file.name.removesuffix(".ga4gh-wgs-qc.json") for file in files]
    differing = 0
    for name in options.samples or names:
        told = json.loads((options.folder / f"results/qc/{name}.ga4gh-wgs-qc.json").read_text())
        ours = {
            **told["wgs_qc_metrics"]["aln_metrics"],
            **told["wgs_qc_metrics"]["variant_metrics"],
        }
        with tempfile.TemporaryDirectory() as scratch:
            reference = reference_metrics(options.folder.resolve(), name, Path(scratch))
        print(f"\n{name:<42}{'ours':>14}{'reference':>14}")
        for metric, value in ours.items():
            other = reference.get(metric)
            same = "=" if value == other else "" if metric not in reference else "differs"
            differing += same == "differs"
            print(f"{metric:<42}{value!s:>14}{other if metric in reference else '-'!s:>14}  {same}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
