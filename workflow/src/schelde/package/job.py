"""Package one sample: its files under a pseudonym, in a folder that is whole or not there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.bundle.record import SUFFIXES, Role
from schelde.joblog import JobError
from schelde.package.header import Clean, clean_header, contigs_of
from schelde.package.leaks import Leak, Secret, find_leaks, refuse
from schelde.package.packaged import FAILED, PACKAGE, LeftOut, Packaged, PlainFile, to_json
from schelde.package.quality import clean_ga4gh, clean_metrics, clean_verdict, failed
from schelde.package.reads import Tools, first_records, header_lines, write_fastqs, write_reads
from schelde.package.targets import write_targets
from schelde.package.variants import write_variants
from schelde.parts import part_folder

CRAM_3_0 = b"CRAM\x03\x00"
FILE_DEFINITION = 26
"""Bytes of a CRAM before its containers: magic, version, 20 bytes of a name."""


class PackageError(JobError):
    """A file that came out other than it must be."""


@dataclass(frozen=True)
class Files:
    """The files of one sample that a run left, and of its genome.

    ``proofs``: of each lane by the id of its read group, JSON with ``pairs``. ``facts``: genome
    JSON. ``md5_cache``: the genome's sequences by MD5. ``targets``: BED of an exome, prepared.
    """

    cram: Path
    vcf: Path
    gvcf: Path
    ga4gh: Path
    metrics: Path
    verdict: Path
    proofs: Mapping[str, Path]
    facts: Path
    md5_cache: Path
    targets: Path | None = None


@dataclass(frozen=True)
class Names:
    """Who a sample is at home, and who it is in bundles; ``key`` hashes the names of its reads."""

    sample_id: str
    sample: str
    subject: str
    key: bytes


@dataclass(frozen=True)
class Options:
    """How to package. ``assembly``: name of the reference when it is a public one.

    ``shipped``: names of profiles that Schelde ships. ``fastq``: reads as FASTQ as well.
    """

    assembly: str | None
    shipped: Collection[str]
    fastq: bool = False


def package_sample(
    files: Files,
    names: Names,
    options: Options,
    secrets: Sequence[Secret],
    *,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    output: Path,
) -> None:
    """Write the folder ``output``: files of one sample that may travel, and package.json.

    A sample that failed quality control gets package.json alone, which says so. ``secrets`` are
    looked for in all headers and in the first records of what was written. The folder appears
    whole or not at all. Raises `JobError` for what must not travel, or came out wrong;
    `schelde.pipes.ToolError` when a tool fails.
    """
    with part_folder(output) as parts, part_folder(scratch / names.sample) as spill:
        folder = parts / names.sample
        folder.mkdir()
        tools = Tools(files.md5_cache, threads, spill, log)
        if failed(files.verdict):
            text = to_json(LeftOut(left_out=FAILED))
        else:
            text = to_json(_package(files, names, options, secrets, tools, folder))
        (folder / PACKAGE).write_text(text, encoding="utf-8")
        if output.is_dir():
            shutil.rmtree(output)
        folder.rename(output)


def _package(
    files: Files,
    names: Names,
    options: Options,
    secrets: Sequence[Secret],
    tools: Tools,
    folder: Path,
) -> Packaged:
    facts = json.loads(files.facts.read_text(encoding="utf-8"))
    contigs = contigs_of(facts)
    paired = {own: _has_pairs(proof) for own, proof in files.proofs.items()}
    header = clean_header(
        header_lines(files.cram, tools),
        sample=names.sample_id,
        pseudonym=names.sample,
        contigs=contigs,
        assembly=options.assembly,
        paired=paired,
    )
    counts: dict[Role, int] = {}
    cram = folder / f"{names.sample}{SUFFIXES[Role.READS]}"
    counts[Role.READS] = write_reads(files.cram, header, names.key, tools, cram)
    seen = [(cram.name, _seen_of(cram, tools))]
    callers = {}
    for role, source in ((Role.VARIANTS, files.vcf), (Role.GVCF, files.gvcf)):
        target = folder / f"{names.sample}{SUFFIXES[role]}"
        counts[role], callers[role], first = write_variants(
            source,
            tools,
            target,
            sample=names.sample_id,
            pseudonym=names.sample,
            contigs=contigs,
            assembly=options.assembly,
        )
        seen.append((target.name, first))
    if options.fastq:
        counts |= _fastqs(cram, header, names.sample, tools)
    if files.targets:
        bed = folder / f"{names.sample}{SUFFIXES[Role.TARGETS]}"
        counts[Role.TARGETS] = write_targets(files.targets, bed)
    package = Packaged(
        sample=names.sample,
        subject=names.subject,
        read_groups=header.read_groups,
        programs=header.programs,
        caller=callers[Role.VARIANTS],
        files=_files(folder, names.sample, counts),
        ga4gh=clean_ga4gh(files.ga4gh, names.sample_id, names.sample),
        metrics=clean_metrics(files.metrics, files.verdict),
        verdict=clean_verdict(files.verdict, names.sample, options.shipped),
    )
    refuse(_leaks(seen, to_json(package), secrets))
    return package


def _has_pairs(proof: Path) -> bool:
    return bool(json.loads(proof.read_text(encoding="utf-8"))["pairs"])


def _seen_of(cram: Path, tools: Tools) -> bytes:
    """Return what a CRAM says in words: its definition, its header, its first records."""
    with cram.open("rb") as handle:
        start = handle.read(FILE_DEFINITION)
    if not start.startswith(CRAM_3_0):
        raise PackageError(f"{cram.name} is not CRAM 3.0")
    header = "\n".join(header_lines(cram, tools)).encode()
    return b"\n".join([start.replace(b"\0", b"\n"), header, first_records(cram, tools)])


def _fastqs(cram: Path, header: Clean, pseudonym: str, tools: Tools) -> dict[Role, int]:
    roles = (Role.FASTQ_1, Role.FASTQ_2)
    first, second = (cram.with_name(f"{pseudonym}{SUFFIXES[role]}") for role in roles)
    paired = any(group.paired for group in header.read_groups)
    counts = write_fastqs(cram, (first, second), tools, paired=paired)
    return dict(zip(roles, counts, strict=False))


def _files(folder: Path, pseudonym: str, counts: Mapping[Role, int]) -> tuple[PlainFile, ...]:
    """Return what is in the folder, in the order of roles; `PackageError` for a file too many."""
    roles = {f"{pseudonym}{suffix}": role for role, suffix in SUFFIXES.items()}
    there = {path.name: path.stat().st_size for path in folder.iterdir()}
    if extra := there.keys() - roles.keys():
        raise PackageError(f"files that nothing asked for: {sorted(extra)}")
    return tuple(
        PlainFile(name=name, role=role, size=there[name], records=counts.get(role))
        for name, role in roles.items()
        if name in there
    )


def _leaks(
    seen: Iterable[tuple[str, bytes]], package: str, secrets: Sequence[Secret]
) -> Iterable[Leak]:
    """Yield what is private in words of the files; of short secrets see `find_leaks`."""
    in_records = [secret for secret in secrets if secret.in_records]
    yield from find_leaks([(PACKAGE, package.encode())], in_records)
    for name, text in seen:
        yield from find_leaks([(name, text)], in_records)
        header = b"\n".join(line for line in text.split(b"\n") if line[:1] in b"@#")
        yield from find_leaks([(name, header)], secrets)
