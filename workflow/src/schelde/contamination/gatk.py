"""Contamination as GATK estimates it: GetPileupSummaries, then CalculateContamination.

GATK looks at the reference bases at the sample's homozygous alternate sites. It keeps its own
defaults, which are for panels of rarer SNPs: ALT frequencies of 0.01 to 0.2.
"""

from __future__ import annotations

import math
from pathlib import Path

from schelde.callers.gatk import BESIDE_HEAP_MB, SHORT_JAVA
from schelde.callers.tools import Job
from schelde.contamination.result import Contamination, CramTask
from schelde.joblog import JobError
from schelde.panel import write_vcf

IN_95_PERCENT = 1.96
"""Standard errors on each side of a normal estimate."""


class TableError(JobError):
    """A table that is not what GATK writes."""


def estimate(task: CramTask, job: Job) -> Contamination | None:
    """Run GATK on a CRAM; see `Contamination`. None where GATK's answer is no number.

    The interval is 1.96 of GATK's standard errors to each side, inside 0 and 1; ``sites`` and
    ``bases`` (ref and alt) are those of the pileup summaries with bases. Raises `TableError` if a
    table of GATK cannot be read.
    """
    sites, summaries, table = (
        job.folder / name for name in ("panel.vcf.gz", "pileups.table", "contamination.table")
    )
    autosomes = {name: size for name, size in task.lengths.items() if name in task.autosomes}
    write_vcf(task.panel, sites, autosomes)
    command = [*_gatk(job, "GetPileupSummaries"), "--input", str(task.cram)]
    command += ["--reference", str(task.genome), "--variant", str(sites)]
    job.run([*command, "--intervals", str(sites), "--output", str(summaries)])
    command = [*_gatk(job, "CalculateContamination"), "--input", str(summaries)]
    job.run([*command, "--output", str(table)])
    return read_tables(summaries, table)


def _gatk(job: Job, tool: str) -> list[str]:
    heap = max(job.machine.memory_mb - BESIDE_HEAP_MB, BESIDE_HEAP_MB)
    # As short runs of the callers: serial collection and the first compiler alone.
    java = f"-XX:+UseSerialGC -Xmx{heap}m {SHORT_JAVA}"
    return ["gatk", "--java-options", java, tool, "--tmp-dir", str(job.folder)]


def read_tables(summaries: Path, table: Path) -> Contamination | None:
    """Read the tables of GetPileupSummaries and of CalculateContamination.

    Returns None where the contamination or its error is NaN, as without a homozygous site.
    """
    rows = _rows(table, ("contamination", "error"))
    if len(rows) != 1:
        raise TableError(f"{table.name} has {len(rows)} rows and not one")
    fraction, error = rows[0]
    if not (math.isfinite(fraction) and math.isfinite(error)):
        return None
    depths = [ref + alt for ref, alt in _rows(summaries, ("ref_count", "alt_count"))]
    return Contamination(
        engine="gatk",
        estimate=fraction,
        low=max(fraction - IN_95_PERCENT * error, 0.0),
        high=min(fraction + IN_95_PERCENT * error, 1.0),
        sites=sum(depth > 0 for depth in depths),
        bases=int(sum(depths)),
        components=[],
    )


def _rows(path: Path, columns: tuple[str, str]) -> list[tuple[float, float]]:
    """Return two columns of a table of GATK, whose first lines may be comments."""
    if not path.is_file():
        raise TableError(f"GATK ended well and left no {path.name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if not line.startswith("#")]
    if not cells or not {*columns} <= {*cells[0]}:
        raise TableError(f"{path.name} does not have the columns {' and '.join(columns)}")
    first, second = (cells[0].index(column) for column in columns)
    try:
        return [(float(row[first]), float(row[second])) for row in cells[1:]]
    except (ValueError, IndexError) as error:
        raise TableError(f"{path.name} has a row without numbers: {error}") from error
