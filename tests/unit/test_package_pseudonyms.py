"""The key file: new pseudonyms for who has none, no row ever changed, nobody else may read it."""

from __future__ import annotations

import os
import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.errors import Problem, UserError
from schelde.package.pseudonyms import ALPHABET, Key, _new_entries, extend_key, read_key, tells

PEOPLE = {"NA1": "anna", "NA2": "anna", "NA3": None, "anna": None}
SECRET = f"secret\treads\t{'ab' * 32}\n"
HEADER = "kind\tid\tpseudonym\n"


def key_of(path) -> Key:
    problems: list[Problem] = []
    key = read_key(path, problems)
    assert problems == [] and key is not None
    return key


def told(tmp_path, text: str, mode: int = 0o600) -> list[str]:
    path = tmp_path / "key.tsv"
    path.write_text(text)
    path.chmod(mode)
    problems: list[Problem] = []
    assert read_key(path, problems) is None
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in UserError(problems).problems]


def test_a_new_file_has_a_row_for_each_sample_and_person(tmp_path):
    path = tmp_path / "home" / "key.tsv"
    added = extend_key(path, PEOPLE)
    assert [(entry.kind, entry.id) for entry in added] == [
        ("sample", "NA1"),
        ("subject", "anna"),
        ("sample", "NA2"),
        ("sample", "NA3"),
        ("sample-subject", "NA3"),
        ("sample", "anna"),
        ("sample-subject", "anna"),
    ]
    key = key_of(path)
    assert all(key.has(sample, subject) for sample, subject in PEOPLE.items())
    assert {key.sample(entry.id) for entry in added if entry.kind == "sample"} == {
        entry.pseudonym for entry in added if entry.kind == "sample"
    }


def test_samples_of_one_person_share_its_pseudonym_and_others_have_their_own(tmp_path):
    extend_key(tmp_path / "key.tsv", PEOPLE)
    key = key_of(tmp_path / "key.tsv")
    subjects = [key.subject(sample, subject) for sample, subject in PEOPLE.items()]
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3


def test_pseudonyms_are_a_letter_and_ten_of_crockfords(tmp_path):
    people = {f"x{n}": None for n in range(200)}
    added = extend_key(tmp_path / "key.tsv", people)
    assert all(re.fullmatch(f"[PS][{ALPHABET}]{{10}}", entry.pseudonym) for entry in added)
    assert len({entry.pseudonym for entry in added}) == 400
    assert not set("ILOU") & set(ALPHABET)


def test_two_files_have_different_pseudonyms_and_secrets(tmp_path):
    keys = []
    for name in ("a", "b"):
        extend_key(tmp_path / name, {"NA1": None})
        keys.append(key_of(tmp_path / name))
    assert keys[0].secret != keys[1].secret
    assert keys[0].samples != keys[1].samples
    assert len(keys[0].secret) == 32


def test_rows_that_are_there_never_change(tmp_path):
    path = tmp_path / "key.tsv"
    extend_key(path, {"NA1": "anna"})
    before = path.read_text()
    assert extend_key(path, {"NA1": "anna"}) == []
    assert path.read_text() == before
    extend_key(path, {"NA9": "anna", "NA1": "anna"})
    assert path.read_text().startswith(before)
    assert len(path.read_text().splitlines()) == len(before.splitlines()) + 1


def test_an_empty_run_still_makes_the_secret_once(tmp_path):
    path = tmp_path / "key.tsv"
    assert extend_key(path, {}) == []
    secret = key_of(path).secret
    extend_key(path, {"NA1": None})
    assert key_of(path).secret == secret


def test_only_the_owner_may_read_the_file(tmp_path):
    before = os.umask(0)
    try:
        extend_key(tmp_path / "key.tsv", {"NA1": None})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key.tsv").stat().st_mode) == 0o600


def test_the_part_beside_it_is_closed_to_others_from_its_first_moment(tmp_path, monkeypatch):
    modes = []
    first = os.open

    def watched(path, flags, mode=0o777, **others):
        modes.append((str(path), flags & os.O_EXCL, mode))
        return first(path, flags, mode, **others)

    monkeypatch.setattr("schelde.package.pseudonyms.os.open", watched)
    extend_key(tmp_path / "key.tsv", {"NA1": None})
    assert modes[0] == (f"{tmp_path}/key.tsv.part", os.O_EXCL, 0o600)


def test_no_part_is_left_behind(tmp_path):
    extend_key(tmp_path / "key.tsv", {"NA1": None})
    assert [path.name for path in tmp_path.iterdir()] == ["key.tsv"]


