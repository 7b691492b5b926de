"""SAM header of a sample: reference sequences, read groups and programs, and nothing private."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schelde.sheet import Lane


@dataclass(frozen=True)
class Program:
    """One @PG line. ``command`` names what changes records: no files, no threads, no hosts."""

    id: str
    name: str
    version: str
    command: str


def read_group_id(lane: Lane) -> str:
    """Return the read group's ID, unique among all samples of a run.

    >>> read_group_id(Lane("NA12878", "lib1", "HXX", "1"))
    'NA12878.lib1.HXX.1'
    """
    return f"{lane.sample}.{lane.name}"


def read_group(lane: Lane) -> str:
    r"""Return the @RG line of one lane, its tags in the order of the SAM specification's table.

    PU is ``flowcell.lane`` and, when known, ``.barcode``, as GATK's documentation has it.

    >>> read_group(Lane("NA12878", "lib1", "HXX", "1", barcode="ACGT"))
    '@RG\tID:NA12878.lib1.HXX.1\tLB:lib1\tPL:ILLUMINA\tPU:HXX.1.ACGT\tSM:NA12878'
    """
    unit = ".".join(part for part in (lane.flowcell, lane.lane, lane.barcode) if part)
    tags = [
        ("ID", read_group_id(lane)),
        ("CN", lane.center),
        ("DT", lane.date),
        ("LB", lane.library),
        ("PL", lane.platform),
        ("PU", unit),
        ("SM", lane.sample),
    ]
    return "\t".join(["@RG", *(f"{tag}:{value}" for tag, value in tags if value is not None)])


def sam_header(sequences: Iterable[str], lanes: Sequence[Lane], programs: Sequence[Program]) -> str:
    """Return a whole SAM header for coordinate-sorted records.

    ``sequences`` are complete @SQ lines. Programs are chained by PP in the order given.
    """
    lines = ["@HD\tVN:1.6\tSO:coordinate", *sequences, *map(read_group, lanes)]
    previous = None
    for program in programs:
        chain = f"\tPP:{previous}" if previous else ""
        lines.append(
            f"@PG\tID:{program.id}\tPN:{program.name}{chain}"
            f"\tVN:{program.version}\tCL:{program.command}"
        )
        previous = program.id
    return "\n".join(lines) + "\n"
