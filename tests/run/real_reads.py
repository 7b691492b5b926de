"""Projects made of the real reads that are kept beside the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

COLUMNS = ["sample", "library", "flowcell", "lane", "fq1", "fq2"]


@dataclass(frozen=True)
class RealSet:
    """One set of reads: its folder, samples' sex, and where its truth holds."""

    folder: str
    sexes: dict[str, str]
    truth: str | None = None
    bed: str | None = None
    targets: str | None = None
    lanes: int | None = None  # no more than these of each sample


SETS = {
    "A": RealSet(
        "A_na12878_wgs50x",
        {"NA12878": "female"},
        "truth/HG001.vcf.gz",
        "truth/HG001.surrogate_100kb.bed",
    ),
    "D": RealSet(
        "D_trio_ceu_10kb",
        {"NA12878": "female", "NA12891": "male", "NA12892": "female"},
        "truth/NA12878_child_phased.vcf.gz",
        "truth/confident.bed",
    ),
    "E": RealSet(
        "E_na12878_wgs9x_16rg", {"NA12878": "female"}, "truth/HG001.vcf.gz", "truth/surrogate.bed"
    ),
    "F": RealSet(
        "F_na12878_wes_nextera",
        {"NA12878": "female"},
        "truth/HG001.vcf.gz",
        "targets.bed",
        targets="targets.bed",
    ),
    "J": RealSet(
        "J_na12878_chrM_1_1000",
        {"NA12878": "female"},
        "truth/NA12878.chrM.gatk_pass.vcf.gz",
        "truth/chrM_1_1000.bed",
        lanes=6,
    ),
    "X": RealSet("X_wes_bad_orientation", {"NA12878": "female"}, targets="targets.bed"),
}


def write_project(
    folder: Path, data: Path, aligner: str, caller: str, names: str = "ADEFJ"
) -> None:
    """Write one project of several sets; sample NA12878 of set A becomes A-NA12878."""
    config = folder / "config"
    config.mkdir(parents=True)
    lanes, people = [COLUMNS], [["sample", "assay", "sex", "father", "mother", "targets"]]
    for name in names:
        chosen = SETS[name]
        for sample, sex in chosen.sexes.items():
            parents = ["D-NA12891", "D-NA12892"] if f"{name}-{sample}" == "D-NA12878" else ["", ""]
            targets = str(data / chosen.folder / chosen.targets) if chosen.targets else ""
            assay = "wes" if targets else "wgs"
            people.append([f"{name}-{sample}", assay, sex, *parents, targets])
        lanes.extend(_lanes(name, data / chosen.folder)[: chosen.lanes])
    for file, rows in (("lanes.tsv", lanes), ("people.tsv", people)):
        (config / file).write_text("".join("\t".join(row) + "\n" for row in rows))
    (config / "assembly.yaml").write_text(
        "name: mini\nautosomes: [chr17, chr20, chr22]\nmitochondrion: chrM\n"
    )
    (config / "config.yaml").write_text(
        f"reference: {{name: mini, fasta: {data}/ref/mini.fa, assembly: config/assembly.yaml}}\n"
        f"align: {{aligner: {aligner}}}\ncall: {{caller: {caller}, pieces: 1}}\n"
    )


def _lanes(name: str, folder: Path) -> list[list[str]]:
    lines = (folder / "samples.tsv").read_text().splitlines()[1:]
    lanes = []
    for line in lines:
        sample, group, lane, fq1, fq2, _ = line.split("\t")
        unit = group.removeprefix(f"{sample}_").rsplit("_", 1)[0].replace(lane, "FC")
        library = unit if unit.startswith("NIST") else "lib1"
        files = [f"{folder}/{fq1}", f"{folder}/{fq2}"]
        lanes.append([f"{name}-{sample}", library, unit, lane, *files])
    for orphans in sorted((folder / "fastq").glob("*_orphans.fastq.gz")):
        sample = orphans.name.split("_")[0]
        lanes.append([f"{name}-{sample}", "lib1", "orphans", "1", str(orphans), ""])
    return lanes