def test_two_writers_do_not_run_over_one_another(tmp_path):
    (tmp_path / "key.tsv.part").touch()
    with pytest.raises(UserError, match="another command is writing the key file"):
        extend_key(tmp_path / "key.tsv", {"NA1": None})
    assert (tmp_path / "key.tsv.part").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_file_that_others_may_open_is_refused(tmp_path, mode):
    path = tmp_path / "key.tsv"
    extend_key(path, {"NA1": None})
    path.chmod(mode)
    with pytest.raises(
        UserError, match=f"others than you may read this file; run chmod 600 {path}"
    ):
        extend_key(path, {"NA2": None})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("sample\tA\tPPPP\nsample\tA\tQQQQ\n", "key.tsv:4: sample 'A' is already on line 3"),
        ("sample\tA\tPPPP\nsample\tB\tPPPP\n", "key.tsv:4: pseudonym 'PPPP' is already on line 3"),
        ("sample\tA\tPPPP\nsubject\tB\tpppp\n", "key.tsv:4: pseudonym 'pppp' is already on line"),
        ("sample\tA\tP P\n", "key.tsv:3: pseudonym 'P P' cannot stand in file names"),
        ("sample\tA\tP.P.P\n", "key.tsv:3: pseudonym 'P.P.P' cannot stand in file names"),
        ("sample\tA\tP/PP\n", "key.tsv:3: pseudonym 'P/PP' cannot stand in file names"),
        ("sample\tAnna\tPannaX\n", "key.tsv:3: pseudonym 'PannaX' holds the sample 'Anna' that"),
        ("subject\tPPPP\tpppp\n", "key.tsv:3: pseudonym 'pppp' holds the subject 'PPPP' that"),
        ("smple\tA\tPPPP\n", "key.tsv:3: kind is 'smple'; did you mean 'sample'?"),
        ("sample\tA\n", "key.tsv:3: the row has 2 cells, the header has 3"),
        ("sample\t\tPPPP\n", "key.tsv:3: 'id' is empty"),
        (f"secret\treads\t{'cd' * 32}\n", "key.tsv:3: secret 'reads' is already on line 2"),
        (f"secret\tnames\t{'cd' * 32}\n", "key.tsv:3: the secret is for 'names'"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, rows, message):
    messages = told(tmp_path, HEADER + SECRET + rows)
    assert len(messages) == 1 and messages[0].startswith(message)


def test_all_mistakes_are_told_at_once(tmp_path):
    rows = "sample\tA\tP P\nsmple\tB\tPPPP\nsample\tC\n"
    assert len(told(tmp_path, HEADER + SECRET + rows, mode=0o644)) == 4


@pytest.mark.parametrize("secret", ["", "ab", "zz" * 32, "ab" * 31, "AB" * 32])
def test_a_wrong_secret_is_told_without_showing_it(tmp_path, secret):
    messages = told(tmp_path, f"{HEADER}secret\treads\t{secret}\nsample\tA\tPPPP\n")
    assert messages and (not secret or not any(secret in message for message in messages))


def test_a_file_without_secret_is_refused(tmp_path):
    assert told(tmp_path, f"{HEADER}sample\tA\tPPPP\n") == [
        "key.tsv: there is no row 'secret'; take the file from a copy; do not make one up"
    ]


@pytest.mark.parametrize("text", ["", "x", "\0", "kind\tid\n", HEADER, "\xff\xfe"])
def test_hostile_files_are_told(tmp_path, text):
    assert told(tmp_path, text)


def test_a_missing_file_is_told(tmp_path):
    problems: list[Problem] = []
    assert read_key(tmp_path / "none.tsv", problems) is None
    assert "does not exist" in str(problems[0])


def test_pseudonyms_of_ones_own_are_taken(tmp_path):
    path = tmp_path / "key.tsv"
    path.write_text(f"{HEADER}{SECRET}sample\tNA1\tBE-0001_a\nsubject\tanna\tBE-S-1\n")
    path.chmod(0o600)
    key = key_of(path)
    assert key.sample("NA1") == "BE-0001_a" and key.subject("NA1", "anna") == "BE-S-1"
    with pytest.raises(KeyError):
        key.sample("NA2")
    with pytest.raises(KeyError):
        key.subject("NA1", None)


def test_names_of_reads_have_another_key_for_each_sample_and_secret():
    keys = [
        Key(secret, {"a": "P1AA", "b": "P2AA"}, {}, {}).names_key(sample)
        for secret in (b"x" * 32, b"y" * 32)
        for sample in ("a", "b")
    ]
    assert len(set(keys)) == 4 and {len(key) for key in keys} == {32}


def test_a_key_does_not_show_its_secret():
    assert "secret" not in repr(Key(b"topsecret", {}, {}, {}))


@given(st.text("ABC012", min_size=1, max_size=12))
def test_no_new_pseudonym_tells_its_id(own):
    for entry in _new_entries(Key(b"x", {}, {}, {}), {own: None}):
        assert not tells(entry.pseudonym, own)
