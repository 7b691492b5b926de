"""A tiny sample as a run leaves it, made from text: what tests of packaging start from.

``salt`` stands in every place of the files that can carry words.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schelde.package.job import Files, Names, Options, package_sample
from schelde.package.leaks import Secret

SALT = "Zyxwvut"
CONTIGS = {"chr20": 3000, "chrX": 1500}
READ = 50
PSEUDONYM, SUBJECT = "P0TESTTEST", "S0TESTTEST"
PROGRAMS = (
    "@PG\tID:bwa\tPN:bwa\tVN:0.7.17-r1188\tCL:bwa mem -K 100000000 -Y\n"
    "@PG\tID:samtools.sort\tPN:samtools\tPP:bwa\tVN:1.16.1\tCL:samtools sort\n"
)
FIELDS = """##INFO=<ID=END,Number=1,Type=Integer,Description="Stop position of the interval">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Read depth">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Allelic depths">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">
"""
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Sample:
    """Files of a made sample, and the bases of its genome."""

    folder: Path
    id: str
    files: Files
    bases: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """Where htslib finds the genome."""
        cache = f"{self.files.md5_cache}/%2s/%2s/%s"
        return {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}


def made_sample(
    folder: Path,
    *,
    sample: str = "HOME-1",
    salt: str = "odd",
    programs: str = PROGRAMS,
    paired: bool = True,
    verdict: str = "pass",
) -> Sample:
    """Write CRAM, VCF, gVCF and quality control of one sample into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(20)
    bases = {name: "".join(draw.choices("ACGT", k=length)) for name, length in CONTIGS.items()}
    cache = folder / "md5"
    for text in bases.values():
        digest = hashlib.md5(text.encode()).hexdigest()
        place = cache / digest[:2] / digest[2:4] / digest[4:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    contigs = [
        {"name": name, "length": len(text), "md5": hashlib.md5(text.encode()).hexdigest()}
        for name, text in bases.items()
    ]
    (folder / "genome.json").write_text(json.dumps({"assembly": salt, "contigs": contigs}))
    groups = [f"{sample}.{salt}{n}.F{salt}.{n}" for n in (1, 2)]
    files = Files(
        cram=folder / f"{sample}.cram",
        vcf=folder / f"{sample}.vcf.gz",
        gvcf=folder / f"{sample}.g.vcf.gz",
        ga4gh=folder / "ga4gh.json",
        metrics=folder / "qc.json",
        verdict=folder / "verdict.json",
        proofs={group: folder / f"{n}.proof.json" for n, group in enumerate(groups)},
        facts=folder / "genome.json",
        md5_cache=cache,
    )
    for proof in files.proofs.values():
        proof.write_text(json.dumps({"pairs": 20 if paired else 0, "singles": 0}))
    made = Sample(folder, sample, files, bases)
    _write_cram(made, groups, contigs, salt, programs, paired=paired)
    _write_vcfs(made, contigs, salt)
    _write_quality(made, salt, verdict)
    return made


def sam_line(name, flag, place, mate, bases, tags) -> str:
    """Return a record of SAM; ``place`` is 0-based."""
    contig, start = place
    quality = "I" * len(bases)
    first = f"{name}\t{flag}\t{contig}\t{start + 1}\t60\t{len(bases)}M"
    return f"{first}\t{mate}\t{bases}\t{quality}\t{tags}\n"


def _write_cram(made, groups, contigs, salt, programs, *, paired) -> None:
    lines = ["@HD\tVN:1.6\tSO:coordinate\n"]
    lines += [
        f"@SQ\tSN:{c['name']}\tLN:{c['length']}\tM5:{c['md5']}\tAS:{salt}\tSP:{salt}\tUR:/{salt}/x\n"
        for c in contigs
    ]
    for number, group in enumerate(groups, start=1):
        words = f"CN:{salt}\tDT:2026-01-01\tDS:of {salt}\tBC:ACGTTGCA\tPM:{salt}"
        lines.append(
            f"@RG\tID:{group}\t{words}\tLB:{salt}{number}\tPL:ILLUMINA"
            f"\tPU:F{salt}.{number}.ACGTTGCA\tSM:{made.id}\n"
        )
    lines += [programs, f"@CO\tmade by {salt} at {salt}-host\n"]
    records = []
    for n in range(40):
        contig = "chr20" if n < 30 else "chrX"
        text, start = made.bases[contig], 40 * (n % 30) + 7
        end = start + 200
        name = f"{salt}:101:F{salt}:1:{n}"
        group = groups[n % 2]
        tags = f"NM:i:0\tAS:i:50\tBC:Z:{salt}\tRX:Z:ACGTTGCA\tCO:Z:{salt}\tRG:Z:{group}"
        one, two = text[start : start + READ], text[end : end + READ]
        flags = (99, 147) if paired else (0, 16)
        for flag, at, mate, size, seq in (
            (flags[0], start, end, 200 + READ, one),
            (flags[1], end, start, -200 - READ, two),
        ):
            # Aligners differ from htslib in TLEN of some reads; it must come back as it was.
            size = {7: 0, 8: size + (1 if size > 0 else -1)}.get(n, size)
            beside = f"=\t{mate + 1}\t{size}" if paired else "*\t0\t0"
            own = name if paired else f"{name}/{flag}"
            records.append(
                (
                    contig,
                    at,
                    sam_line(own, flag, (contig, at), beside, seq, tags),
                )
            )
        if n == 5:  # the end of a read that lies elsewhere
            flag = 2113 if paired else 2048
            own = name if paired else f"{name}/{flags[0]}"
            beside = f"=\t{end + 1}\t0" if paired else "*\t0\t0"
            seq = text[2900 : 2900 + READ]
            records.append(
                (
                    contig,
                    2900,
                    sam_line(own, flag, (contig, 2900), beside, seq, tags),
                )
            )
    order = list(made.bases)
    records.sort(key=lambda row: (order.index(row[0]), row[1]))
    if paired:
        for flag in (77, 141):
            tail = f"{'A' * READ}\t{'I' * READ}\tRG:Z:{groups[0]}"
            records.append(("*", 0, f"{salt}:0\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{tail}\n"))
    sam = "".join(lines) + "".join(row[2] for row in records)
    command = ["samtools", "view", "--no-PG", "-C", "--output-fmt-option", "version=3.0"]
    command += ["--write-index", "-o", str(made.files.cram), "-"]
    subprocess.run(command, input=sam.encode(), env=made.environment, check=True)


def vcf_text(made: Sample, sample: str, contigs, *, more: str = "", gvcf: bool = False) -> str:
    """Return a VCF of the sample: SNVs and indels of chr20, one on chrX."""
    text = made.bases["chr20"]
    head = "##fileformat=VCFv4.2\n##source=GATK HaplotypeCaller 4.6.2.0\n"
    head += '##FILTER=<ID=PASS,Description="All filters passed">\n'
    head += '##FILTER=<ID=QD2,Description="Set for low QD">\n'
    head += '##ALT=<ID=NON_REF,Description="Any other allele">\n' + FIELDS + more
    for c in contigs:
        head += f"##contig=<ID={c['name']},length={c['length']},assembly=x,md5={c['md5']}>\n"
    head += f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}\n"
    rows = []
    if gvcf:
        for start, end in ((1, 100), (101, 3000)):
            first = f"chr20\t{start}\t.\t{text[start - 1]}\t<NON_REF>"
            rows.append(f"{first}\t.\t.\tEND={end}\tGT:PL\t0/0:0,9,90\n")
        return head + "".join(rows)
    for n, pos in enumerate(range(50, 1050, 50)):
        ref = text[pos - 1]
        alt = "GATC"["ACTG".index(ref)] if n % 3 else "CATG"["ACTG".index(ref)].replace(ref, "A")
        if alt == ref:
            alt = "T" if ref != "T" else "G"
        if n % 5 == 4:
            ref, alt = (text[pos - 1 : pos + 2], text[pos - 1]) if n % 2 else (ref, ref + "CC")
        genotype = "0/1:10,10:90,0,90" if n % 2 else "1/1:0,20:90,60,0"
        kind = "QD2" if n == 3 else "PASS"
        rows.append(f"chr20\t{pos}\t.\t{ref}\t{alt}\t99.5\t{kind}\tDP=20\tGT:AD:PL\t{genotype}\n")
    first = made.bases["chrX"][99]
    other = "A" if first != "A" else "C"
    rows.append(f"chrX\t100\t.\t{first}\t{other}\t50\tPASS\tDP=9\tGT:AD:PL\t1:0,9:90,0\n")
    return head + "".join(rows)


