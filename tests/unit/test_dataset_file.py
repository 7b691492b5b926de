"""config/dataset.yaml: what is taken, and each message for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.bundle.dataset import Description
from schelde.config import Settings
from schelde.dataset_file import read_dataset
from schelde.demo.dataset import DATASET_TEXT
from schelde.errors import Problem
from schelde.settings_help import PATTERNS, leaves, pattern_of

LINES = DATASET_TEXT.splitlines()


def read(folder: Path, text: str) -> tuple[Description | None, list[Problem]]:
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    return read_dataset(str(folder / "dataset.yaml"), problems), problems


def with_line(start: str, line: str) -> str:
    """Return the demo's file with the first line that starts so put in place of another."""
    number = next(n for n, old in enumerate(LINES) if old.startswith(start))
    return "\n".join([*LINES[:number], *line.split("\n"), *LINES[number + 1 :], ""])


def test_the_demos_file_is_a_description(tmp_path: Path) -> None:
    found, problems = read(tmp_path, DATASET_TEXT)
    assert not problems
    assert found is not None
    assert (found.alias, found.issued, found.release) == ("demo-trio", "2026-01-31", "2026-03-01")
    assert found.creators == (found.publisher,)
    assert found.conforms_to == "ExternallyGoverned"
    assert (found.use.permission, len(found.use.modifiers)) == ("DUO:0000006", 2)


def test_days_may_stand_in_quotes_or_not(tmp_path: Path) -> None:
    found, problems = read(tmp_path, with_line("issued:", "issued: '2026-01-31'"))
    assert not problems
    assert found is not None
    assert found.issued == "2026-01-31"


def test_most_keys_of_the_demo_are_shown(tmp_path: Path) -> None:
    found, _ = read(tmp_path, DATASET_TEXT)
    assert found is not None
    left = Description.model_fields.keys() - found.model_fields_set
    assert not left


