"""Everything in the demo's data/."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from schelde.demo.family import Member, make_trio
from schelde.demo.genome import Genome, assembly_text, fasta_text
from schelde.demo.panel import draw_panel
from schelde.demo.reads import write_reads
from schelde.demo.sheets import LANES
from schelde.demo.truth import targets_text, write_truth
from schelde.demo.variants import Site, draw_sites
from schelde.panel import write_files


def write_data(directory: Path, genome: Genome, seed: int, scale: float) -> None:
    """Write genome, assembly, targets, panel, truth/ and reads/ of the trio into a folder.

    ``scale`` is that of the genome. UserError if art_illumina is missing.
    """
    (directory / "genome.fa").write_text(fasta_text(genome))
    (directory / "assembly.yaml").write_text(assembly_text(genome))
    (directory / "targets.bed").write_text(targets_text(genome, seed))
    sites = draw_sites(genome, seed)
    write_files(draw_panel(genome, sites, seed), directory / "panel")
    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(_write_member, directory, genome, sites, member, seed, scale)
            for member in make_trio(genome, sites, seed)
        ]
        for one in done:
            one.result()


def _write_member(
    directory: Path,
    genome: Genome,
    sites: tuple[Site, ...],
    member: Member,
    seed: int,
    scale: float,
) -> None:
    truth, reads = directory / "truth", directory / "reads"
    write_truth(truth, genome, sites, member)
    lanes = [lane for lane in LANES if lane.sample == member.sample]
    copies = write_reads(reads, genome, sites, member, lanes, seed=seed, scale=scale)
    (truth / f"{member.sample}.copies.tsv").write_text(copies)
