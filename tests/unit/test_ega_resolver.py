from __future__ import annotations

import json

import pytest
from tests.unit.ega_bundle import RECORDS, registered, write_bundle
from tests.unit.ega_server import inbox, submit
from tests.unit.made_record import made_record

from schelde.documents.ega_api import STEPS
from schelde.documents.sda import FEDERATED
from schelde.ega.objects import KINDS
from schelde.ega.resolver import (
    read_ids,
    resolve,
    resolve_messages,
    write_messages,
    write_resolved,
)
from schelde.errors import UserError


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundle", made_record())


def problems(bundle, ids, **others) -> list[str]:
    with pytest.raises(UserError) as caught:
        resolve(bundle, ids, **others)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_a_submission_leaves_no_alias(tmp_path, record):
    posted = submit(write_bundle(tmp_path, record), record)
    assert len(posted) >= 7
    assert "@" not in json.dumps(posted)


def test_a_server_gets_every_payload_in_order_with_the_ids_that_it_gave(bundle):
    posted = submit(bundle, made_record())
    assert [path for path, _, _ in posted[:3]] == [
        "/submissions",
        "/submissions/5000/studies",
        "/submissions/5000/samples",
    ]
    run = next(payload for path, _, payload in posted if path.endswith("/runs"))
    assert run["files"] == [700]
    assert (run["experiment_provisional_id"], run["sample_provisional_id"]) == (5005, 5002)
    dataset = posted[-2][2]
    assert dataset["run_provisional_ids"] == [5008, 5009, 5010]
    assert dataset["policy_accession_id"] == "EGAP00000000009"
    assert len(posted) == 16


def test_what_needs_no_ids_is_resolved_without_any(bundle):
    resolved = resolve(bundle, {}, kinds=("submission",))
    assert list(resolved) == ["ega/api/submission.json", STEPS]
    assert resolved[STEPS][0]["post"] == "/submissions"


def test_every_alias_without_an_id_is_told_at_once(bundle):
    found = problems(bundle, {}, kinds=("run",))
    assert len(found) == 9 + 1  # files, experiments, samples, and the submission
    assert any("there is no id for @file:P1AAAA.cram.c4gh" in each for each in found)


def test_without_any_id_all_that_are_wanted_are_told(bundle):
    text = "\n".join(problems(bundle, {}))
    for alias in ("@submission:made-trio", "@study:made-study", "@run:P1AAAA.reads"):
        assert f"there is no id for {alias};" in text


def test_an_id_of_nothing_in_the_bundle_is_told_with_the_nearest_alias(bundle):
    found = problems(bundle, {"@sample:P1AAA": 1}, kinds=("submission",))
    what = "--ids: no document of the bundle has the alias @sample:P1AAA"
    assert found == [f"{what}; did you mean '@sample:P1AAAA'?"]


@pytest.mark.parametrize("value", ["EGAN00000000001", -1, True, None, 1.5, [1]])
def test_a_provisional_id_is_a_whole_number(bundle, value):
    found = problems(bundle, {"@sample:P1AAAA": value}, kinds=("submission",))
    assert "give the provisional id, a whole number" in found[0]


@pytest.mark.parametrize("value", [12, "EGAP1", "EGAD00000000001", "EGAP000000000011"])
def test_a_policy_has_an_accession(bundle, value):
    found = problems(bundle, {"@egap:made-policy": value}, kinds=("submission",))
    assert "give the accession, EGAP and 11 digits" in found[0]


def test_the_id_of_a_file_that_is_not_described_is_taken(bundle):
    resolve(bundle, {"@file:P1AAAA.cram.crai.c4gh": 3}, kinds=("submission",))


def test_an_unknown_kind_is_told(bundle):
    found = problems(bundle, {}, kinds=("submission", "sampel"))
    assert found == ["--kind: there are no payloads of 'sampel'; did you mean 'sample'?"]


def test_a_study_that_is_at_ega_needs_no_id(tmp_path):
    record = registered()
    bundle = write_bundle(tmp_path, record)
    assert not any("study" in path for path, _, _ in submit(bundle, record))


def test_messages_of_a_federated_node_are_filled(bundle):
    text = (bundle / FEDERATED).read_text()
    aliases = sorted({part for part in text.split('"') if part.startswith("@")})
    ids = {
        alias: f"{'EGAD' if alias.startswith('@egad') else 'EGAF'}{number:011}"
        for number, alias in enumerate(aliases)
    }
    messages = resolve_messages(bundle, ids)
    assert len(messages) == 32
    assert "@e" not in json.dumps(messages)
    assert messages[-1]["dataset_id"] == "EGAD00000000000"


def test_messages_do_not_refuse_the_ids_of_payloads(bundle):
    with pytest.raises(UserError) as caught:
        resolve_messages(bundle, inbox(made_record()))
    assert all("there is no id for @eg" in str(each) for each in caught.value.problems)
    assert len(caught.value.problems) == 16


@pytest.mark.parametrize(
    "steps",
    [
        "[]x",
        '{"a": 1}',
        "[1]",
        '[{"document": "../../secret.json", "post": "/submissions", "gives": null}]',
        '[{"document": "run-../x.json", "post": "/submissions", "gives": null}]',
        '[{"document": "study.json", "gives": null}]',
        '[{"document": "study.json", "post": "/submissions"}]',
    ],
)
def test_an_order_that_is_none_is_a_problem(bundle, steps):
    (bundle / STEPS).write_text(steps)
    assert len(problems(bundle, {})) == 1


def test_a_folder_that_is_no_bundle_is_a_problem(tmp_path):
    assert "ega/api/steps.json: this file is missing" in problems(tmp_path, {})[0]
    with pytest.raises(UserError, match="this file is missing"):
        resolve_messages(tmp_path, {})


def test_ids_are_read_from_a_json_object(tmp_path):
    (tmp_path / "ids.json").write_text('{"@sample:P1AAAA": 12}')
    assert read_ids(tmp_path / "ids.json") == {"@sample:P1AAAA": 12}


@pytest.mark.parametrize("text", ["[1]", "12", "{", ""])
def test_ids_in_another_shape_are_a_problem(tmp_path, text):
    (tmp_path / "ids.json").write_text(text)
    with pytest.raises(UserError, match=r"ids\.json"):
        read_ids(tmp_path / "ids.json")


def test_what_is_resolved_is_written_under_its_path(bundle, tmp_path):
    write_resolved(resolve(bundle, {}, kinds=("submission",)), tmp_path / "out")
    written = sorted(p.name for p in (tmp_path / "out" / "ega" / "api").iterdir())
    assert written == ["steps.json", "submission.json"]
    write_messages([{"type": "release"}], tmp_path / "out")
    assert (tmp_path / "out" / FEDERATED).read_text() == '{"type": "release"}\n'


def test_kinds_are_those_of_the_steps(bundle):
    steps = json.loads((bundle / STEPS).read_text())
    kinds = [step["document"].removesuffix(".json").split("-")[0] for step in steps]
    assert tuple(dict.fromkeys(kinds)) == KINDS
