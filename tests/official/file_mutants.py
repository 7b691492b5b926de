"""Files of a bundle with one change each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pysam
from tests.official.answer import Case

VCFS = (".vcf.gz",)


def _with_file(case: Case, folder: Path, source: Path) -> tuple[Case, Path]:
    """Return a case of one file (and its index), to be written to the path that is returned."""
    plain = folder / "plain"
    plain.mkdir()
    return replace(case, plain=plain), plain / source.name


def changed_byte(case: Case, folder: Path) -> Case:
    """Return a case of one encrypted file whose last byte is another."""
    source = sorted((case.bundle / "encrypted").glob("*.c4gh"))[0]
    shutil.copytree(case.bundle / "provenance", folder / "bundle/provenance")
    (folder / "bundle/encrypted").mkdir()
    content = bytearray(source.read_bytes())
    content[-1] ^= 1
    (folder / "bundle/encrypted" / source.name).write_bytes(content)
    return replace(case, bundle=folder / "bundle")


def cut(case: Case, folder: Path) -> Case:
    """Return a case of one CRAM without its end."""
    source = case.files(".cram")[0]
    mutant, path = _with_file(case, folder, source)
    path.write_bytes(source.read_bytes()[:-30])
    return mutant


def moved_mate(case: Case, folder: Path) -> Case:
    """Return a case of one CRAM in which a read says that its mate lies elsewhere."""
    source = case.files(".cram")[0]
    mutant, path = _with_file(case, folder, source)
    genome = str(case.genome)
    with pysam.AlignmentFile(str(source), reference_filename=genome) as reads:
        records = list(reads)
        next(read for read in records if read.is_proper_pair).next_reference_start += 7
        form = {"reference_filename": genome, "format_options": [b"version=3.0"]}
        with pysam.AlignmentFile(str(path), "wc", header=reads.header, **form) as out:
            for read in records:
                out.write(read)
    return mutant


def other_length(case: Case, folder: Path) -> Case:
    """Return a case of one CRAM header whose contigs are one base longer, without reads."""
    source = case.files(".cram")[0]
    mutant, path = _with_file(case, folder, source)
    with pysam.AlignmentFile(str(source), check_sq=False) as reads:
        text = reads.header.to_dict()
    for contig in text["SQ"]:
        contig["LN"] += 1
    pysam.AlignmentFile(str(path), "wc", header=text, format_options=[b"no_ref=1"]).close()
    return mutant


def _changed_vcf(case: Case, folder: Path, change: Callable[[list[str]], list[str]]) -> Case:
    source = next(path for path in case.files(*VCFS) if not path.name.endswith(".g.vcf.gz"))
    mutant, path = _with_file(case, folder, source)
    with pysam.BGZFile(str(source)) as file:
        lines = [line.decode() for line in file]
    plain = path.with_suffix("")
    plain.write_text("".join(f"{line}\n" for line in change(lines)))
    pysam.tabix_compress(str(plain), str(path))
    plain.unlink()
    pysam.tabix_index(str(path), preset="vcf")
    return replace(mutant, bundle=folder)


def other_reference(case: Case, folder: Path) -> Case:
    """Return a case of one VCF whose first SNV has another reference base."""

    def change(lines: list[str]) -> list[str]:
        for number, line in enumerate(lines):
            fields = line.split("\t")
            if not line.startswith("#") and len(fields[3]) == len(fields[4]) == 1:
                fields[3] = next(base for base in "ACGT" if base not in (fields[3], fields[4]))
                return [*lines[:number], "\t".join(fields), *lines[number + 1 :]]
        raise AssertionError("there is no SNV")

    return _changed_vcf(case, folder, change)


def undeclared(case: Case, folder: Path) -> Case:
    """Return a case of one VCF whose depths are not declared."""
    return _changed_vcf(
        case,
        folder,
        lambda lines: [line for line in lines if not line.startswith("##FORMAT=<ID=DP,")],
    )
