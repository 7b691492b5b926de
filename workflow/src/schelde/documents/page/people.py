"""What the page says of people: how many, what they agreed to, who was left out or withdrew.

Numbers only, and pseudonyms of nobody who is not in the bundle.
"""

from __future__ import annotations

from collections import Counter

from schelde.bundle.record import Record
from schelde.documents.hmd import mean_depth
from schelde.documents.page.markup import Html, facts, joined, row, section, table, tag
from schelde.documents.page.quality import VERDICTS, verdict
from schelde.documents.page.words import counted, listed, median, size
from schelde.duo import terms

LEGAL_BASES = {
    "Consent": "consent of the person",
    "PublicInterest": "task in the public interest",
    "LegalObligation": "legal obligation",
    "ScientificResearch": "scientific research",
}


def glance(record: Record) -> Html:
    """Return the numbers that tell a bundle at a glance."""
    sizes = [file.encrypted_size for _, file in record.files]
    depths = [depth for member in record.members if (depth := mean_depth(member)) is not None]
    passed = sum(verdict(member) == "pass" for member in record.members)
    others = Counter(verdict(member) for member in record.members)
    others.pop("pass", None)
    rest = [f"{count:,} {VERDICTS.get(name, name).lower()}" for name, count in others.items()]
    tiles = [
        (f"{len(record.subjects):,}", "person" if len(record.subjects) == 1 else "people"),
        (f"{len(record.members):,}", "sample" if len(record.members) == 1 else "samples"),
        (f"{passed:,} of {len(record.members):,}", f"pass{', ' + listed(rest) if rest else ''}"),
        (size(sum(sizes)), f"in {counted(len(sizes), 'encrypted file')}"),
    ]
    if depths:
        word = "mean depth" if len(depths) == 1 else "median of mean depths"
        tiles.append((f"{median(depths):.1f}x", word))
    tiles.append(
        (f"{len(record.recipients):,}", "key opens it" if _one(record) else "keys open it")
    )
    return tag(
        "ul", *(tag("li", tag("b", number), words) for number, words in tiles), class_="tiles"
    )


def _one(record: Record) -> bool:
    return len(record.recipients) == 1


def consent(record: Record) -> Html:
    """Return the section of consent: numbers by permission, terms of use, who was left out."""
    agreed = {subject: members[0].consent for subject, members in record.subjects.items()}
    people = Counter(each.permission for each in agreed.values())
    rows = [
        row(_label(term), term, f"{count:,}", numbers=[1]) for term, count in people.most_common()
    ]
    guardians = sum(each.given_by == "guardian" for each in agreed.values())
    renewals = sum(each.renew_on is not None for each in agreed.values())
    limited = sum(each.expires is not None for each in agreed.values())
    notes = []
    if guardians:
        notes.append(f"for {counted(guardians, 'child', 'children')} a guardian agreed")
    if renewals:
        notes.append(f"{counted(renewals, 'person', 'people')} will be asked again when of age")
    if limited:
        notes.append(f"{counted(limited, 'consent')} will end on a set day")
    use = record.dataset.use
    words = "Nobody is in this bundle who did not agree to the use below; each person's own "
    words += "permission may go further than it."
    return section(
        "consent",
        "Consent and use",
        tag("p", words),
        table(
            "People by what they agreed to (Data Use Ontology)",
            ("Permission", "Term", "#People"),
            rows,
        ),
        tag("p", f"Of these, {listed(notes)}.") if notes else Html(""),
        tag("h3", "What the data may be used for"),
        facts(
            [
                ("Permission", f"{_label(use.permission)} ({use.permission})"),
                ("Conditions", listed([f"{_label(each)} ({each})" for each in use.modifiers])),
                *([("Disease", use.disease)] if use.disease else []),
                ("Legal basis", LEGAL_BASES[record.dataset.legal_basis]),
                ("In words", record.dataset.rights),
            ]
        ),
        tag("h3", "Left out"),
        _left_out(record),
        tag("h3", "Withdrawn"),
        _withdrawn(record),
    )


def _label(term: str) -> str:
    known = terms().get(term)
    return known.label if known else term


def _left_out(record: Record) -> Html:
    found = {reason: count for reason, count in record.left_out.items() if count}
    if not found:
        return tag("p", "Every sample of the run is in this bundle.")
    total = counted(sum(found.values()), "sample")
    rows = [row(reason, f"{count:,}", numbers=[0]) for reason, count in found.items()]
    caption = f"{total} of the run that this bundle does not hold"
    return table(caption, ("Reason", "#Samples"), rows)


def _withdrawn(record: Record) -> Html:
    """Return numbers by day: who withdrew must be told by nothing here."""
    if not record.withdrawals:
        return tag("p", "Nobody has withdrawn since the bundle was written.")
    days = Counter(each.date for each in record.withdrawals)
    rows = []
    for day in sorted(days):
        files = sum(len(each.files) for each in record.withdrawals if each.date == day)
        rows.append(
            row(tag("time", day, datetime=day), f"{days[day]:,}", f"{files:,}", numbers=[0, 1])
        )
    after = tag(
        "p",
        "Their files, objects and numbers are no longer here. Who received the bundle before is "
        "asked to do away with theirs.",
    )
    columns = ("Day", "#People", "#Files taken out")
    return joined([table("People taken out of this bundle", columns, rows), after])
