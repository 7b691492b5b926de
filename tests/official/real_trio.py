"""A project of real reads whose bundle has something for every intake.

NA12878 and her parents (../shared/data, sets A and D) on 12 kb of chromosome 20. Their reference
is chromosome 20 of GRCh37, of its whole length and with its own coordinates, but N outside these
12 kb. So the build is GRCh37 in truth and in every number that a collection looks at, coverage is
that of a whole genome (gaps do not count), and only the MD5 of the contig is of no public genome.
The child's reads are those of set A, which are deep and good enough for a genomDE data centre.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import yaml
from tests.conftest import ROOT

from schelde.declared import Declared
from schelde.demo.dataset import DATASET_TEXT
from schelde.demo.family import FATHER as DEMO_FATHER
from schelde.demo.genome import CHR20, read_chr20
from schelde.demo.people import DECLARED
from schelde.demo.sheets import table_text
from schelde.package.pseudonyms import extend_key
from schelde.seal.keys import write_key_pair

WINDOW = (9_998_100, 10_010_300)
"""Of chromosome 20, 0-based half-open: where the parents have reads, the farthest ones too.

None reaches into N, where aligners put bases of their own, and Picard finds NM to be wrong.
"""

MARGIN = 150
"""Bases at both ends of the window without pairs of the child, for the same reason."""

WORD = 31
"""Bases by which a read is known to be of the window."""

CHILD, FATHER, MOTHER = "NA12878", "NA12891", "NA12892"
DEEP, FAMILY = "A_na12878_wgs50x", "D_trio_ceu_10kb"
LANES = ("sample", "library", "flowcell", "lane", "fq1", "fq2")
SEXES = {CHILD: "female", FATHER: "male", MOTHER: "female"}
ALIAS = "real-trio"
TITLE = "A family of three whose genomes are public"

CONFIG = """\
reference: {name: b37-20-masked, fasta: data/genome.fa, assembly: GRCh37}
align: {aligner: minibwa}
call: {caller: gatk, pieces: 1}
qc: {regions: data/regions.bed}
bundle:
  dataset: config/dataset.yaml
  recipients: [data/keys/node.pub]
  targets: [goe, ghga, grz]
  ghga: config/ghga.yaml
  grz: config/grz.yaml
  minimum_count: 1
"""


def write_real_trio(folder: Path, data: Path) -> None:
    """Write the project into a folder; ``data`` is ../shared/data."""
    config, own = folder / "config", folder / "data"
    for place in (config, own / "reads", own / "keys"):
        place.mkdir(parents=True)
    _write_genome(own)
    lanes = [*_deep_lanes(data / DEEP, own), *_family_lanes(data / FAMILY)]
    (config / "lanes.tsv").write_text(table_text(LANES, lanes))
    (config / "people.tsv").write_text(_people())
    (config / "dataset.yaml").write_text(_dataset())
    (config / "ghga.yaml").write_text((ROOT / "config/ghga.example.yaml").read_text())
    (config / "grz.yaml").write_text(grz_text({"C": CHILD, "M": MOTHER, "F": FATHER}))
    (config / "config.yaml").write_text(CONFIG)
    write_key_pair(own / "keys/node.pub", own / "keys/node.sec")
    extend_key(config / "pseudonyms.tsv", {sample: f"person-{sample}" for sample in SEXES})


def grz_text(samples: dict[str, str]) -> str:
    """Return the example of what a GRZ asks for, about these samples in place of DEMO-*."""
    content = yaml.safe_load((ROOT / "config/grz.example.yaml").read_text())
    (case,) = content["cases"]
    case["donors"] = {samples[name[-1]]: donor for name, donor in case["donors"].items()}
    return str(yaml.safe_dump(content, sort_keys=False))


def _write_genome(own: Path) -> None:
    start, end = WINDOW
    bases = read_chr20(CHR20)
    masked = "N" * start + bases[start:end] + "N" * (len(bases) - end)
    (own / "genome.fa").write_text(f">20\n{masked}\n")
    # At its ends reads are cut short: no region to be judged by.
    (own / "regions.bed").write_text(f"20\t{start + 500}\t{end - 500}\n")


def _deep_lanes(source: Path, own: Path) -> Iterator[tuple[str, ...]]:
    """Write the pairs of set A that lie in the window, and yield their lanes."""
    bases = (own / "genome.fa").read_text().split("\n")[1].strip("N")
    words = _words(bases[MARGIN:-MARGIN])
    for first in sorted((source / "fastq").glob("*_R1.fastq.gz")):
        lane = first.name.split("_")[2][-1]
        second = first.with_name(first.name.replace("_R1.", "_R2."))
        kept = [own / f"reads/{path.name.replace('.gz', '')}" for path in (first, second)]
        with kept[0].open("w") as left, kept[1].open("w") as right:
            for one, other in zip(_reads(first), _reads(second), strict=True):
                if _is_inside(one, words) and _is_inside(other, words):
                    left.writelines(one)
                    right.writelines(other)
        files = [f"data/reads/{path.name}" for path in kept]
        yield CHILD, "lib1", "C0D8DACXX", lane, *files


def _family_lanes(source: Path) -> Iterator[tuple[str, ...]]:
    for sample in (FATHER, MOTHER):
        files = [str(source / f"fastq/{sample}_L001_R{end}.fastq.gz") for end in (1, 2)]
        yield sample, "lib1", "FC1", "1", *files


def _reads(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt") as lines:
        while read := list(islice(lines, 4)):
            yield read


def _words(bases: str) -> set[str]:
    turned = bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    return {text[n : n + WORD] for text in (bases, turned) for n in range(len(text) - WORD + 1)}


def _is_inside(read: list[str], words: set[str]) -> bool:
    """Tell whether one of three words of a read stands in the window, on either strand."""
    return any(read[1][start : start + WORD] in words for start in (0, 35, 70))


def _people() -> str:
    """Return people.tsv: what the demo declares of its father, for all three."""
    told = {
        name: value
        for name, value in asdict(DECLARED[DEMO_FATHER]).items()
        if value != getattr(Declared(), name)
    } | {"anatomical_site": "blood", "specimen": "blood", "library_selection": "RANDOM"}
    columns = ("sample", "subject_id", "assay", "sex", "father", "mother", *told)
    rows = []
    for sample, sex in SEXES.items():
        parents = (FATHER, MOTHER) if sample == CHILD else ("", "")
        facts = told | {"gender": sex}
        rows.append((sample, f"person-{sample}", "wgs", sex, *parents, *facts.values()))
    return table_text(columns, rows)


def _dataset() -> str:
    """Return the demo's dataset.yaml, with what these three are called."""
    content = yaml.safe_load(DATASET_TEXT) | {"alias": ALIAS, "title": TITLE}
    content["description"] = (
        "Reads of three people whose genomes are public, on 12 kb of chromosome 20. What is said "
        "about them beside their sex is made up."
    )
    content["study"] |= {"title": TITLE, "description": "A family of three, to try bundles with."}
    del content["synthetic"]
    return str(yaml.safe_dump(content, sort_keys=False))
