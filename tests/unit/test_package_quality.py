"""Quality control as it may travel: numbers, and no words of anybody."""

from __future__ import annotations

import json

import pytest

from schelde.package.quality import (
    QualityError,
    clean_ga4gh,
    clean_metrics,
    clean_verdict,
    failed,
)

RULE = {
    "metric": "pct_reads_mapped",
    "value": 99.0,
    "comparison": ">=",
    "threshold": 90,
    "severity": "fail",
    "result": "pass",
    "source": "Ann",
    "note": "of Ann",
}


def written(path, document):
    path.write_text(json.dumps(document))
    return path


def verdict(*profiles: str, **rule: object) -> dict[str, object]:
    made = [
        {"name": name, "title": "Ann", "verdict": "pass", "rules": [RULE | rule]}
        for name in profiles
    ]
    return {"sample": "a", "verdict": "pass", "profiles": made, "hints": ["Ann"]}


def test_profiles_that_are_not_shipped_are_numbered(tmp_path):
    path = written(tmp_path / "v", verdict("of-ann", "default", "anns-other"))
    clean = clean_verdict(path, "P1", {"default"})
    assert [profile["name"] for profile in clean["profiles"]] == ["custom-1", "default", "custom-2"]
    assert "nn" not in json.dumps(clean)


@pytest.mark.parametrize("key", ["value", "threshold"])
@pytest.mark.parametrize(("word", "passes"), [("XXY", True), ("as Ann said", False)])
def test_a_word_is_kept_when_it_is_short_and_a_sentence_is_refused(tmp_path, key, word, passes):
    rule = {"metric": "karyotype", "comparison": "==", "value": "XX", "threshold": "XX", key: word}
    path = written(tmp_path / "v", verdict("default", **rule))
    if passes:
        kept = clean_verdict(path, "P1", {"default"})["profiles"][0]["rules"][0]
        assert kept[key] == word
    else:
        with pytest.raises(QualityError, match=f"the {key} of 'karyotype' is a text of its own"):
            clean_verdict(path, "P1", {"default"})


def test_a_rule_about_an_unknown_metric_is_refused(tmp_path):
    path = written(tmp_path / "v", verdict("default", metric="of-ann"))
    with pytest.raises(QualityError, match="a metric that there is not"):
        clean_verdict(path, "P1", {"default"})


@pytest.mark.parametrize(("word", "fails"), [("fail", True), ("review", False), ("pass", False)])
def test_only_fail_is_a_failure(tmp_path, word, fails):
    assert failed(written(tmp_path / "v", {"verdict": word})) is fails


def test_ga4gh_keeps_its_sixteen_numbers_alone(tmp_path):
    parts = {"aln_metrics": {"mean_autosome_coverage": 30.5, "ann": 1}, "variant_metrics": {}}
    document = {"biosample": {"id": "a"}, "wgs_qc_metrics": parts, "by": "Ann"}
    assert clean_ga4gh(written(tmp_path / "g", document), "a", "P1") == {
        "biosample": {"id": "P1"},
        "wgs_qc_metrics": {"aln_metrics": {"mean_autosome_coverage": 30.5}, "variant_metrics": {}},
    }


def test_a_ratio_to_nothing_stays_null(tmp_path):
    parts = {"aln_metrics": {}, "variant_metrics": {"ratio_insertion_deletion": None}}
    document = {"biosample": {"id": "a"}, "wgs_qc_metrics": parts}
    clean = clean_ga4gh(written(tmp_path / "g", document), "a", "P1")
    assert clean["wgs_qc_metrics"]["variant_metrics"] == {"ratio_insertion_deletion": None}


def test_metrics_of_both_files_are_joined_and_unknown_ones_left_out(tmp_path):
    qc = written(tmp_path / "q", {"metrics": {"mean_read_length": 150.0, "ann": "Ann"}})
    judged = written(tmp_path / "v", {"metrics": {"sex_agrees": True}})
    assert clean_metrics(qc, judged) == {"mean_read_length": 150.0, "sex_agrees": True}


@pytest.mark.parametrize("value", ["Ann", True, [1], {"a": 1}])
def test_a_number_that_is_none_is_refused(tmp_path, value):
    qc = written(tmp_path / "q", {"metrics": {"mean_read_length": value}})
    with pytest.raises(QualityError, match="a value that it cannot have"):
        clean_metrics(qc, written(tmp_path / "v", {}))


def test_what_is_no_object_is_refused(tmp_path):
    with pytest.raises(QualityError, match="not a JSON object"):
        failed(written(tmp_path / "v", [1]))
