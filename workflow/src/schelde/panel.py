"""Common SNPs with their population frequencies: where contamination and kinship are measured.

Two formats are read: the three files of a VerifyBamID2 panel (PREFIX.bed, PREFIX.mu, PREFIX.UD;
Zhang et al. 2020, Genome Research 30:185, and the README of github.com/Griffan/VerifyBamID), and
a VCF of SNPs with INFO/AF, as GATK's GetPileupSummaries takes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from schelde.errors import Problem, UserError
from schelde.files import read_text
from schelde.names import Fault
from schelde.pipes import whole

BASES = frozenset("ACGT")
SUFFIXES = (".bed", ".mu", ".UD")
"""Files of a VerifyBamID2 panel: sites, mean genotypes, loadings of the components."""

MISNAMED = 0.1
"""Share of the lines of PREFIX.mu that may name another contig than PREFIX.bed: a site can change
contigs between builds."""

VCF_SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")


@dataclass(frozen=True)
class Panel:
    """Biallelic SNPs, each contig in one block with ascending positions.

    ``positions`` are 1-based (int32); ``frequency`` is that of ALT over all populations, inside
    (0, 1); ``components`` has the shape (sites, k): what a step along each principal component of
    ancestry adds to the mean genotype (0 to 2), VerifyBamID2's UD; k is 0 where it is not known.
    ``left_out``: lines of the files that are no biallelic SNP and were passed over.
    """

    contigs: tuple[str, ...]
    positions: NDArray[np.int32]
    refs: tuple[str, ...]
    alts: tuple[str, ...]
    frequency: NDArray[np.float64]
    components: NDArray[np.float64]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.contigs)

    def on(self, contigs: Iterable[str]) -> NDArray[np.bool_]:
        """Return for each site whether it lies on one of these contigs."""
        wanted = frozenset(contigs)
        return np.array([contig in wanted for contig in self.contigs], dtype=np.bool_)


@dataclass
class _Sites:
    """Sites while a panel is read; the problems of its files."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    contigs: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    left_out: int = 0
    _seen: set[str] = field(default_factory=set)

    def wrong(self, line: int | None, fault: Fault) -> None:
        self.problems.append(Problem(self.file, line, *fault))

    def add(self, line: int | None, contig: str, position: int, ref: str, alt: str) -> bool:
        """Take a site; return False, with a problem where it is a mistake, if it is not taken."""
        alleles = alt.split(",")
        if not {ref, *alleles} <= BASES or ref in alleles:
            fault = Fault(f"'{ref}' to '{alt}' is not a SNP", "give single bases of A, C, G and T")
            self.wrong(line, fault)
            return False
        if len(alleles) > 1:
            # The panels published with VerifyBamID2 have a few; a frequency is of all their ALTs.
            self.left_out += 1
            return False
        last = (self.contigs[-1], self.positions[-1]) if self.contigs else ("", 0)
        if contig == last[0] and position <= last[1]:
            what = f"position {position} comes after position {last[1]}"
            self.wrong(line, Fault(what, "sort it by contig and position, each site once"))
        elif contig != last[0] and contig in self._seen:
            what = f"contig '{contig}' comes back after '{last[0]}'"
            self.wrong(line, Fault(what, "sort it by contig and position"))
        self._seen.add(contig)
        self.contigs.append(contig)
        self.positions.append(position)
        self.refs.append(ref)
        self.alts.append(alt)
        return True

    def panel(self, frequency: list[float], components: NDArray[np.float64]) -> Panel:
        return Panel(
            tuple(self.contigs),
            np.array(self.positions, dtype=np.int32),
            tuple(self.refs),
            tuple(self.alts),
            np.array(frequency, dtype=np.float64),
            components,
            self.left_out,
        )


def read_panel(path: Path) -> Panel:
    """Read a panel: a VCF of SNPs with INFO/AF, or the prefix of a VerifyBamID2 panel.

    PREFIX.bed has contig, start, end (0-based, half-open), ref and alt; PREFIX.mu has a name that
    begins with ``contig:`` and the mean genotype (0 to 2); PREFIX.UD has k numbers; line by line
    for the same sites. A missing PREFIX.UD gives no components. Sites with several ALTs are left
    out. Raises `UserError` with every problem: unequal lengths, sites out of order, what is no
    SNP, a frequency outside (0, 1).
    """
    if str(path).endswith(VCF_SUFFIXES):
        return _read_vcf(path)
    return _read_files(str(path))