@pytest.mark.parametrize(
    ("start", "line", "message"),
    [
        ("title:", 'title: "a\\x07b"', "'title' has a control character: '\\x07'; take it out"),
        ("title:", 'title: "a\\ud800"', "'title' has a control character: '\\ud800'"),
        ("access_url:", 'access_url: "https://a.org/\\x01"', "'access_url' has a control char"),
        ("title:", "titel: x", "unknown key 'titel'; did you mean 'title'?"),
        ("title:", "title: 7", "'title' is '7' (a number); give text, in quotes"),
        ("title:", "title: ''", "'title' is empty; give text"),
        ("alias:", "alias: my trio", "'alias' is 'my trio' (text); give a name of letters, digi"),
        ("identifier:", "identifier: BE-1", "give an identifier such as GDI-BE-EXAMPLE-20260101"),
        (
            "frequencies_identifier:",
            "frequencies_identifier: GDI-BE-EXAMPLE-20260101",
            "'frequencies_identifier' is that of the genomes; give the public dataset one of its",
        ),
        ("keywords:", "keywords: genome", "'keywords' is 'genome' (text); give a list"),
        ("keywords:", "keywords: []", "'keywords' is a list; give a list, such as [first, secon"),
        ("issued:", "issued: 31/01/2026", "'issued' is '31/01/2026' (text); give a day, such as"),
        ("issued:", "issued: 2026-02-31", "'issued' is '2026-02-31'; give a day"),
        (
            "issued:",
            "issued: 2026-01-31 10:00:00",
            "'issued' is '2026-01-31 10:00:00' (text); give",
        ),
        ("release:", "release: 2026-01-30", "'release' 2026-01-30 lies before 'issued' 2026-01-31"),
        ("  country:", "  country: NO", "is false (true or false); give a country's two letters"),
        ("  country:", "  country: UK", "'UK' is not the code of a country; resources/countries."),
        ("  email:", "  email: me", "'publisher.email' is 'me' (text); give a mailbox, such as d"),
        ("  homepage:", "  homepage: example.org", "give an address that begins with https:// or"),
        ("creators:", "creators: us", "'creators' is 'us' (text); give a list"),
        (
            "creators:",
            "creators:\n  - nmae: us",
            "unknown key 'creators[1].nmae'; did you mean 'name'?",
        ),
        ("creators:", "creators: [us]", "'creators[1]' is 'us' (text); give a block of keys"),
        (
            "creators:",
            "creators:\n  - name: us",
            "'creators[1].identifier' is missing; give it: address that names it for good",
        ),
        ("contact:", "kontact:", "unknown key 'kontact'; did you mean 'contact'?"),
        ("  permission:", "  permission: DUO:0000019", "is 'DUO:0000019 (PUB)', a modifier; give "),
        ("  permission:", "  permission: DUO:9999999", "no permission of DUO; give one of DUO:000"),
        ("  permission:", "  permission: GRU", "'use.permission' is 'GRU' (text); give a term suc"),
        ("  permission:", "  permission: DUO:0000007", "but there is no disease; give its MONDO t"),
        ("  modifiers:", "  disease: MONDO:0007739\n  modifiers:", "'use.disease' is given, but "),
        ("    - DUO:0000019", "    - DUO:0000042", "'use.modifiers[1]' is 'DUO:0000042 (GRU)', a"),
        ("    - DUO:0000019", "    - PUB", "'use.modifiers[1]' is 'PUB' (text); give a term such"),
        ("legal_basis:", "legal_basis: consent", "did you mean 'Consent'?"),
        ("access:", "access: PUBLIC", "'access' is 'PUBLIC' (text); did you mean 'NON_PUBLIC'?"),
        ("conforms_to:", "conforms_to: 1MGcomplaint", "(text); did you mean '1MGCompliant'?"),
        ("  type:", "  type: Genomes", "'Genomes' is not a type of study at EGA; "),
        ("license:", "", "'license' is missing; give it: licence or terms, as an address"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    tmp_path: Path, start: str, line: str, message: str
) -> None:
    found, problems = read(tmp_path, with_line(start, line))
    assert found is None
    assert any(message in str(problem) for problem in problems), [str(p) for p in problems]


def test_a_mistake_is_told_at_its_line_and_once(tmp_path: Path) -> None:
    found, problems = read(tmp_path, with_line("    - DUO:0000019", "    - DUO:0000042"))
    line = next(n for n, text in enumerate(LINES, start=1) if text.startswith("    - DUO:0000019"))
    assert found is None
    assert [(problem.file, problem.line) for problem in problems] == [
        (str(tmp_path / "dataset.yaml"), line)
    ]


def test_the_short_description_that_ega_refuses_is_refused(tmp_path: Path) -> None:
    text = with_line("title:", "title: x").replace(
        "description: >-", "description: >-\n  x\nold: >-"
    )
    _, problems = read(tmp_path, text)
    assert any("give text of at least 50 characters" in str(problem) for problem in problems)


def test_a_control_character_in_the_description_is_told(tmp_path: Path) -> None:
    text = with_line("title:", "title: x").replace(
        "description: >-", f'description: "{"a" * 60}\\x0b"\nold: >-'
    )
    _, problems = read(tmp_path, text)
    assert any("'description' has a control character: '\\x0b'" in p.what for p in problems)


def test_every_pattern_of_config_and_dataset_is_called_something() -> None:
    fields = [field for model in (Settings, Description) for _, field in leaves(model)]
    patterns = {pattern_of(field) for field in fields} - {None}
    assert patterns == PATTERNS.keys()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    number=st.integers(0, len(LINES) - 1),
    value=st.sampled_from(
        ["", " []", " {}", " null", " true", " 7", " x", " [null]", " {a: b}", " 2026-01-31"]
    ),
)
def test_a_value_of_any_other_kind_is_told_without_a_traceback(
    tmp_path: Path, number: int, value: str
) -> None:
    key = LINES[number].split(":")[0]
    _, problems = read(
        tmp_path, "\n".join([*LINES[:number], f"{key}:{value}", *LINES[number + 1 :]])
    )
    assert all(str(problem) for problem in problems)
