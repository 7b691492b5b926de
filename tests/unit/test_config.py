"""Settings: what is taken, from where, and that the shipped config shows every key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from schelde.config import DEFAULT_CONFIG, Draft, Settings, read_settings
from schelde.errors import Problem
from schelde.names import Place
from schelde.settings_help import leaves

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / DEFAULT_CONFIG
DEMO = {
    *("reference.name", "reference.fasta", "reference.assembly", "qc.panel"),
    *("bundle.dataset", "bundle.pseudonyms", "bundle.recipients", "bundle.targets"),
    "bundle.minimum_count",
}
"""Keys that the shipped file sets to the demo's."""


def read(folder: Path, *texts: str, **overrides: object) -> tuple[Draft, list[Problem]]:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.yaml")
        files[-1].write_text(text)
    problems: list[Problem] = []
    draft = read_settings(overrides, files, problems)
    assert draft is not None
    return draft, problems


def flat(values: dict[str, object], within: str = "") -> dict[str, object]:
    """Return nested values by their dotted keys."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{within}{key}.")
        else:
            found[within + key] = value
    return found


def test_the_shipped_config_shows_every_key_in_the_order_of_the_model() -> None:
    shipped = flat(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))
    keys = [".".join(path) for path, _ in leaves(Settings)]
    assert sorted(shipped) == sorted(keys)
    assert [key.split(".")[0] for key in shipped] == [key.split(".")[0] for key in keys]


def test_the_shipped_config_shows_the_defaults_but_for_the_demo() -> None:
    values = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    shipped = flat(Settings.model_validate(values).model_dump())
    default = flat(Settings.model_validate({"reference": {"name": "demo"}}).model_dump())
    assert {key for key in shipped if shipped[key] != default[key]} <= DEMO


def test_every_key_of_the_shipped_config_has_a_comment_above_it() -> None:
    above = ""
    for line in SHIPPED.read_text(encoding="utf-8").split("\n"):
        key = line.strip().split(":")[0]
        if line.strip() and not line.strip().startswith("#") and not line.endswith(":"):
            assert above.strip().startswith("#"), key
        above = line


def test_a_later_config_file_wins_key_by_key(tmp_path: Path) -> None:
    first = "reference: {name: a, assembly: GRCh37}\ncall: {pieces: 3}\n"
    draft, problems = read(tmp_path, first, "call: {caller: freebayes}\nreference: {name: b}\n")
    assert not problems
    assert draft.settings.reference.name == "b"
    assert draft.settings.reference.assembly == "GRCh37"
    assert draft.settings.call.model_dump(include={"pieces", "caller"}) == {
        "pieces": 3,
        "caller": "freebayes",
    }


def test_a_value_that_snakemake_repeats_from_the_file_keeps_its_line(tmp_path: Path) -> None:
    text = "reference:\n  name: a\ncall:\n  pieces: 3\n  caller: gatk\n"
    same = {"pieces": 3, "caller": "bcftools"}
    draft, _ = read(tmp_path, text, call=same)
    assert draft.place("call", "pieces") == Place(str(tmp_path / "0.yaml"), 4)
    assert draft.place("call", "caller") == Place("--config")
    assert draft.settings.call.caller == "bcftools"


def test_the_place_of_a_default_is_its_block_or_the_file(tmp_path: Path) -> None:
    draft, _ = read(tmp_path, "reference:\n  name: a\n")
    file = str(tmp_path / "0.yaml")
    assert draft.place("reference", "md5") == Place(file, 1)
    assert draft.place("call", "caller") == Place(file)


def test_numbers_and_truth_values_of_the_command_line_may_be_text(tmp_path: Path) -> None:
    """Snakemake reads nested values of --config as text."""
    draft, problems = read(tmp_path, "reference: {name: a}\n", call={"pieces": "8", "bqsr": "true"})
    assert not problems
    assert (draft.settings.call.pieces, draft.settings.call.bqsr) == (8, True)


def test_variants_are_called_on_the_cpu_unless_a_gpu_is_chosen(tmp_path: Path) -> None:
    draft, _ = read(tmp_path, "reference: {name: a}\n")
    assert draft.settings.call.device == "cpu"


@pytest.mark.parametrize("device", ["cuda", "auto", True])
def test_a_device_is_cpu_or_gpu_and_nothing_else(tmp_path: Path, device: object) -> None:
    _, problems = read(tmp_path, "reference: {name: a}\n", call={"device": device})
    assert [problem.what.split(" is ")[0] for problem in problems] == ["'call.device'"]


@pytest.mark.parametrize("md5", ["0123456789abcdef0123456789ABCDEF", None])
def test_an_md5_may_be_in_any_case_or_left_out(tmp_path: Path, md5: str | None) -> None:
    given = "null" if md5 is None else f"'{md5}'"
    draft, problems = read(tmp_path, f"reference: {{name: a, md5: {given}}}\n")
    assert not problems
    assert draft.settings.reference.md5 == md5


def test_mistaken_blocks_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    draft, problems = read(
        tmp_path, "lanes: x.tsv\nreference: 3\ncall: {pieces: 0, caller: freebayes}\n"
    )
    assert len(problems) == 2
    assert draft.broken == {"reference", "call"}
    assert (draft.settings.lanes, draft.settings.call.caller) == ("x.tsv", "freebayes")


def test_settings_cannot_be_changed() -> None:
    settings = Settings.model_validate({"reference": {"name": "a"}})
    with pytest.raises(ValueError, match="frozen"):
        settings.lanes = "other.tsv"
