"""Take the reads of one read group out of a BAM or CRAM, as they left the sequencer."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import pysam

from schelde.joblog import JobError
from schelde.parts import part_folder
from schelde.pipes import ToolError, pipe, write_text

NOT_PRIMARY = "0x900"
"""Secondary and supplementary: further alignments of reads that are there already."""

TAKEN = re.compile(r"processed (\d+) reads")
"""What samtools fastq tells of the records that it was given."""

REMOTE = re.compile(r"(URL=)?\w+://[^:]*(:\d+)?[^:]*")
"""An entry of REF_PATH that asks the network; its own colons part no entries."""


@dataclass(frozen=True)
class Extracted:
    """Files of one lane: FASTQ in BGZF and a count; all are written, empty if need be.

    ``fq1`` and ``fq2``: pairs, in step. ``orphans``: reads of pairs whose mate is not there.
    ``unpaired``: reads that are neither read 1 nor read 2. ``count``: JSON, number of ``reads``.
    """

    fq1: Path
    fq2: Path
    orphans: Path
    unpaired: Path
    count: Path


def extract_lane(
    source: str,
    read_group: str | None,
    md5_cache: Path,
    *,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    output: Extracted,
) -> None:
    """Write the reads of one read group (its @RG ID) of a BAM or CRAM to FASTQ.

    Without a read group all reads are taken. Each primary record gives one read, in the
    orientation of the sequencer and with its original qualities (tag OQ) where they are kept. The
    name stays; FASTQ has no place for the other tags and for the flags of duplicates and of reads
    that failed the filter, so such reads are taken like others. CRAM finds its reference in
    ``md5_cache`` and in the local folders of REF_PATH, never on the network.

    Raises `ToolError` when a tool fails, as it does on a broken file or without the reference, and
    `JobError` when reads belong to none of several read groups.
    """
    environment = {"REF_PATH": reference_path(md5_cache, os.environ.get("REF_PATH", ""))}
    with part_folder(output.count) as folder, tempfile.TemporaryDirectory(dir=scratch) as spill:
        words = folder / "samtools.log"
        fastqs = [folder / f"{name}.fq.gz" for name in ("1", "2", "orphans", "unpaired")]
        try:
            with words.open("wb") as handle:
                pipe([["samtools", "quickcheck", "-u", "-v", source]], log=handle)
                _refuse_ungrouped(source, read_group, handle, environment)
                commands = _commands(source, read_group, fastqs, f"{spill}/collate", str(threads))
                pipe(commands, log=handle, env=environment)
        except ToolError as error:
            raise ToolError(f"{error}{_other_reference(source, md5_cache)}") from error
        finally:
            log.write(words.read_bytes())
        taken = TAKEN.search(words.read_text())
        if taken is None:
            raise ToolError("samtools fastq does not tell how many reads it was given")
        finals = (output.fq1, output.fq2, output.orphans, output.unpaired)
        for fastq, final in zip(fastqs, finals, strict=True):
            fastq.replace(final)
        write_text(output.count, json.dumps({"reads": int(taken[1])}) + "\n")


def _commands(
    source: str, read_group: str | None, fastqs: list[Path], spill: str, threads: str
) -> list[list[str]]:
    group = ["-r", read_group] if read_group is not None else []
    ends = zip(("-1", "-2", "-s", "-0"), map(str, fastqs), strict=True)
    return [
        ["samtools", "view", "-u", "-@", threads, "-F", NOT_PRIMARY, *group, source],
        ["samtools", "collate", "-u", "-O", "-@", threads, "-", spill],
        ["samtools", "fastq", "-n", "-O", "-@", threads, *chain.from_iterable(ends), "-"],
    ]


def _refuse_ungrouped(
    source: str, read_group: str | None, log: IO[bytes], environment: dict[str, str]
) -> None:
    """Refuse a file with reads that no row of the sheet can take.

    It is read once more for that, by the lane of its first read group only.
    """
    with pysam.AlignmentFile(source, check_sq=False) as handle:
        groups = [group["ID"] for group in handle.header.to_dict().get("RG", [])]
    if read_group is None or groups[:1] != [read_group]:
        return
    command = ["samtools", "view", "-c", "-F", NOT_PRIMARY, "-e", "![RG]", source]
    with tempfile.TemporaryFile() as counted:
        pipe([command], stdout=counted, log=log, env=environment)
        counted.seek(0)
        count = int(counted.read())
    if count:
        raise JobError(
            f"{source}: {count} reads belong to no read group and would be left behind; "
            "give them one with samtools addreplacerg -m orphan_only"
        )


def reference_path(md5_cache: Path, user: str) -> str:
    """Return a REF_PATH of the run's own sequences, then of the local entries of the user's.

    >>> reference_path(Path("md5"), "/data/%2s/%s:http://host:80/%s:/more/%s")
    'md5/%2s/%2s/%s:/data/%2s/%s:/more/%s'
    """
    local = [entry for entry in REMOTE.sub("", user).split(":") if entry]
    return ":".join([f"{md5_cache}/%2s/%2s/%s", *local])


def _other_reference(source: str, md5_cache: Path) -> str:
    """Return the end of a message: that a CRAM was made on another reference, or nothing."""
    try:
        with pysam.AlignmentFile(source, check_sq=False) as handle:
            contigs = handle.header.to_dict().get("SQ", []) if handle.is_cram else []
    except (OSError, ValueError):
        return ""
    digests = {contig["SN"]: contig.get("M5", "") for contig in contigs}
    others = [n for n, m in digests.items() if not (md5_cache / m[:2] / m[2:4] / m[4:]).is_file()]
    if not others:
        return ""
    return (
        f"; {source} names {len(others)} contigs, such as {others[0]}, that are not in this run's "
        "reference: set REF_PATH to a local md5 cache of the reference that it was made on, or "
        "make it a BAM first"
    )
