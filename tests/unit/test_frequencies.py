"""Counting: who is known where, which genotypes count, and what bcftools counts."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pysam
import pytest

from schelde.frequencies.count import Task, count
from schelde.frequencies.genotypes import FrequencyError, Window, windows
from schelde.frequencies.job import count_frequencies
from schelde.frequencies.people import Person, Settings, counted, levels
from schelde.pipes import ToolError
from schelde.sheet import Sex

LENGTH = 1000
CONTIGS = {"chr20": LENGTH, "chrX": LENGTH, "chrUn": LENGTH}
FORMATS = {
    "GT": 'Number=1,Type=String,Description="Genotype"',
    "GQ": 'Number=1,Type=Integer,Description="Quality"',
    "DP": 'Number=1,Type=Integer,Description="Depth"',
}
WHOLE = Window("chr20", 1, LENGTH)
ONE = Settings(minimum_count=1)


@pytest.fixture(autouse=True)
def tools(need) -> None:
    need("bcftools", "bgzip", "tabix")


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    contigs = [{"name": n, "length": size, "md5": "0" * 32} for n, size in CONTIGS.items()]
    (tmp_path / "genome.json").write_text(json.dumps({"assembly": "GRCh38", "contigs": contigs}))
    return tmp_path / "genome.json"


def write(path: Path, sample: str, rows: Iterable[str], formats: Sequence[str] = tuple(FORMATS)):
    """Write a bgzipped, indexed VCF; a row is given with spaces between its columns."""
    lines = [
        "##fileformat=VCFv4.2",
        '##FILTER=<ID=LowQual,Description="Low">',
        '##ALT=<ID=NON_REF,Description="Any">',
        '##INFO=<ID=END,Number=1,Type=Integer,Description="End">',
        *(f"##FORMAT=<ID={name},{FORMATS[name]}>" for name in formats),
        *(f"##contig=<ID={name},length={size}>" for name, size in CONTIGS.items()),
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}",
        *(row.replace(" ", "\t") for row in rows),
    ]
    plain = path.with_suffix("")
    plain.write_text("\n".join(lines) + "\n")
    pysam.tabix_compress(str(plain), str(path), force=True)
    pysam.tabix_index(str(path), preset="vcf", force=True)
    plain.unlink()
    return path


def block(start: int, end: int, genotype: str, values: str = "GQ=50", contig: str = "chr20") -> str:
    """Return a reference block; ``values`` such as 'GQ=50,DP=3'."""
    fields = dict(value.split("=") for value in values.split(",") if value)
    keys = ":".join(["GT", *fields])
    texts = ":".join([genotype, *fields.values()])
    return f"{contig} {start} . A <NON_REF> . . END={end} {keys} {texts}"


def variant(pos: int, alleles: str, genotype: str, quality: object = 50, filters: str = "PASS"):
    """Return a record of a VCF; ``alleles`` such as 'A>C'."""
    ref, alt = alleles.split(">", 1)
    return f"chr20 {pos} . {ref} {alt} 90 {filters} . GT:GQ:DP {genotype}:{quality}:30"


def person(
    folder: Path, name: str, calls: Sequence[str], blocks: Sequence[str], **others: object
) -> Person:
    values: dict[str, object] = {"sex": Sex.FEMALE, "subject": f"subject-{name}"}
    return Person(
        sample=name,
        variants=write(folder / f"{name}.vcf.gz", name, calls),
        gvcf=write(folder / f"{name}.g.vcf.gz", name, blocks),
        **(values | others),
    )


def numbers(people: Sequence[Person], settings: Settings = ONE) -> dict[str, tuple[int, ...]]:
    """Return AN, Hom, Het, Hemi of everyone by allele, such as '100A>C'."""
    found = count(Task(tuple(people), (), settings), WHOLE)
    return {
        f"{site.pos}{site.ref}>{site.alt}": tuple(map(int, found.counts[""][:, place]))
        for place, site in enumerate(found.sites)
    }


def with_carrier(tmp_path: Path, calls: Sequence[str], blocks: Sequence[str]) -> tuple[int, ...]:
    """Return what is counted at 100A>C, which a first person has once, with a second person."""
    carrier = person(tmp_path, "first", [variant(100, "A>C", "0/1")], [])
    return numbers([carrier, person(tmp_path, "second", calls, blocks)])["100A>C"]


@pytest.mark.parametrize(
    ("genotype", "counts"),
    [
        ("0/1", (2, 0, 1, 0)),
        ("1|0", (2, 0, 1, 0)),
        ("1/1", (2, 2, 0, 0)),
        ("1", (1, 0, 0, 1)),
    ],
)
def test_alleles_are_counted_by_the_genotype_that_they_are_in(tmp_path, genotype, counts):
    one = person(tmp_path, "one", [variant(100, "A>C", genotype)], [])
    assert numbers([one]) == {"100A>C": counts}


@pytest.mark.parametrize(
    ("calls", "blocks", "alleles"),
    [
        ([], [], 0),
        ([], [block(50, 200, "0/0")], 2),
        ([], [block(50, 200, "0|0")], 2),
        ([], [block(50, 200, "0")], 1),
        ([], [block(100, 100, "0/0")], 2),
        ([], [block(50, 99, "0/0"), block(101, 200, "0/0")], 0),
        ([], [block(50, 200, "0/0", "GQ=20")], 2),
        ([], [block(50, 200, "0/0", "GQ=19,DP=99")], 0),
        ([], [block(50, 200, "0/0", "DP=10")], 2),
        ([], [block(50, 200, "0/0", "GQ=.,DP=10")], 2),
        ([], [block(50, 200, "0/0", "DP=9")], 0),
        ([], [block(50, 200, "./.", "GQ=50")], 0),
        ([], [block(50, 200, ".", "GQ=50")], 0),
        ([], ["chr20 100 . A G,<NON_REF> . . . GT:GQ 0/0:50"], 2),
        ([], ["chr20 100 . A G,<NON_REF> . . . GT:GQ 0/1:50"], 0),
        ([variant(100, "A>G", "0/1")], [], 2),
        ([variant(100, "A>G", "0/1", 19)], [], 0),
        ([variant(100, "A>G", "0/1", 50, "LowQual")], [], 0),
        ([variant(95, "AGGTTCCT>A", "0/1")], [], 2),
        ([variant(95, "AGGTT>A", "0/1")], [], 0),
        ([variant(100, "A>C", "0/0")], [], 2),
        ([variant(100, "A>C", "./1")], [], 0),
    ],
)
def test_who_has_not_the_allele_counts_only_where_that_is_known(tmp_path, calls, blocks, alleles):
    assert with_carrier(tmp_path, calls, blocks) == (2 + alleles, 0, 1, 0)


@pytest.mark.parametrize(
    "call",
    [
        variant(100, "A>C", "0/1", 19),
        variant(100, "A>C", "1/1", 50, "LowQual"),
        variant(100, "A>C", "./1"),
    ],
)
def test_an_allele_that_is_not_sure_is_missing_whatever_else_is_said(tmp_path, call):
    assert with_carrier(tmp_path, [call], [block(50, 200, "0/0")]) == (2, 0, 1, 0)


def test_the_other_allele_of_a_split_record_counts_as_another_one(tmp_path):
    calls = [variant(100, "A>C", "0/1"), variant(100, "A>G", "1/0")]
    assert with_carrier(tmp_path, calls, []) == (4, 0, 2, 0)


def test_an_allele_that_one_person_has_in_two_records_is_counted_once(tmp_path):
    calls = [variant(100, "A>C", "1/1"), variant(100, "A>C", "0/1")]
    assert with_carrier(tmp_path, calls, []) == (4, 2, 1, 0)


def test_without_a_quality_in_the_header_depth_decides(tmp_path):
    one = person(tmp_path, "one", [variant(100, "A>C", "0/1")], [])
    gvcf = write(tmp_path / "two.g.vcf.gz", "two", [block(50, 200, "0/0", "DP=10")], ("GT", "DP"))
    calls = write(tmp_path / "two.vcf.gz", "two", ["chr20 300 . A T . PASS . GT 0/1"], ("GT",))
    two = Person("two", "two", Sex.MALE, calls, gvcf)
    assert numbers([one, two]) == {"100A>C": (4, 0, 1, 0), "300A>T": (2, 0, 1, 0)}


def test_alleles_below_the_minimum_are_left_out(tmp_path):
    people = [person(tmp_path, n, [variant(100, "A>C", "1/1")], []) for n in ("a", "b")]
    people.append(person(tmp_path, "c", [variant(200, "A>C", "0/1")], []))
    assert list(numbers(people, Settings(minimum_count=4))) == ["100A>C"]


@pytest.mark.parametrize("size", [50, 99, 100, 101, 333])
def test_windows_change_no_number(tmp_path, facts, size):
    calls = [variant(pos, "AG>A", "0/1") for pos in (98, 100, 101, 500, 999)]
    people = [
        person(tmp_path, "a", calls, [block(1, 97, "0/0")]),
        person(tmp_path, "b", [variant(99, "A>T", "1/1")], [block(100, 1000, "0/0")]),
    ]
    frequencies(tmp_path / "whole.vcf.gz", people, facts)
    settings = Settings(minimum_count=1, window=size)
    frequencies(tmp_path / "cut.vcf.gz", people, facts, settings)
    assert (tmp_path / "cut.vcf.gz").read_bytes() == (tmp_path / "whole.vcf.gz").read_bytes()
    assert len(records(tmp_path / "cut.vcf.gz")) == 6


def test_windows_cover_every_contig_to_its_end():
    found = [window.region for window in windows([("a", 25), ("b", 10)], 10)]
    assert found == ["a:1-10", "a:11-20", "a:21-25", "b:1-10"]


def frequencies(
    output: Path, people: Sequence[Person], facts: Path, settings: Settings = ONE, threads: int = 1
):
    with tempfile.TemporaryFile() as log:
        return count_frequencies(people, facts, output, settings, threads=threads, log=log)


def records(path: Path) -> list[dict[str, str]]:
    with pysam.TabixFile(str(path)) as file:
        rows = [line.split("\t") for line in file.fetch()]
    return [
        {"POS": row[1], **dict(field.split("=") for field in row[7].split(";"))} for row in rows
    ]


def header(path: Path) -> list[str]:
    with pysam.TabixFile(str(path)) as file:
        return list(file.header)


def family(tmp_path: Path) -> list[Person]:
    call = [variant(100, "A>C", "0/1")]
    return [
        person(tmp_path, "F", call, [], sex=Sex.MALE, country="BE"),
        person(tmp_path, "M", call, [], country="BE"),
        person(tmp_path, "C", call, [], sex=Sex.MALE, father="F", mother="M", country="BE"),
    ]


def test_children_of_two_counted_parents_are_left_out_and_the_header_says_so(tmp_path, facts):
    told = frequencies(tmp_path / "o.vcf.gz", family(tmp_path), facts)
    assert (told.individuals, told.sites) == (2, 1)
    assert records(tmp_path / "o.vcf.gz")[0]["AC"] == "2"
    said = header(tmp_path / "o.vcf.gz")
    assert "##individuals=2" in said
    assert "##individualsLeftOut=1 (children whose parents are both counted)" in said


def test_children_are_counted_when_that_is_asked_for(tmp_path, facts):
    settings = Settings(minimum_count=1, founders_only=False)
    told = frequencies(tmp_path / "o.vcf.gz", family(tmp_path), facts, settings)
    assert told.individuals == 3
    assert "LeftOut" not in "".join(header(tmp_path / "o.vcf.gz"))


def test_a_child_of_one_parent_in_the_dataset_is_counted(tmp_path):
    people = family(tmp_path)
    assert counted(people[1:], ONE) == people[1:]


def test_a_person_with_two_samples_is_counted_once(tmp_path):
    people = [person(tmp_path, n, [], [], subject="same") for n in ("a", "b")]
    assert counted(people, ONE) == people[:1]


def test_groups_are_sexes_and_countries_and_both(tmp_path, facts):
    frequencies(tmp_path / "o.vcf.gz", family(tmp_path), facts)
    found = records(tmp_path / "o.vcf.gz")[0]
    assert {key: found[key] for key in ("AF", "AN", "AC_M", "AN_F", "AC_BE", "AF_BE_M")} == {
        "AF": "0.5",
        "AN": "4",
        "AC_M": "1",
        "AN_F": "2",
        "AC_BE": "2",
        "AF_BE_M": "0.5",
    }
    assert found["AC_BE_M_Het"] == "1"


def test_a_level_with_too_small_a_group_is_not_told(tmp_path):
    def made(sexes: str, countries: str) -> list[Person]:
        kinds = {"m": Sex.MALE, "f": Sex.FEMALE, "u": Sex.UNKNOWN}
        return [
            Person(str(n), str(n), kinds[s], tmp_path, tmp_path, country={"b": "BE", "n": "NL"}[c])
            for n, (s, c) in enumerate(zip(sexes, countries, strict=True))
        ]

    def told(people: list[Person], least: int) -> list[list[str]]:
        return [list(level.groups) for level in levels(people, least)]

    everything = [["_F", "_M"], ["_BE", "_NL"], ["_BE_F", "_BE_M", "_NL_F", "_NL_M"]]
    assert told(made("mfmfmfmf", "bbbbnnnn"), 4) == everything
    assert told(made("mfmfmfmf", "bbbbnnnn"), 5) == everything[:2]
    assert told(made("mfffffff", "bbbbnnnn"), 4) == everything[1:2]
    assert told(made("mmmmfffu", "bbbbnnnn"), 4) == everything[1:2]


def test_a_count_that_is_too_small_hides_its_level_in_that_record_alone(tmp_path, facts):
    def calls(*carried: int) -> list[str]:
        return [variant(pos, "A>C", "1/1") for pos in carried]

    people = [
        person(tmp_path, "a", calls(100, 200), [block(1, 1000, "0/0")], sex=Sex.MALE),
        person(tmp_path, "b", calls(100, 200), [block(1, 1000, "0/0")], sex=Sex.MALE),
        person(tmp_path, "c", calls(200, 300), [block(1, 1000, "0/0")]),
        person(tmp_path, "d", calls(300), [block(1, 1000, "0/0")]),
    ]
    frequencies(tmp_path / "o.vcf.gz", people, facts, Settings(minimum_count=4))
    first, second, third = records(tmp_path / "o.vcf.gz")
    assert (first["AC_M"], first["AC_F"]) == ("4", "0")
    assert second["AC"] == "6"
    assert "AC_M" not in second
    assert (third["AC_M"], third["AC_F"]) == ("0", "4")


def test_a_group_of_whom_nothing_is_known_is_left_out_of_the_record(tmp_path, facts):
    people = [
        person(tmp_path, "a", [variant(100, "A>C", "0/1")], [], sex=Sex.MALE),
        person(tmp_path, "b", [], []),
    ]
    frequencies(tmp_path / "o.vcf.gz", people, facts)
    found = records(tmp_path / "o.vcf.gz")[0]
    assert found["AC_M"] == "1"
    assert "AN_F" not in found


def test_the_same_bytes_for_any_number_of_processes_and_order_of_people(tmp_path, facts):
    people = family(tmp_path)
    settings = Settings(minimum_count=1, founders_only=False, window=100)
    frequencies(tmp_path / "a.vcf.gz", people, facts, settings)
    frequencies(tmp_path / "b.vcf.gz", people[::-1], facts, settings, threads=3)
    for end in ("", ".tbi"):
        one, other = (tmp_path / f"{name}.vcf.gz{end}" for name in "ab")
        assert one.read_bytes() == other.read_bytes()


def test_nothing_about_a_person_is_written(tmp_path, facts):
    frequencies(tmp_path / "o.vcf.gz", family(tmp_path), facts)
    with pysam.BGZFile(str(tmp_path / "o.vcf.gz")) as file:
        text = file.read()
    assert b"subject" not in text
    assert str(tmp_path).encode() not in text
    assert b"FORMAT" not in text


def test_only_primary_contigs_are_in_it(tmp_path, facts):
    frequencies(tmp_path / "o.vcf.gz", family(tmp_path), facts)
    contigs = [line for line in header(tmp_path / "o.vcf.gz") if line.startswith("##contig")]
    assert [line.split(",")[0] for line in contigs] == ["##contig=<ID=chr20", "##contig=<ID=chrX"]


def test_the_spectrum_has_every_allele_once(tmp_path, facts):
    calls = [variant(100, "A>C", "0/1"), variant(200, "A>C", "1/1")]
    told = frequencies(tmp_path / "o.vcf.gz", [person(tmp_path, "a", calls, [])], facts)
    assert [(place, n) for place, n in enumerate(told.spectrum) if n] == [(10, 1), (19, 1)]


@pytest.mark.parametrize(
    ("alleles", "message"),
    [
        ("A>C,G", "100: a record with several alleles; split it"),
        ("AC>GC", "100: AC and GC: they end in the same base; normalise the calls"),
        ("CAA>CA", "they end in the same base"),
        ("CA>CG", "they begin in the same base"),
        ("A><DEL>", "they are not bases alone"),
        ("A>*", "they are not bases alone"),
    ],
)
def test_calls_that_are_not_normalised_are_refused(tmp_path, alleles, message):
    with pytest.raises(FrequencyError, match=message):
        numbers([person(tmp_path, "a", [variant(100, alleles, "0/1")], [])])


def test_a_file_that_is_cut_ends_the_job_and_leaves_nothing(tmp_path, facts):
    one = person(tmp_path, "a", [variant(p, "A>C", "0/1") for p in range(1, 999)], [])
    content = one.variants.read_bytes()
    one.variants.write_bytes(content[: len(content) // 2])
    for threads in (1, 2):
        with pytest.raises((ToolError, FrequencyError)):
            frequencies(tmp_path / "o.vcf.gz", [one], facts, threads=threads)
    assert not list(tmp_path.glob("o.vcf.gz*"))


def test_nobody_to_count_is_told(tmp_path, facts):
    with pytest.raises(FrequencyError, match="there is nobody"):
        frequencies(tmp_path / "o.vcf.gz", [], facts)


def drawn(seed: int, folder: Path) -> tuple[list[Person], Path]:
    """Draw people with variants, blocks of any quality and gaps between them, and a reference."""
    draw = random.Random(seed)
    bases = "".join(draw.choice("ACGT") for _ in range(LENGTH))
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name in CONTIGS))
    pysam.faidx(str(fasta))
    sites = {pos: draw.choice("ACGT".replace(bases[pos - 1], "")) for pos in range(20, LENGTH, 37)}
    people = []
    for name in ("one", "two", "three", "four", "five", "six"):
        calls, blocks, pos = [], [], 1
        while pos <= LENGTH:
            if pos in sites and draw.random() < 0.6:
                genotype = draw.choice(["0/1", "1/1", "1|0", "1"])
                call = f"{genotype}:{draw.choice([5, 20, 60])}:30"
                start = f"chr20 {pos} . {bases[pos - 1]} {sites[pos]}"
                calls.append(f"{start} 90 PASS . GT:GQ:DP {call}")
                blocks.append(f"{start},<NON_REF> 90 . . GT:GQ:DP {call}")
                pos += 1
                continue
            end = min([pos + draw.randint(0, 30), LENGTH, *(s - 1 for s in sites if s > pos)])
            if draw.random() < 0.8:
                genotype = draw.choice(["0/0", "0/0", "0", "./."])
                values = f"END={end} GT:GQ:DP {genotype}:{draw.choice([0, 19, 20, 50])}:30"
                blocks.append(f"chr20 {pos} . {bases[pos - 1]} <NON_REF> . . {values}")
            pos = end + 1
        sex = draw.choice([Sex.MALE, Sex.FEMALE])
        people.append(person(folder, name, calls, blocks, sex=sex))
    return people, fasta


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_bcftools_merge_and_fill_tags(tmp_path, facts, seed):
    people, fasta = drawn(seed, tmp_path)
    sexes = [f"{p.sample}\t{'M' if p.sex is Sex.MALE else 'F'}\n" for p in people]
    (tmp_path / "sexes").write_text("".join(sexes))
    shell = f"""set -eo pipefail
    bcftools merge -m all -g {fasta} {" ".join(str(p.gvcf) for p in people)} -Ou |
    bcftools +setGT -Ou - -- -t q -n . -i 'FMT/GQ<20' |
    bcftools norm -m -any -f {fasta} -Ou |
    bcftools view -e 'ALT="<NON_REF>"' -Ou |
    bcftools +fill-tags -Ou - -- -S {tmp_path}/sexes -t AN,AC,AC_Hom,AC_Het,AC_Hemi |
    bcftools query -i 'AC>0' -f '{THEIRS}'"""
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = sorted(line.replace("\t.", "\t0") for line in done.stdout.splitlines())
    frequencies(tmp_path / "o.vcf.gz", people, facts)
    ours = subprocess.run(
        ["bcftools", "query", "-f", OURS, tmp_path / "o.vcf.gz"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(theirs) > 15
    assert sorted(line.replace("\t.", "\t0") for line in ours.stdout.splitlines()) == theirs


KINDS = "%AN\t%AC\t%AC_Hom\t%AC_Het\t%AC_Hemi"
PLACE = "%CHROM\t%POS\t%REF\t%ALT"
THEIRS = f"{PLACE}\t{KINDS}\t%AN_M\t%AC_M\t%AC_Hom_M\t%AC_Hemi_M\t%AN_F\t%AC_F\t%AC_Het_F\\n"
OURS = f"{PLACE}\t{KINDS}\t%AN_M\t%AC_M\t%AC_M_Hom\t%AC_M_Hemi\t%AN_F\t%AC_F\t%AC_F_Het\\n"
