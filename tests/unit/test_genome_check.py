"""Reference and assembly that fit; misfits are in test_inputs.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from schelde import paths
from schelde.config import read_settings
from schelde.errors import Problem
from schelde.fetch import read_references
from schelde.genome_check import (
    OTHER_NAMES,
    alternate_contig,
    check_assembly,
    check_reference,
)
from schelde.site import Site

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "resources/references.tsv"


def reference(folder: Path, values: Mapping[str, object]) -> object:
    """Check a reference by its settings; return its lengths, or the problems."""
    config = folder / "config.yaml"
    config.write_text(json.dumps({"reference": dict(values)}))
    problems: list[Problem] = []
    draft = read_settings({}, [config], problems)
    assert draft is not None
    lengths = check_reference(draft, Site(), ROOT, problems, thorough=True)
    check_assembly(draft, ROOT, lengths, problems)
    return [str(problem) for problem in problems] or lengths


def test_the_shipped_list_of_references_is_right() -> None:
    listed = read_references(TABLE)
    shipped = {path.stem for path in (ROOT / "resources/assemblies").glob("*.yaml")}
    assert {entry.assembly for entry in listed.values()} <= shipped
    assert all(entry.md5 and len(entry.md5) == 32 for entry in listed.values())
    assert set(OTHER_NAMES.values()) <= shipped


def test_every_shipped_reference_can_be_named_without_a_fasta(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, entry in read_references(TABLE).items():
        assert reference(tmp_path, {"name": name, "assembly": entry.assembly}) is None


def test_a_reference_that_was_fetched_has_its_lengths_from_the_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name, entry = next(iter(read_references(TABLE).items()))
    facts = {"name": name, "contigs": [{"name": "chr1", "length": 248956422}]}
    Path(paths.GENOME_FACTS).parent.mkdir(parents=True)
    Path(paths.GENOME_FACTS).write_text(json.dumps(facts))
    values = {"name": name, "assembly": entry.assembly}
    assert reference(tmp_path, values) == {"chr1": 248956422}


def test_a_fasta_of_ones_own_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.fa").write_text(">chr1\nACGT\n")
    assert reference(tmp_path, {"name": "mine", "fasta": "my.fa"}) == {"chr1": 4}


@pytest.mark.parametrize(
    ("contigs", "found"),
    [
        (["chr1", "chrUn_KI270302v1", "chrEBV", "hs37d5"], None),
        (["chr1", "chr1_KI270762v1_alt"], "chr1_KI270762v1_alt"),
        (["chr1", "HLA-A*01:01:01:01"], "HLA-A*01:01:01:01"),
    ],
)
def test_alternate_contigs_are_known_by_their_names(contigs: list[str], found: str | None) -> None:
    assert alternate_contig(dict.fromkeys(contigs, 9)) == found


def test_a_genome_whose_bytes_nothing_vouches_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "resources").mkdir()
    header, row, *_ = TABLE.read_text().splitlines()
    cells = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    bare = "\t".join("" if key == "md5" else cell for key, cell in cells.items())
    (tmp_path / "resources/references.tsv").write_text(f"{header}\n{bare}\n")
    config = tmp_path / "config.yaml"
    config.write_text(f"reference: {{name: {cells['name']}, assembly: {cells['assembly']}}}\n")
    problems: list[Problem] = []
    draft = read_settings({}, [config], problems)
    assert draft is not None
    check_reference(draft, Site(), tmp_path, problems, thorough=True)
    assert [problem.remedy for problem in problems] == ["give its MD5 with reference.md5"]


FASTA = ">chr1\nACGT\n"
MD5 = hashlib.md5(FASTA.encode()).hexdigest()


@pytest.fixture
def on_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Check a run on a known genome that the site has; return what is told and found."""
    monkeypatch.chdir(tmp_path)
    header, row, *_ = TABLE.read_text().splitlines()
    cells = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    Path("resources").mkdir()
    Path("copy.fa").write_text(FASTA)
    settings = f"reference: {{name: {cells['name']}, assembly: {cells['assembly']}}}\n"
    Path("config.yaml").write_text(settings)

    def check(md5: str) -> list[str]:
        known = "\t".join((cells | {"md5": md5}).values())
        Path("resources/references.tsv").write_text(f"{header}\n{known}\n")
        problems: list[Problem] = []
        draft = read_settings({}, [Path("config.yaml")], problems)
        assert draft is not None
        site = Site(references={cells["name"]: "copy.fa"})
        found = check_reference(draft, site, tmp_path, problems, thorough=True)
        return [str(found), *(problem.what for problem in problems)]

    return check


def test_the_sites_file_of_a_known_genome_is_taken(on_site: Callable[[str], list[str]]) -> None:
    assert on_site(MD5) == ["{'chr1': 4}"]


def test_the_sites_file_must_have_the_md5_of_the_known_genome(
    on_site: Callable[[str], list[str]],
) -> None:
    _, told = on_site("0" * 32)
    assert told == f"'copy.fa' has MD5 {MD5}, not {'0' * 32}"