def panel_files(path: Path) -> tuple[Path, ...]:
    """Return the files that `read_panel` reads for a path."""
    if str(path).endswith(VCF_SUFFIXES):
        return (path,)
    files = tuple(Path(f"{path}{suffix}") for suffix in SUFFIXES)
    return files if files[2].exists() else files[:2]


def panel_of(files: Sequence[str | Path]) -> Path | None:
    """Return the path whose `panel_files` these are; None for no files.

    >>> panel_of(["data/panel.bed", "data/panel.mu"])
    PosixPath('data/panel')
    """
    if not files:
        return None
    return Path(str(files[0]).removesuffix(SUFFIXES[0]))


def _read_files(prefix: str) -> Panel:
    bed, mu, ud = (f"{prefix}{suffix}" for suffix in SUFFIXES)
    sites = _Sites(bed)
    with_components = Path(ud).exists()
    files = (bed, mu, ud) if with_components else (bed, mu)
    texts = [read_text(file, sites.problems) for file in files]
    lines = [_lines(text) for text in texts if text is not None]
    if len(lines) < len(files):
        raise UserError(sites.problems)
    for file, own in zip(files[1:], lines[1:], strict=True):
        if len(own) != len(lines[0]):
            what = f"has {len(own)} lines and {bed} has {len(lines[0])}"
            remedy = "give the files of one panel, whole"
            sites.problems.append(Problem(file, None, what, remedy))
    if sites.problems:
        raise UserError(sites.problems)
    taken = [_add_bed_line(sites, number, line) for number, line in enumerate(lines[0], start=1)]
    frequency = [
        value / 2
        for value, used in zip(_means(mu, lines[0], lines[1], sites.problems), taken, strict=True)
        if used
    ]
    width = len(lines[2][0].split()) if with_components and lines[2] else 0
    loadings = _loadings(ud, lines[2], width, sites.problems) if with_components else []
    _refuse(sites, bed)
    rows = [row for row, used in zip(loadings, taken, strict=False) if used]
    components = np.array(rows, dtype=np.float64).reshape(len(sites.contigs), width)
    return sites.panel(frequency, components)


def _refuse(sites: _Sites, file: str) -> None:
    if not sites.contigs and not sites.problems:
        sites.problems.append(Problem(file, None, "has no SNP", "give a panel of common SNPs"))
    if sites.problems:
        raise UserError(sites.problems)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _add_bed_line(sites: _Sites, number: int, line: str) -> bool:
    cells = line.split("\t")
    if len(cells) < 5:
        what = f"the line has {len(cells)} of the columns contig, start, end, ref, alt"
        sites.wrong(number, Fault(what, "give all five, with tabs between them"))
        return False
    contig, start, end, ref, alt = cells[:5]
    if not (start.isdecimal() and end.isdecimal() and int(end) == int(start) + 1):
        what = f"start '{start}' and end '{end}' are not those of one base"
        sites.wrong(number, Fault(what, "BED counts from 0, and the end is not included"))
        return False
    return sites.add(number, contig, int(end), ref, alt)


def _means(file: str, bed: list[str], lines: list[str], problems: list[Problem]) -> list[float]:
    """Return the mean genotypes, one for each line.

    Of the names only the contigs are looked at: those of the published panel of HGDP on b38 have
    the positions of an older build, and VerifyBamID2 itself reads none of them.
    """
    values: list[float] = []
    strangers = 0
    for number, (site, line) in enumerate(zip(bed, lines, strict=True), start=1):
        name, _, text = line.partition("\t")
        strangers += not _on_one_contig(name.partition(":")[0], site.partition("\t")[0])
        value = _number(text)
        if value is None or not 0 < value < 2:
            what = f"the mean genotype '{text.strip()}' is not between 0 and 2"
            problems.append(Problem(file, number, what, "take out sites that do not vary"))
        values.append(1.0 if value is None else value)
    if strangers > MISNAMED * len(lines):
        what = f"{strangers} of {len(lines)} lines name another contig than the line of the BED"
        problems.append(Problem(file, None, what, "give the files of one panel"))
    return values


def _on_one_contig(first: str, second: str) -> bool:
    return first.removeprefix("chr") == second.removeprefix("chr")


