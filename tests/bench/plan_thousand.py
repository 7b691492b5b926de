"""How long and how much memory a dry run of many two-lane genomes takes.

tests/bench/plan_thousand.py [--samples 1000] [--pieces 4] [--no-bundle]
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from schelde.package.pseudonyms import extend_key
from schelde.seal.keys import write_key_pair

ROOT = Path(__file__).resolve().parents[2]
FASTQ = "@r\nACGT\n+\nIIII\n"
CONTIG = 1_000_000


FACTS = {
    "gender": "unknown",
    "birth": "1980",
    "country": "BE",
    "phenotype": "healthy",
    "anatomical_site": "blood",
    "specimen": "blood",
    "instrument": "Illumina NovaSeq 6000",
    "library_selection": "RANDOM",
    "library_kit": "a kit",
    "consent": "given",
    "consent_date": "2025-01-01",
    "consent_version": "1",
    "consent_by": "self",
    "duo": "DUO:0000042",
    "legal_basis": "Consent",
}
"""What a bundle asks of everyone."""


def write_bundle_inputs(folder: Path, samples: list[str]) -> str:
    """Write what a bundle is made from beside the run; return its block of the config."""
    shutil.copyfile(ROOT / "config/dataset.yaml", folder / "config/dataset.yaml")
    write_key_pair(folder / "node.pub", folder / "node.sec")
    extend_key(folder / "config/pseudonyms.tsv", dict.fromkeys(samples))
    return "bundle: {dataset: config/dataset.yaml, recipients: [node.pub]}\n"


def write_project(folder: Path, samples: int, pieces: int, *, bundle: bool) -> None:
    """Write sheets, config, a reference and the FASTQ of every lane, a read each."""
    for name in ("config", "reads"):
        (folder / name).mkdir()
    lanes = ["sample\tlibrary\tflowcell\tlane\tfq1\tfq2"]
    people = ["\t".join(["sample", "assay", "sex", *FACTS])]
    for number in range(samples):
        sample = f"S{number:06d}"
        sex = "male" if number % 2 else "female"
        people.append("\t".join([sample, "wgs", sex, *FACTS.values()]))
        for lane in (1, 2):
            files = [f"reads/{sample}_{lane}_R{end}.fq" for end in (1, 2)]
            for file in files:
                (folder / file).write_text(FASTQ)
            lanes.append("\t".join([sample, "lib1", "FC1", str(lane), *files]))
    (folder / "config/lanes.tsv").write_text("\n".join(lanes) + "\n")
    (folder / "config/people.tsv").write_text("\n".join(people) + "\n")
    (folder / "config/assembly.yaml").write_text("name: plan\nautosomes: [chr1]\n")
    (folder / "genome.fa").write_text(f">chr1\n{'ACGT' * (CONTIG // 4)}\n")
    ids = [row.split("\t")[0] for row in people[1:]]
    (folder / "config/config.yaml").write_text(
        "reference: {name: plan, fasta: genome.fa, assembly: config/assembly.yaml}\n"
        f"call: {{pieces: {pieces}}}\n" + (write_bundle_inputs(folder, ids) if bundle else "")
    )


def main() -> None:
    """Plan once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--pieces", type=int, default=4)
    parser.add_argument("--no-bundle", action="store_true", help="stop at the report")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, options.samples, options.pieces, bundle=not options.no_bundle)
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--directory", name, "--cores", "2", "--dry-run", "--quiet", "rules", "host"]
        began = time.monotonic()
        planned = subprocess.run(command, capture_output=True, text=True, check=True)
        wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    jobs = re.search(r"^total\s+(\d+)", planned.stdout, re.MULTILINE)
    count = jobs[1] if jobs else "?"
    print(
        f"{options.samples} samples, {count} jobs: {wall:.1f} s wall,"
        f" {used.ru_utime + used.ru_stime:.1f} s CPU, {used.ru_maxrss / 1024:.0f} MB"
    )


if __name__ == "__main__":
    main()
