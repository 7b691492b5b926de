"""The demo's folder: data, truth, sheets and config, whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from schelde.cluster.used import GPU_CALLERS
from schelde.config import Caller, QcEngine
from schelde.demo.data import write_data
from schelde.demo.dataset import DATASET_TEXT
from schelde.demo.genome import CHR20, cut_genome, read_chr20
from schelde.demo.people import people_text
from schelde.demo.sheets import PEOPLE, lanes_text
from schelde.errors import Problem, UserError
from schelde.names import closest
from schelde.pipes import md5_of, write_text
from schelde.provenance import code_of

STAMP = "made.json"
"""In data/: what made it. With the same stamp the data are taken as they are."""

KEYS = "keys"
"""In data/: a pair of Crypt4GH keys. It is made once, since a bundle is sealed to one pair."""


@dataclass(frozen=True)
class DemoProject:
    """Paths of a demo in ``directory``, from where it is run."""

    directory: Path

    @property
    def genome(self) -> Path:
        """The reference, plain FASTA."""
        return self.directory / "data/genome.fa"

    @property
    def assembly(self) -> Path:
        """What the contigs are."""
        return self.directory / "data/assembly.yaml"

    @property
    def targets(self) -> Path:
        """Exome-like targets, BED; the trio itself is whole-genome."""
        return self.directory / "data/targets.bed"

    @property
    def panel(self) -> Path:
        """Prefix of the panel of common SNPs, in VerifyBamID2's format."""
        return self.directory / "data/panel"

    @property
    def node_key(self) -> Path:
        """Public key of the made-up node that bundles are sealed to; `node.sec` lies beside it."""
        return self.directory / "data" / KEYS / "node.pub"

    @property
    def pseudonyms(self) -> Path:
        """The key of the pseudonyms."""
        return self.directory / "config/pseudonyms.tsv"

    @property
    def config(self) -> Path:
        """The config of the run."""
        return self.directory / "config/config.yaml"

    @property
    def samples(self) -> tuple[str, ...]:
        """Father, mother, child."""
        return tuple(person.sample for person in PEOPLE)

    def truth(self, sample: str) -> Path:
        """Return a sample's true variants."""
        return self.directory / f"data/truth/{sample}.vcf.gz"

    def confident(self, sample: str) -> Path:
        """Return the BED of where a sample's truth holds."""
        return self.directory / f"data/truth/{sample}.bed"

    def copies(self, sample: str) -> Path:
        """Return the table of a sample's duplicates and of what only looks like them."""
        return self.directory / f"data/truth/{sample}.copies.tsv"


def make_demo(
    into: Path,
    *,
    seed: int = 1,
    scale: float = 1.0,
    caller: str = "gatk",
    qc_engine: str = "riker",
    source: Path = CHR20,
) -> DemoProject:
    """Write data/ and config/ into a folder: the same bytes for the same seed and scale.

    ``scale`` stretches all contigs but the mitochondrion: 1 gives 0.28 Mb and 29,000 pairs a
    sample, 0.1 gives 43 kb and 5,000. ``caller``, ``qc_engine``: as in the config. ``source``:
    chromosome 20 of GRCh37. Data that this very code has made are left as they are, and so is
    every sheet that is right. Keys and pseudonyms, which are drawn at random, are made once and
    kept. UserError if something is missing, or if data/ holds what no demo has made.
    """
    problems = [
        Problem(option, None, f"'{chosen}' is not a {kind}", closest(chosen, known))
        for option, kind, chosen, known in (
            ("caller", "caller", caller, get_args(Caller)),
            ("qc-engine", "engine of quality control", qc_engine, get_args(QcEngine)),
        )
        if chosen not in known
    ]
    if problems:
        raise UserError(problems)
    stamp = {"code": code_of("demo.data"), "seed": seed, "scale": scale}
    data = into / "data"
    if not (data / STAMP).is_file() or json.loads((data / STAMP).read_text()) != stamp:
        _replace_data(data, seed, scale, source, json.dumps(stamp) + "\n")
    project = DemoProject(into)
    for name, text in (
        ("lanes.tsv", lanes_text()),
        ("people.tsv", people_text()),
        ("dataset.yaml", DATASET_TEXT),
        ("config.yaml", config_text(md5_of(project.genome), caller, qc_engine)),
    ):
        path = into / "config" / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
    _make_secrets(project)
    return project


def _make_secrets(project: DemoProject) -> None:
    """Make the keys of the node and the pseudonyms, where there are none."""
    # Slow to load, for everyone who asks this module for paths alone.
    from schelde.package.pseudonyms import extend_key
    from schelde.seal.keys import write_key_pair

    if not project.node_key.exists():
        project.node_key.parent.mkdir(exist_ok=True)
        write_key_pair(project.node_key, project.node_key.with_suffix(".sec"))
    extend_key(project.pseudonyms, {person.sample: person.subject_id for person in PEOPLE})


def config_text(genome_md5: str, caller: str, qc_engine: str) -> str:
    """Return config.yaml: only the keys that differ from the defaults, or that the data ask for."""
    device = "  device: gpu # the caller runs on nothing else\n" if caller in GPU_CALLERS else ""
    return f"""\
# The demo trio; paths are from the demo's folder. `make demo` writes this file anew each time.
# Only what the demo needs: config/config.yaml at the top of the repository shows every key.

reference:
  name: demo
  fasta: data/genome.fa
  md5: {genome_md5}
  assembly: data/assembly.yaml # what is autosome, X, Y, mitochondrion and PAR

align:
  optical_distance: 100 # the demo's optical duplicates lie within 60 pixels

call:
  caller: {caller}
{device}  pieces: 2 # a bigger number would cost more in starting Java than it gains on 0.3 Mb

qc:
  panel: data/panel # common SNPs with their frequencies: contamination, and who is who
  engine: {qc_engine}

report:
  title: Schelde demo, a trio with known truth

bundle:
  dataset: config/dataset.yaml
  recipients: [data/keys/node.pub] # of a made-up node; data/keys/node.sec opens the bundle
  targets: [goe] # Genome of Europe
  minimum_count: 1 # three made-up people have nothing to hide; real data need 10 or more
"""


def _replace_data(data: Path, seed: int, scale: float, source: Path, stamp: str) -> None:
    if data.exists() and not (data / STAMP).is_file():
        what = "holds data that are not the demo's"
        raise UserError([Problem(str(data), None, what, "make the demo in a folder of its own")])
    part, old = data.with_name("data.part"), data.with_name("data.old")
    for left_over in (part, old):
        shutil.rmtree(left_over, ignore_errors=True)
    genome = cut_genome(read_chr20(source), scale)
    part.mkdir(parents=True)
    try:
        write_data(part, genome, seed, scale)
        if (data / KEYS).is_dir():
            shutil.copytree(data / KEYS, part / KEYS)
        (part / STAMP).write_text(stamp)
        if data.exists():
            data.rename(old)
        part.rename(data)
    finally:
        for left_over in (part, old):
            shutil.rmtree(left_over, ignore_errors=True)
