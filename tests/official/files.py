"""Programs that read the files of a bundle: Crypt4GH, samtools, Picard, GATK, bcftools, others."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from multiprocessing.pool import ThreadPool
from pathlib import Path

from tests.official.answer import (
    AbsentError,
    Answer,
    Authority,
    Case,
    counted,
    program_of,
    told,
)
from tests.official.file_mutants import (
    VCFS,
    changed_byte,
    cut,
    moved_mate,
    other_length,
    other_reference,
    undeclared,
)

AT_ONCE = 2

# Its __init__ fetches tables for VCF from GitHub on first use; CRAM headers need none of them.
REFGENDETECTOR_SCRIPT = """
import importlib.util, json, sys, types
spec = importlib.util.find_spec("refgenDetector")
package = types.ModuleType("refgenDetector")
package.__path__ = list(spec.submodule_search_locations)
sys.modules["refgenDetector"] = package
from refgenDetector import aligment_files as detector
found = {}
for path in sys.argv[1:]:
    with detector.console.capture() as said:
        detector.process_data_bamcram(path, False, False)
    found[path] = said.get()
print(json.dumps(found))
"""


def _each(
    judge: Callable[[Path], Iterable[str]], paths: Iterable[Path], counts: str = ""
) -> Answer:
    """Judge files, two at a time."""
    paths = list(paths)
    with ThreadPool(AT_ONCE) as pool:
        faults = pool.map(lambda path: list(judge(path)), paths)
    return counted(zip((path.name for path in paths), faults, strict=True), counts)


def _last(text: str, lines: int = 3) -> str:
    return " / ".join(text.strip().splitlines()[-lines:])


def ask_crypt4gh(case: Case) -> Answer:
    """Have the library's program decrypt every file, and compare the SHA-256 of what comes out."""
    if case.secret is None:
        raise AbsentError("no key that opens the bundle")
    expected = {f"{file.name}.c4gh": file.plain.sha256 for _, file in case.record.files}

    def judge(path: Path) -> list[str]:
        with path.open("rb") as sealed:
            done = subprocess.run(
                ["crypt4gh", "decrypt", "--sk", str(case.secret)],
                stdin=sealed,
                capture_output=True,
                check=False,
            )
        if done.returncode:
            return [_last(done.stderr.decode())]
        same = hashlib.sha256(done.stdout).hexdigest() == expected[path.name]
        return [] if same else ["SHA-256 differs"]

    return _each(judge, sorted((case.bundle / "encrypted").glob("*.c4gh")))


def ask_samtools(case: Case) -> Answer:
    """Ask quickcheck, and for what EGA's ingestion wants of headers: order, and an M5 of each @SQ.

    Source: EGA-archive/ingestionQC 1514307f, integrity_checker.sh.
    """

    def judge(path: Path) -> list[str]:
        done = told(["samtools", "quickcheck", "-v", path])
        faults = [_last(done.stdout + done.stderr)] if done.returncode else []
        header = told(["samtools", "head", path]).stdout.splitlines()
        if not any(line.startswith("@HD") and "SO:coordinate" in line for line in header):
            faults.append("it is not sorted")
        contigs = [line for line in header if line.startswith("@SQ")]
        if not contigs or not all("\tM5:" in line for line in contigs):
            faults.append("contigs have no M5")
        return faults

    return _each(judge, case.files(".cram"))


def ask_picard(case: Case) -> Answer:
    """Ask Picard ValidateSamFile for errors."""
    genome = case.genome

    def judge(path: Path) -> list[str]:
        done = told(
            [
                *("gatk", "ValidateSamFile", "-I", path, "-R", genome, "-M", "SUMMARY"),
                *("--IGNORE_WARNINGS", "true"),
            ]
        )
        said = done.stdout + done.stderr
        return [] if "No errors found" in said else [_last(done.stdout, 5)]

    return _each(judge, case.files(".cram"))


def ask_gatk(case: Case) -> Answer:
    """Ask GATK ValidateVariants: alleles of VCFs against the genome, gVCFs for gaps."""
    genome, intervals = case.genome, case.intervals

    def judge(path: Path) -> list[str]:
        command: list[object] = ["gatk", "ValidateVariants", "-V", path, "-R", genome]
        if path.name.endswith(".g.vcf.gz"):
            # ALLELES asks for every ALT to be in a genotype, which <NON_REF> never is.
            command += ["-gvcf", "-L", intervals, "--validation-type-to-exclude", "ALLELES"]
        done = told(command)
        return [_last(done.stdout + done.stderr)] if done.returncode else []

    return _each(judge, case.files(*VCFS), "VCF and gVCF")


def _frequencies(case: Case) -> list[Path]:
    return sorted(case.bundle.glob("aggregated/*.vcf.gz"))


def ask_bcftools(case: Case) -> Answer:
    """Have bcftools read every record without a word."""

    def judge(path: Path) -> list[str]:
        done = told(["bcftools", "view", "-o", "/dev/null", path])
        return [done.stderr.strip()] if done.returncode or done.stderr else []

    return _each(judge, [*case.files(*VCFS), *_frequencies(case)], "VCF, gVCF, frequencies")


ADVICE = "Not required but highly recommended"


def ask_vcftools(case: Case) -> Answer:
    """Ask vcf-validator, but for what it calls a recommendation."""

    def judge(path: Path) -> list[str]:
        done = told(["vcf-validator", path])
        said = [line for line in (done.stdout + done.stderr).splitlines() if ADVICE not in line]
        return [f"{len(said)} lines, first: {said[0]}"] if said or done.returncode else []

    return _each(judge, [*case.files(*VCFS), *_frequencies(case)], "VCF, gVCF, frequencies")


def ask_refgendetector(case: Case) -> Answer:
    """Ask which genome the headers of CRAMs are of; it must be that of the record."""
    genome = case.record.reference.genome
    if genome is None:
        return Answer("", 0, 0, (), "the genome is neither GRCh37 nor GRCh38")
    crams = case.files(".cram")
    done = told([program_of("validators"), "-c", REFGENDETECTOR_SCRIPT, *crams])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    judged = []
    for path in crams:
        right = f": {genome}" in found[str(path)] and "Homo sapiens" in found[str(path)]
        judged.append((path.name, [] if right else [_last(found[str(path)])]))
    return counted(judged, genome)


def _first_line(*command: str) -> str:
    done = told(command)
    words = (done.stdout or done.stderr).splitlines()
    return words[0].strip() if words else ""


def gatk_version() -> str:
    """Return the version of GATK."""
    lines = told(["gatk", "--version"]).stdout.splitlines()
    return next(line.split()[-1] for line in lines if "Toolkit" in line)


AUTHORITIES = (
    Authority("Crypt4GH", lambda: f"crypt4gh {version('crypt4gh')}", ask_crypt4gh, changed_byte),
    Authority(
        "samtools quickcheck, headers",
        partial(_first_line, "samtools", "--version"),
        ask_samtools,
        cut,
    ),
    Authority(
        "Picard ValidateSamFile", lambda: f"in GATK {gatk_version()}", ask_picard, moved_mate
    ),
    Authority("refgenDetector", "3.0.7", ask_refgendetector, other_length),
    Authority("GATK ValidateVariants", lambda: f"GATK {gatk_version()}", ask_gatk, other_reference),
    Authority(
        "bcftools view", partial(_first_line, "bcftools", "--version"), ask_bcftools, undeclared
    ),
    Authority(
        "vcftools vcf-validator",
        partial(_first_line, "vcftools", "--version"),
        ask_vcftools,
        undeclared,
    ),
)
