"""What rules say that they prove, and docs/verify.md, which tells it."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT

from schelde.verify.manual import TITLES, page
from schelde.verify.rule import Rule
from schelde.verify.run import TOPICS, all_rules

RULES = all_rules()


def test_the_page_is_what_the_rules_say() -> None:
    assert (ROOT / "docs/verify.md").read_text(encoding="utf-8") == page()


def test_the_page_has_every_topic_in_the_order_of_the_report() -> None:
    assert tuple(TITLES) == TOPICS


def test_the_page_has_every_rule_once() -> None:
    told = re.findall(r"^\| `([a-z.0-9_]+)` \|", page(), re.MULTILINE)
    assert told == [rule.id for rule in RULES]
    assert len(set(told)) == len(told) >= 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_a_rule_proves_is_one_plain_sentence_that_can_stand_after_a_name(rule: Rule) -> None:
    assert rule.proves[0].islower()
    assert not re.search(r"[;:|()]|\.( |$)|  ", rule.proves)
    assert 20 <= len(rule.proves) <= 150
