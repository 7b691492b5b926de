"""Checks of the page for people: each damage is told by its rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.made_record import made_record

from schelde.bundle.record import RECORD, Record, Withdrawal
from schelde.documents.page import PAGE, page
from schelde.verify.page import RULES
from schelde.verify.report import Status
from schelde.verify.run import verify

GONE = Withdrawal(subject="S9ZZZZ", samples=("P9ZZZZ",), date="2026-02-11", files=("P9ZZZZ.cram",))
RECORDED = made_record(withdrawals=(GONE,))


def write(root: Path, text: str, record: Record = RECORDED) -> Path:
    (root / PAGE).write_text(text)
    (root / RECORD).parent.mkdir(parents=True, exist_ok=True)
    (root / RECORD).write_text(record.to_json())
    return root


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path, page(RECORDED)), rules=RULES)
    assert [outcome.findings for outcome in report.outcomes] == [()] * len(RULES)


DAMAGE: list[tuple[str, str, str, str]] = [
    ("page.alone", "</main>", "<script>1</script></main>", "has a <script>"),
    ("page.alone", "</main>", '<iframe src="x"></iframe></main>', "has a <iframe>"),
    (
        "page.alone",
        "<style>",
        '<link rel="stylesheet" href="https://cdn.example.org/x.css"><style>',
        "<link> loads 'https://cdn.example.org/x.css'",
    ),
    (
        "page.alone",
        "</main>",
        '<img alt="x" src="https://example.org/dot.png"></main>',
        "<img> loads 'https://example.org/dot.png'",
    ),
    ("page.alone", "<main ", '<main onclick="1" ', "<main> runs what its 'onclick' says"),
    ("page.alone", "</main>", '<a href=" javascript:1">x</a></main>', "a link runs"),
    ("page.alone", "<style>", "<style>@import 'x';", "its style loads something"),
    ("page.alone", "</main>", '<p style="background: url(x)">.</p></main>', "the style of a <p>"),
    ("page.alone", "default-src ", "default-src * ", "its content security policy is"),
    (
        "page.alone",
        "<style>",
        '<meta http-equiv="refresh" content="0;url=x"><style>',
        "leads elsewhere by itself",
    ),
    (
        "page.samples",
        '<tr data-sample="P1AAAA">',
        "<tr>",
        "sample P1AAAA of the record is not on the page",
    ),
    (
        "page.samples",
        '<tr data-sample="P1AAAA"><th scope="row">P1AAAA',
        '<tr data-sample="P1AAAA"><th scope="row">John',
        "the row of sample 'P1AAAA' is headed ['John']",
    ),
    (
        "page.samples",
        'data-sample="P1AAAA"',
        'data-sample="NA12878"',
        "sample 'NA12878' is not in the record",
    ),
    (
        "page.samples",
        'class="verdict pass"',
        'class="verdict fail"',
        "the verdict of sample P1AAAA is ['fail'], the record has 'pass'",
    ),
    ("page.withdrawn", "</main>", "<p>Without S9ZZZZ.</p></main>", "names S9ZZZZ"),
    ("page.withdrawn", "</main>", "<!-- P9ZZZZ.cram.c4gh --></main>", "names P9ZZZZ"),
    ("page.readable", ' lang="en"', "", "its language is not told"),
    ("page.readable", "<title>", "<title></title><p>", "it has no title"),
    ("page.readable", "<h1>", "<h2>", "0 first headings"),
    ("page.readable", "<h3>", "<h5>", "a heading of level 5 follows one of level 2"),
    ("page.readable", ' role="img"', "", "an <svg> is not told in words"),
    ("page.readable", ' id="verdicts-text"', "", "an <svg> is not told in words"),
    ("page.readable", "</main>", '<img src="data:image/png;base64,"></main>', "no alternative"),
    ("page.readable", '<th scope="col">', "<th>", "of a table has no scope"),
    ("page.readable", 'href="#contents"', 'href="#nowhere"', "leads to '#nowhere'"),
]


@pytest.mark.parametrize(("rule", "old", "new", "message"), DAMAGE)
def test_a_damage_is_told_by_its_rule(
    tmp_path: Path, rule: str, old: str, new: str, message: str
) -> None:
    text = page(RECORDED)
    assert old in text
    failed = verify(write(tmp_path, text.replace(old, new, 1)), rules=RULES).failed
    told = [
        finding.message
        for outcome in failed
        if outcome.rule == rule
        for finding in outcome.findings
    ]
    assert any(message in each for each in told), told


def test_every_rule_has_a_damage() -> None:
    assert {rule for rule, *_ in DAMAGE} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<",
        "<html",
        "\0",
        "<tr data-sample=x>" * 1000,
        "</p>" * 9,
        "<tr data-sample>",
        "<![CDATA[x",
    ],
)
def test_no_rule_ends_in_a_traceback_whatever_the_page_holds(tmp_path: Path, text: str) -> None:
    outcomes = verify(write(tmp_path, text), rules=RULES).outcomes
    assert {outcome.status for outcome in outcomes} <= {Status.PASSED, Status.FAILED}
    assert any(outcome.status is Status.FAILED for outcome in outcomes)


def test_a_missing_page_is_told(tmp_path: Path) -> None:
    (write(tmp_path, "") / PAGE).unlink()
    failed = verify(tmp_path, rules=RULES).failed
    assert {f.message for each in failed for f in each.findings} == {"this file is missing"}
