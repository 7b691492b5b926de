"""The GA4GH WGS-QC metrics as the commands of the reference implementation give them.

Commands of c-BIG/NPM-sample-qc v0.13.5, run with the tools that are here; what they print is taken
as it is. Contamination is left out: VerifyBamID2 cannot be had everywhere.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

Number = int | float
SHORT_RUN = {"GATK_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
NO_CALL = " | ".join(f'GT="{gt}"' for gt in ("./.", ".|.", ".", "0/0", "0|0", "0"))


def reference_metrics(folder: Path, sample: str, scratch: Path) -> dict[str, Number | None]:
    """Return the metrics of a sample of a finished run by id; None for a ratio to nothing."""
    reads = _read_metrics(folder, sample) | _picard_metrics(folder, sample, scratch)
    return reads | _variant_metrics(folder, sample, scratch)


def _run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


def _read_metrics(folder: Path, sample: str) -> dict[str, Number | None]:
    cache = str(folder / "results/reference/md5/%2s/%2s/%s")
    text = _run(["samtools", "stats", f"results/align/{sample}.cram"], folder, {"REF_PATH": cache})
    lines = [line.split("\t") for line in text.splitlines() if line.startswith("SN\t")]
    told = {cells[1].rstrip(":"): float(cells[2]) for cells in lines}
    return {
        "pct_reads_mapped": round(100 * told["reads mapped"] / told["sequences"], 2),
        "pct_reads_properly_paired": round(
            100 * told["reads properly paired"] / told["sequences"], 2
        ),
        "mean_insert_size": round(told["insert size average"], 1),
        "insert_size_std_deviation": round(told["insert size standard deviation"], 1),
    }


def _picard_metrics(folder: Path, sample: str, scratch: Path) -> dict[str, Number | None]:
    intervals = scratch / "autosomes.interval_list"
    bed = folder / "results/reference/autosomes.bed"
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    gaps = folder / "results/reference/gaps.bed"
    assert not [row for row in rows if f"{row[0]}\t{row[1]}\t" in gaps.read_text()]
    header = (folder / "results/reference/genome.dict").read_text()
    intervals.write_text(
        header + "".join(f"{row[0]}\t{int(row[1]) + 1}\t{row[2]}\t+\t.\n" for row in rows)
    )
    common = ["-I", f"results/align/{sample}.cram", "-R", "results/reference/genome.fa"]
    common += ["--VALIDATION_STRINGENCY", "LENIENT", "--QUIET", "true"]
    yields, coverage = scratch / "yield.txt", scratch / "wgs.txt"
    _run(["gatk", "CollectQualityYieldMetrics", *common, "-O", str(yields)], folder, SHORT_RUN)
    options = ["--INTERVALS", str(intervals), "-O", str(coverage)]
    _run(["gatk", "CollectWgsMetrics", *common, *options], folder, SHORT_RUN)
    depth = _picard_row(coverage)
    return {
        "yield_bp_q30": int(_picard_row(yields)["PF_Q30_BASES"]),
        "mean_autosome_coverage": round(float(depth["MEAN_COVERAGE"]), 2),
        "mad_autosome_coverage": int(float(depth["MAD_COVERAGE"])),
        "pct_autosomes_15x": round(100 * float(depth["PCT_15X"]), 2),
    }


def _picard_row(path: Path) -> dict[str, str]:
    lines = path.read_text().split("## METRICS CLASS")[1].splitlines()
    return dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))


def _variant_metrics(folder: Path, sample: str, scratch: Path) -> dict[str, Number | None]:
    called = str(scratch / "called.vcf.gz")
    vcf = f"results/call/{sample}.vcf.gz"
    _run(["bcftools", "view", "-e", NO_CALL, "-Oz", "-o", called, vcf], folder)
    _run(["bcftools", "index", "--tbi", "--force", called], folder)
    bed = "results/reference/autosomes.bed"

    def count(*options: str) -> int:
        command = ["bcftools", "view", "-H", "-f", "PASS", "-R", bed, *options, called]
        return len(_run(command, folder).splitlines())

    inserted = count("-v", "indels", "-i", "ILEN>0")
    deleted = count("-v", "indels", "-i", "ILEN<0")
    stats = _run(["bcftools", "stats", "-f", "PASS", "-R", bed, called], folder)
    changes = next(line.split("\t") for line in stats.splitlines() if line.startswith("TSTV"))
    return {
        "count_snvs": count("-v", "snps"),
        "count_insertions": inserted,
        "count_deletions": deleted,
        "ratio_heterozygous_homzygous_snv": _ratio(
            count("-v", "snps", "-g", "het"), count("-v", "snps", "-g", "hom")
        ),
        "ratio_heterozygous_homzygous_indel": _ratio(
            count("-v", "indels", "-g", "het"), count("-v", "indels", "-g", "hom")
        ),
        "ratio_insertion_deletion": _ratio(inserted, deleted),
        "ratio_transitions_transversions_snv": (
            round(float(changes[4]), 2) if int(changes[3]) else None
        ),
    }


def _ratio(part: int, of: int) -> float | None:
    return round(part / of, 2) if of else None
