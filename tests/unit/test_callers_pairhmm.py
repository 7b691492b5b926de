"""What the open engine's job leaves behind when the tool that gives its reads fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pysam
import pytest

from schelde.assembly import Assembly
from schelde.callers import pairhmm
from schelde.callers.piece import PieceFiles, PieceTask
from schelde.callers.tools import Machine
from schelde.pairhmm.engine import Engine
from schelde.pipes import ToolError
from schelde.sheet import Sex

BLOCK = b"1\t1\t.\tA\t<NON_REF>\t.\t.\tEND=60\tGT:DP:GQ:MIN_DP:PL\t0/0:0:0:0:0,0,0\n"


def files_in(folder: Path) -> PieceFiles:
    """Return the files of a genome of 60 bp; there are no reads."""
    genome = folder / "genome.fa"
    genome.write_text(f">1\n{'A' * 60}\n")
    pysam.faidx(str(genome))
    facts = folder / "genome.json"
    contig = {"name": "1", "length": 60, "md5": "0" * 32}
    facts.write_text(json.dumps({"assembly": None, "contigs": [contig]}))
    pieces = folder / "pieces.bed"
    pieces.write_text("1\t0\t60\t1\n")
    return PieceFiles(
        cram=folder / "reads.cram",
        crai=folder / "reads.cram.crai",
        genome=genome,
        fai=Path(f"{genome}.fai"),
        dictionary=folder / "genome.dict",
        facts=facts,
        md5_cache=folder / "md5",
        pieces=pieces,
    )


def test_no_gvcf_is_left_where_samtools_fails_after_its_last_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def records(*_: object) -> Iterator[bytes]:
        yield BLOCK

    monkeypatch.setattr(Engine, "records", records)
    monkeypatch.setattr(pairhmm, "_taken", lambda *_: ["false"])
    task = PieceTask("s", 1, Sex.FEMALE, Assembly(name="small", autosomes=("1",)), 0)
    machine = Machine(1, 1000, tmp_path, tmp_path / "log")
    with pytest.raises(ToolError, match="status 1"):
        pairhmm.call_piece(task, files_in(tmp_path), machine, tmp_path / "out.g.vcf.gz")
    assert not list(tmp_path.glob("out.g.vcf*"))
