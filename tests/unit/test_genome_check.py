"""Reference and assembly that fit; misfits are in test_inputs.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
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

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "resources/references.tsv"


def reference(folder: Path, values: Mapping[str, object]) -> object:
    """Check a reference by its settings; return its lengths, or the problems."""
    config = folder / "config.yaml"
    config.write_text(json.dumps({"reference": dict(values)}))
    problems: list[Problem] = []
    draft = read_settings({}, [config], problems)
    assert draft is not None
    lengths = check_reference(draft, ROOT, problems, thorough=True)
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
    check_reference(draft, tmp_path, problems, thorough=True)
    assert [problem.remedy for problem in problems] == ["give its MD5 with reference.md5"]
