"""Files are compared whole, and wrong ones are told to the user."""

from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest

from schelde.errors import UserError
from schelde.evaluate import Evaluation, evaluate

SEQUENCES = {"1": "GATTACAGGGTCA" + "ACGTTGCA" * 20, "2": "CCATTTTTG" + "TGCAACGT" * 20}


@dataclass(frozen=True)
class Folder:
    """Makes and compares small files."""

    path: Path

    def vcf(self, name: str, *records: str, samples: str = "one") -> Path:
        """Write and index records given as ``contig pos ref alt filter genotypes...``."""
        plain = self.path / name
        lines = [
            "##fileformat=VCFv4.2",
            "\t".join(
                ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
                + (["FORMAT", *samples.split()] if samples else [])
            ),
        ]
        for record in records:
            contig, pos, ref, alt, mark, *genotypes = record.split()
            cells = [contig, pos, ".", ref, alt, ".", mark, "."]
            lines.append("\t".join([*cells, *(["GT", *genotypes] if genotypes else [])]))
        plain.write_text("\n".join(lines) + "\n")
        zipped = f"{plain}.gz"
        pysam.tabix_compress(str(plain), zipped, force=True)
        pysam.tabix_index(zipped, preset="vcf", force=True)
        return Path(zipped)

    def fasta(self) -> Path:
        path = self.path / "genome.fa"
        path.write_text("".join(f">{name}\n{text}\n" for name, text in SEQUENCES.items()))
        pysam.faidx(str(path))
        return path

    def compare(
        self,
        calls: Path,
        truth: Path,
        bed: str | None = None,
        *,
        sample: str | None = None,
        truth_sample: str | None = None,
        passing_only: bool = True,
    ) -> Evaluation:
        if bed is not None:
            (self.path / "some.bed").write_text(bed)
        return evaluate(
            calls,
            truth,
            self.fasta(),
            None if bed is None else self.path / "some.bed",
            sample=sample,
            truth_sample=truth_sample,
            passing_only=passing_only,
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def counts(judged: Evaluation) -> list[tuple[int, ...]]:
    return [
        (r.truth_total, r.truth_matched, r.calls_total, r.calls_matched, r.genotype_matched)
        for r in judged.rows
    ]


def problems(folder: Folder, calls: Path, truth: Path, bed: str | None = None) -> list[str]:
    with pytest.raises(UserError) as caught:
        folder.compare(calls, truth, bed)
    return [str(p).removeprefix(f"{folder.path}/") for p in caught.value.problems]


def test_snps_and_indels_are_counted_apart_over_all_contigs(folder: Folder) -> None:
    truth = folder.vcf("truth.vcf", "1 2 A C PASS 0/1", "1 10 GT G PASS 1/1", "2 1 C A PASS 0/1")
    calls = folder.vcf("calls.vcf", "1 2 A C . 1/1", "1 20 C A . 0/1", "2 3 AT A . 0/1")
    assert counts(folder.compare(calls, truth)) == [(2, 1, 2, 1, 0), (1, 0, 1, 0, 0)]


def test_what_is_wrong_is_listed_in_order_as_a_vcf_writes_it(folder: Folder) -> None:
    truth = folder.vcf("truth.vcf", "1 2 A C PASS 0/1", "2 6 TT T PASS 1/1", "2 30 A AT PASS 1/1")
    calls = folder.vcf("calls.vcf", "1 1 GA A PASS 0/1", "1 2 A C PASS 1/1", "2 5 T TTA PASS 0/1")
    found = [
        (f.kind, f.contig, f.position, f.ref, f.alt) for f in folder.compare(calls, truth).findings
    ]
    assert found == [
        ("FP", "1", 1, "GA", "A"),
        ("GT", "1", 2, "A", "C"),
        ("FN", "2", 3, "AT", "A"),
        ("FP", "2", 5, "T", "TTA"),
        ("FN", "2", 30, "A", "AT"),
    ]


def test_only_alleles_in_the_bed_count_but_those_beside_it_explain(folder: Folder) -> None:
    # TTAC to TACC as two SNPs at 4 and 5, or as a lost T at 2 and a won C at 5
    truth = folder.vcf("truth.vcf", "1 4 T A PASS 1/1", "1 5 A C PASS 1/1", "1 38 A C PASS 1/1")
    calls = folder.vcf("calls.vcf", "1 2 AT A PASS 1/1", "1 5 A AC PASS 1/1", "2 1 C A PASS 1/1")
    judged = folder.compare(calls, truth, "1\t3\t10\n")
    assert counts(judged) == [(2, 2, 0, 0, 2), (0, 0, 1, 1, 0)]


def test_filtered_calls_count_only_when_asked_for(folder: Folder) -> None:
    calls = folder.vcf("calls.vcf", "1 1 G C PASS 0/1", "1 2 A C LowQual 0/1")
    truth = folder.vcf("truth.vcf", "1 2 A C PASS 0/1", "1 3 T C bad 0/1")
    assert counts(folder.compare(calls, truth))[0] == (1, 0, 1, 0, 0)
    assert counts(folder.compare(calls, truth, passing_only=False))[0] == (1, 1, 2, 1, 1)


def test_the_samples_that_are_named_are_compared(folder: Folder) -> None:
    calls = folder.vcf("calls.vcf", "1 2 A C PASS 0/0 0/1", samples="one two")
    truth = folder.vcf("truth.vcf", "1 2 A C PASS 1/1 0/1", samples="three four")
    judged = folder.compare(calls, truth, sample="two", truth_sample="four")
    assert (judged.sample, judged.truth_sample) == ("two", "four")
    assert counts(judged)[0] == (1, 1, 1, 1, 1)


def test_a_gvcf_is_compared_by_its_variants(folder: Folder) -> None:
    truth = folder.vcf("truth.vcf", "1 2 A C PASS 0/1")
    calls = folder.vcf(
        "calls.vcf", "1 1 G <NON_REF> . 0/0", "1 2 A C,<NON_REF> . 0/1", "1 3 T <NON_REF> . 0/0"
    )
    assert counts(folder.compare(calls, truth))[0] == (1, 1, 1, 1, 1)


def test_no_calls_at_all_is_a_recall_of_none(folder: Folder) -> None:
    row = folder.compare(folder.vcf("c.vcf"), folder.vcf("t.vcf", "1 2 A C PASS 0/1")).rows[0]
    assert (row.recall, row.precision) == (0.0, None)


def test_all_missing_files_are_told_at_once(folder: Folder) -> None:
    nothing = folder.path / "none.vcf.gz"
    plain = folder.path / "plain.vcf"
    plain.write_text("##fileformat=VCFv4.2\n")
    assert problems(folder, nothing, plain, "3\t0\t1\n") == [
        "none.vcf.gz: no such file; give a VCF, bgzipped",
        f"plain.vcf: no index; bgzip it if it is not yet, and run: tabix -p vcf {plain}",
        "some.bed:1: contig '3' is not in the reference;"
        " give the BED of the assembly of the reference",
    ]


def test_a_reference_without_index_is_told(folder: Folder) -> None:
    vcf = folder.vcf("a.vcf", "1 2 A C PASS 0/1")
    fasta = folder.fasta()
    Path(f"{fasta}.fai").unlink()
    with pytest.raises(UserError, match="no index; run: samtools faidx"):
        evaluate(vcf, vcf, fasta, None, sample=None, truth_sample=None, passing_only=True)
    fasta.unlink()
    with pytest.raises(UserError, match="no such file; give a FASTA"):
        evaluate(vcf, vcf, fasta, None, sample=None, truth_sample=None, passing_only=True)


@pytest.mark.parametrize(
    ("samples", "record", "message"),
    [
        ("one two", "1 2 A C PASS 0/1 0/1", "c.vcf.gz: 2 samples; name one of them: one, two"),
        ("", "1 2 A C PASS", "c.vcf.gz: no sample column; give a VCF with genotypes"),
        ("one", "chr1 2 A C PASS 0/1", "c.vcf.gz: contig 'chr1' is not in the reference; give"),
        ("one", "1 2 T C PASS 0/1", "c.vcf.gz: 1:2: REF T is not what the reference has there;"),
    ],
)
def test_calls_that_do_not_fit_are_told(
    folder: Folder, samples: str, record: str, message: str
) -> None:
    truth = folder.vcf("t.vcf", "1 2 A C PASS 0/1")
    (found,) = problems(folder, folder.vcf("c.vcf", record, samples=samples), truth)
    assert found.startswith(message)


def test_an_unknown_sample_is_told_with_the_nearest(folder: Folder) -> None:
    vcf = folder.vcf("a.vcf", "1 2 A C PASS 0/1", samples="NA12878")
    with pytest.raises(UserError, match="no sample 'NA12787'"):
        folder.compare(vcf, vcf, sample="NA12787")


def test_contigs_beside_the_bed_need_not_be_in_the_reference(folder: Folder) -> None:
    calls = folder.vcf("c.vcf", "1 2 A C PASS 0/1", "decoy 2 A C PASS 0/1")
    truth = folder.vcf("t.vcf", "1 2 A C PASS 0/1")
    assert counts(folder.compare(calls, truth, "1\t0\t9\n"))[0] == (1, 1, 1, 1, 1)
    assert "contig 'decoy' is not in the reference" in problems(folder, calls, truth)[0]


def test_a_damaged_vcf_is_told(folder: Folder) -> None:
    vcf = folder.vcf("a.vcf", *(f"1 {n} {SEQUENCES['1'][n - 1]} N PASS 0/1" for n in range(1, 99)))
    vcf.write_bytes(vcf.read_bytes()[:-60])
    (found,) = problems(folder, vcf, folder.vcf("t.vcf", "1 2 A C PASS 0/1"))
    assert found.startswith("a.vcf.gz: ")
