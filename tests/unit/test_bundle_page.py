"""The page for people: what it shows, for whom it is readable, and that it needs nothing else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import Frequencies, Member, Record, Withdrawal
from schelde.documents.page import NAMES, STYLE, documents, page
from schelde.documents.page.figures import columns, step
from schelde.documents.page.markup import Html, tag
from schelde.sheet import Assay, Sex

RULE = {
    "metric": "mean_autosome_coverage",
    "value": 31.42,
    "comparison": ">=",
    "threshold": 15,
    "severity": "fail",
    "result": "pass",
    "source": "x",
    "note": None,
}


def judged(result: str, **changes: object) -> dict[str, Any]:
    rule = RULE | {"result": result} | changes
    verdict = "review" if result == "missing" else result
    profile = {"name": "default", "title": "Guards", "verdict": verdict, "rules": [rule]}
    return {"sample": "P1AAAA", "verdict": verdict, "profiles": [profile]}


def many(count: int) -> Record:
    """Return a record of so many people, with depths from 25x on and every tenth to review."""
    first = made_member(1, Sex.FEMALE)
    members = []
    for number in range(count):
        depth = 25 + number % 20
        verdict = judged("review" if number % 10 == 0 else "pass")
        ga4gh = json.loads(json.dumps(first.ga4gh))
        ga4gh["wgs_qc_metrics"]["aln_metrics"]["mean_autosome_coverage"] = depth
        changes = {
            "sample": f"P{number:05}",
            "subject": f"S{number:05}",
            "metrics": first.metrics | {"mean_autosome_coverage": depth},
            "verdict": verdict,
            "ga4gh": ga4gh,
        }
        members.append(first.model_copy(update=changes))
    return made_record(members=tuple(members))


def of(member: Member, **others: object) -> str:
    return page(made_record(members=(member,), **others))


def words(text: str) -> str:
    """Return the text of a page without tags and style."""
    text = re.sub(r"<style>.*?</style>", " ", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_page_is_one_file() -> None:
    assert list(documents(made_record())) == ["index.html"]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert page(made_record()) == page(made_record())


def test_the_page_has_every_section_that_the_record_fills() -> None:
    ids = re.findall(r'<section id="(\w+)"', page(made_record()))
    assert ids == [name for name in NAMES if name != "frequencies"]


def test_text_of_the_record_is_escaped() -> None:
    dataset = made_record().dataset.model_copy(
        update={"title": "<script>alert(1)</script>", "rights": 'A & "B" < C'}
    )
    text = page(made_record(dataset=dataset, left_out={"<b>none</b>": 1}))
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "A &amp; &quot;B&quot; &lt; C" in text
    assert "<b>none</b>" not in text


def test_files_are_counted_by_kind_with_their_sizes() -> None:
    told = words(page(made_record()))
    assert "Aligned reads (CRAM) 3 3 kB 3.46 kB" in told
    assert "20.7 kB in 18 encrypted files" in told


def test_verdicts_are_counted_and_shown_for_each_sample() -> None:
    told = words(page(made_record()))
    assert "3 samples: 3 pass, 0 to review and 0 failed." in told
    assert "P1AAAA Pass 31.4x S1AAAA WGS male -" in told


def test_a_sample_that_does_not_pass_has_its_reason() -> None:
    text = of(made_member(1, Sex.MALE, verdict=judged("fail", value=9.5, threshold=15)))
    assert "Mean autosome coverage is 9.5 x, must be &gt;= 15 x (fail)" in text


def test_what_was_not_measured_is_said_to_be_so() -> None:
    member = made_member(1, Sex.MALE, metrics={}, ga4gh={}, verdict=judged("missing", value=None))
    told = words(of(member))
    assert "P1AAAA To review not measured" in told
    assert "1 sample without a measured depth (WGS)." in told


def test_a_contamination_of_nought_is_shown_as_measured() -> None:
    member = made_member(1, Sex.MALE)
    ga4gh = json.loads(json.dumps(member.ga4gh))
    ga4gh["wgs_qc_metrics"]["aln_metrics"]["cross_contamination_rate"] = 0.0
    assert '<td class="number">0.0000</td>' in of(member.model_copy(update={"ga4gh": ga4gh}))


def test_an_exome_is_drawn_by_its_targets_and_not_beside_genomes() -> None:
    member = made_member(1, Sex.MALE, assay=Assay.WES, metrics={"mean_target_coverage": 103.6})
    text = of(member)
    assert "Mean depth of the targets" in text
    assert "103.6x" in text
    assert 'id="metrics"' not in text
    assert "Targets of the exome (BED)" in text


def test_the_least_depth_of_profiles_is_drawn_once() -> None:
    text = page(made_record(members=(made_member(1, Sex.MALE, verdict=judged("pass")),)))
    assert text.count('class="limit"') == 1
    assert "15x (default)" in text


def test_consent_is_counted_by_permission_and_without_pseudonyms() -> None:
    text = page(made_record())
    section = text[text.index('<section id="consent"') : text.index('<section id="about"')]
    assert "general research use DUO:0000042 3" in words(section)
    assert not re.search(r"[SP]\dAAAA", section)


def test_those_left_out_are_counted_by_reason() -> None:
    told = words(page(made_record(left_out={"no consent": 2, "consent has run out": 1})))
    assert "3 samples of the run that this bundle does not hold" in told
    assert "no consent 2" in told


def test_who_withdrew_is_counted_and_not_named() -> None:
    gone = Withdrawal(
        subject="S9ZZZZ", samples=("P9ZZZZ",), date="2026-02-11", files=("P9ZZZZ.cram",)
    )
    text = page(made_record(withdrawals=(gone,)))
    assert "2026-02-11 1 1" in words(text)
    assert "9ZZZZ" not in text


def test_a_guardians_consent_is_counted() -> None:
    member = made_member(1, Sex.MALE)
    consent = member.consent.model_copy(update={"given_by": "guardian", "renew_on": "2031-01-01"})
    told = words(of(member.model_copy(update={"consent": consent})))
    assert "for 1 child a guardian agreed and 1 person will be asked again when of age" in told


def test_what_is_declared_is_set_apart_from_what_is_proved() -> None:
    told = words(page(made_record()))
    assert "Declared: conformsTo ExternallyGoverned" in told
    assert "No software can find it out or grant it" in told
    assert "Proved: technical conformance" in told


def test_frequencies_are_drawn_when_their_spectrum_is_known() -> None:
    found = Frequencies(
        name="made.af.vcf.gz",
        sites=60,
        individuals=3,
        minimum_count=2,
        spectrum=(50, 10, *[0] * 18),
    )
    text = page(made_record(frequencies=found))
    assert "60 variants of 3 people" in text
    assert "50 variants have a frequency of at most 0.05" in text
    assert 'aria-labelledby="spectrum-name spectrum-text"' in text


def test_without_a_spectrum_frequencies_are_told_in_words_only() -> None:
    found = Frequencies(name="made.af.vcf.gz", sites=60, individuals=3, minimum_count=2)
    assert "spectrum-name" not in page(made_record(frequencies=found))


def test_the_commands_have_the_names_of_files_of_the_bundle() -> None:
    text = page(made_record())
    assert "crypt4gh decrypt --sk your.sec &lt; encrypted/P1AAAA.cram.c4gh &gt; P1AAAA.cram" in text
    assert "schelde verify made-trio/ --key your.sec" in text


def test_keys_are_shown_as_in_the_key_file_and_by_their_digest() -> None:
    text = page(made_record(recipients=("00" * 32,)))
    assert "A" * 43 + "=" in text
    assert "66687aad f862bd77 6c8fc18b 8e9f8e20" in text  # SHA-256 of 32 zero bytes


def test_a_bundle_that_everybody_left_is_still_a_page() -> None:
    text = page(made_record(members=()))
    assert "0 samples: 0 pass, 0 to review and 0 failed." in words(text)


def test_many_samples_are_folded_away_and_counted_by_their_depth() -> None:
    text = page(many(1000))
    assert "<summary>All 1,000 samples, one by one</summary>" in text
    assert text.count('<tr data-sample="') == 1000
    assert "Each column counts the samples of that depth" in text
    assert "900 of 1,000" in words(text)
    assert len(text) < 600_000


def test_few_that_do_not_pass_are_in_sight_among_many() -> None:
    text = page(many(100))
    before = text[: text.index("<summary>All 100 samples")]
    assert before.count('<tr data-sample="') == 10


@pytest.mark.parametrize(
    ("span", "most", "found"), [(50, 6, 10), (7, 4, 2), (0.9, 6, 0.2), (0, 3, 1), (1e6, 4, 5e5)]
)
def test_ticks_are_round_and_not_too_many(span: float, most: int, found: float) -> None:
    assert step(span, most) == pytest.approx(found)


def test_columns_of_nothing_are_drawn() -> None:
    assert columns("x", "X", "x", [0, 0], 1).count("<rect") == 2


def test_an_element_escapes_text_and_attributes() -> None:
    assert tag("p", "<", Html("<br>"), title='"') == '<p title="&quot;">&lt;<br></p>'


# Contrast, WCAG 2.1: 1.4.3 asks 4.5 of text, 1.4.11 asks 3 of what a drawing is read by.

TEXTS = [
    *[("ink", ground) for ground in ("page", "paper", "ground")],
    *[(text, ground) for text in ("quiet", "link") for ground in ("page", "paper")],
    *[(name, f"{name}-ground") for name in ("good", "review", "bad")],
]
MARKS = [
    *[(mark, "paper") for mark in ("mark", "good", "review", "bad", "ink")],
    *[(mark, "page") for mark in ("mark",)],
    *[(mark, band) for mark in ("mark", "bad") for band in ("ground", "band")],
    ("ink", "inner"),
]


COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by their names; dark lies over light."""
    css = STYLE.read_text(encoding="utf-8")
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    dark = rest[: rest.index("\n}\n")]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else {}
    )