def _write_vcfs(made: Sample, contigs, salt: str) -> None:
    more = f"##{salt}Command=/{salt}/home\n##fileDate=20260101\n##reference=file:///{salt}/g.fa\n"
    for path, gvcf in ((made.files.vcf, False), (made.files.gvcf, True)):
        write_vcf(path, vcf_text(made, made.id, contigs, more=more, gvcf=gvcf))


def write_vcf(path: Path, text: str) -> None:
    """Write text bgzipped, with its index."""
    with path.open("wb") as out:
        subprocess.run(["bgzip", "-c"], input=text.encode(), stdout=out, check=True)
    subprocess.run(["tabix", "-f", "-p", "vcf", str(path)], check=True)


def _write_quality(made: Sample, salt: str, verdict: str) -> None:
    alignment = {"pct_reads_mapped": 97.56, "pct_reads_properly_paired": 97.56}
    variants = {
        "count_snvs": 15,
        "count_insertions": 2,
        "count_deletions": 2,
    }
    document = {
        "biosample": {"id": made.id, "of": salt},
        "wgs_qc_metrics": {"aln_metrics": alignment, "variant_metrics": variants},
    }
    document["biosample"].pop("of")
    document["remark"] = salt
    made.files.ga4gh.write_text(json.dumps(document))
    made.files.metrics.write_text(
        json.dumps({"sample": made.id, "metrics": {**alignment, **variants, salt: 1}})
    )
    rule = {
        "metric": "pct_reads_mapped",
        "value": 97.56,
        "comparison": ">=",
        "threshold": 90,
        "severity": "fail",
        "result": "pass",
        "source": salt,
        "note": f"asked for by {salt}",
    }
    profiles = [
        {"name": name, "title": f"Rules of {salt}", "verdict": verdict, "rules": [rule]}
        for name in ("default", salt)
    ]
    made.files.verdict.write_text(
        json.dumps(
            {
                "sample": made.id,
                "verdict": verdict,
                "profiles": profiles,
                "hints": [f"{salt} may be swapped"],
                "calling_sex": f"male, as {salt} declared",
                "metrics": {"sex_agrees": True},
            }
        )
    )


def packaged(
    made: Sample,
    output: Path,
    *,
    secrets: list[Secret] | None = None,
    fastq: bool = False,
    threads: int = 1,
    assembly: str | None = None,
    key: bytes = b"k" * 32,
) -> Path:
    """Package a made sample and return the folder."""
    scratch = output.with_name("scratch")
    scratch.mkdir(parents=True, exist_ok=True)
    with output.with_name("log").open("wb") as log:
        package_sample(
            made.files,
            Names(made.id, PSEUDONYM, SUBJECT, key),
            Options(assembly, {"default"}, fastq),
            secrets or [],
            threads=threads,
            scratch=scratch,
            log=log,
            output=output,
        )
    return output