def _loadings(
    file: str, lines: list[str], width: int, problems: list[Problem]
) -> list[list[float]]:
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        row = [_number(cell) for cell in line.split()]
        sound = [value for value in row if value is not None]
        if len(sound) != width or len(row) != width:
            what = f"the line does not have {width} numbers, as the first line has"
            problems.append(Problem(file, number, what, "give the files of one panel, whole"))
            sound = [0.0] * width
        rows.append(sound)
    return rows


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _read_vcf(path: Path) -> Panel:
    sites = _Sites(str(path))
    frequency: list[float] = []
    try:
        with pysam.VariantFile(str(path)) as vcf:
            if "AF" not in vcf.header.info:
                sites.wrong(None, Fault("its header has no INFO/AF", "add the frequency of ALT"))
                raise UserError(sites.problems)
            for record in vcf:
                value = _vcf_frequency(sites, record)
                alts = ",".join(record.alts or (".",))
                if sites.add(None, record.contig, record.pos, record.ref or "", alts):
                    frequency.append(value)
    except (OSError, ValueError) as error:
        what = f"cannot be read as VCF ({error})"
        raise UserError([Problem(str(path), None, what, "check path and file")]) from error
    _refuse(sites, str(path))
    return sites.panel(frequency, np.zeros((len(frequency), 0)))


def _vcf_frequency(sites: _Sites, record: pysam.VariantRecord) -> float:
    values = record.info.get("AF", ())
    value = float(values[0] if isinstance(values, tuple) and values else values or 0)
    if not 0 < value < 1:
        what = f"AF {value:g} at {record.contig}:{record.pos} is not between 0 and 1"
        sites.wrong(None, Fault(what, "take out sites that do not vary"))
    return value


def sites_bed(panel: Panel) -> str:
    """Return the sites as BED lines (0-based, half-open), as ``samtools mpileup -l`` takes them."""
    rows = zip(panel.contigs, panel.positions.tolist(), strict=True)
    return "".join(f"{contig}\t{position - 1}\t{position}\n" for contig, position in rows)


def write_vcf(panel: Panel, path: Path, lengths: Mapping[str, int]) -> None:
    """Write the sites as bgzipped VCF with INFO/AF, and its tabix index ``path.tbi``.

    ``lengths``: contigs of the genome in bp, in its order; sites on other contigs are left out.
    It is what GATK's GetPileupSummaries takes.
    """
    packed = b"".join(line.encode() for line in _vcf_lines(panel, lengths))
    with whole(path) as part, pysam.BGZFile(str(part), "wb", None) as file:
        file.write(packed)
    pysam.tabix_index(str(path), preset="vcf", force=True)


def _vcf_lines(panel: Panel, lengths: Mapping[str, int]) -> Iterator[str]:
    yield "##fileformat=VCFv4.2\n"
    for contig, length in lengths.items():
        yield f"##contig=<ID={contig},length={length}>\n"
    yield '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency of ALT">\n'
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    positions, frequency = panel.positions.tolist(), panel.frequency.tolist()
    for contig in lengths:
        for i in np.flatnonzero(panel.on([contig])).tolist():
            alleles = f"{panel.refs[i]}\t{panel.alts[i]}"
            yield f"{contig}\t{positions[i]}\t.\t{alleles}\t.\t.\tAF={frequency[i]:.6g}\n"


def write_files(panel: Panel, prefix: Path) -> None:
    """Write PREFIX.bed, PREFIX.mu and PREFIX.UD as VerifyBamID2 takes them.

    A panel without components gets four of zeros, since VerifyBamID2 wants the file.
    """
    width = panel.components.shape[1] or 4
    rows = panel.components.tolist() if panel.components.shape[1] else [[0.0] * width] * len(panel)
    texts: dict[str, list[str]] = {suffix: [] for suffix in SUFFIXES}
    for i, position in enumerate(panel.positions.tolist()):
        contig, ref, alt = panel.contigs[i], panel.refs[i], panel.alts[i]
        texts[".bed"].append(f"{contig}\t{position - 1}\t{position}\t{ref}\t{alt}\n")
        mean = 2 * float(panel.frequency[i])
        texts[".mu"].append(f"{contig}:{position}_{ref}/{alt}\t{mean:.6g}\n")
        texts[".UD"].append("\t".join(f"{value:.6g}" for value in rows[i]) + "\n")
    for suffix, lines in texts.items():
        with whole(f"{prefix}{suffix}") as part:
            part.write_text("".join(lines), encoding="utf-8")