def luminance(colour: str) -> float:
    """Return relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_stand_out_from_their_ground(scheme: str, mark: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[mark], found[ground]) >= 3


def test_the_style_has_no_colour_that_the_schemes_do_not_know() -> None:
    css = STYLE.read_text(encoding="utf-8")
    rules = css[css.index("*, *::before") :]
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", rules)
    assert set(re.findall(r"var\(--([\w-]+)\)", rules)) <= set(colours("light"))
    assert set(colours("light")) == set(colours("dark"))


# In a browser.

PROBE = """
<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("body *")].filter(e =>
    e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide, pre, .skip, details"));
  parent.postMessage(JSON.stringify({
    view: innerWidth, scroll: document.documentElement.scrollWidth,
    wide: wide.map(e => e.tagName + "." + (e.getAttribute("class") || "")),
    loaded: performance.getEntriesByType("resource").length,
    ground: getComputedStyle(document.body).backgroundColor}), "*");
});
</script>"""

FRAME = """<!DOCTYPE html><title>frame</title>
<script>
addEventListener("message", told => document.documentElement.setAttribute("data-probe", told.data));
</script>
<iframe srcdoc="{page}" style="width: {width}px; height: 900px; border: 0"></iframe>"""
"""A view of any width: a window of Chromium is never narrower than 500 pixels."""


@pytest.fixture
def look(need: Callable[..., None], tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Return what Chromium makes of a page: its elements as text, and all it had to complain."""
    need("chromium")

    def run(text: str, *options: str) -> tuple[str, str]:
        place = tmp_path / "index.html"
        place.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
                "--host-resolver-rules=MAP * ~NOTFOUND",
                *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=3000"),
                f"--user-data-dir={tmp_path / 'profile'}",
                *options,
                "--dump-dom",
                place.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout, done.stderr

    return run


def probed(text: str, width: int = 1400) -> str:
    """Return a page in a frame that tells about itself; its policy must let the probe run."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    return FRAME.format(page=escape(text.replace("</head>", f"{PROBE}</head>")), width=width)


def measured(dump: str) -> dict[str, Any]:
    found = re.search(r'data-probe="([^"]*)"', dump)
    assert found, dump[:500]
    told: dict[str, Any] = json.loads(found[1].replace("&quot;", '"'))
    return told


def test_a_browser_shows_the_page_and_has_nothing_to_complain(
    look: Callable[..., tuple[str, str]],
) -> None:
    dump, log = look(page(made_record()))
    assert "CONSOLE" not in log
    assert "<h1>A made-up trio</h1>" in dump
    assert "P3AAAA" in dump
    assert 'data-sample="P1AAAA"' in dump


def test_a_browser_complains_of_a_script_that_the_policy_forbids(
    look: Callable[..., tuple[str, str]],
) -> None:
    """So that the silence of the other test tells something."""
    text = page(made_record()).replace("</head>", "<script>document.title = 'x'</script></head>")
    dump, log = look(text)
    assert "CONSOLE" in log
    assert "<title>x</title>" not in dump


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("count", [3, 1000])
def test_nothing_is_wider_than_the_view_and_nothing_is_loaded(
    look: Callable[..., tuple[str, str]], width: int, count: int
) -> None:
    record = made_record() if count == 3 else many(count)
    told = measured(look(probed(page(record), width))[0])
    assert told["view"] == width
    assert told["wide"] == []
    assert told["scroll"] <= told["view"]
    assert told["loaded"] == 0


def test_what_is_wider_than_the_view_would_be_found(look: Callable[..., tuple[str, str]]) -> None:
    text = page(made_record()).replace("<h1>", '<h1 style="width: 900px" class="big">')
    assert "H1.big" in measured(look(probed(text, 400))[0])["wide"]


@pytest.mark.parametrize(("scheme", "setting"), [("light", 1), ("dark", 0)])
def test_the_page_follows_the_scheme_of_the_reader(
    look: Callable[..., tuple[str, str]], scheme: str, setting: int
) -> None:
    option = f"--blink-settings=preferredColorScheme={setting}"
    told = measured(look(probed(page(made_record())), option)[0])
    page_colour = colours(scheme)["page"]
    parts = [str(int(page_colour[at : at + 2], 16)) for at in (1, 3, 5)]
    assert told["ground"] == f"rgb({', '.join(parts)})"
