"""Write docs/verify.md from the rules, so that it cannot fall behind them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from schelde.verify.run import rules_of

PAGE = """\
# Verifying a bundle

Made by `python -m schelde.verify.manual > docs/verify.md` from the rules; do not edit it by hand.

```
schelde verify BUNDLE                      # what anybody can check
schelde verify BUNDLE --key NODE.sec       # a recipient: also the genomes themselves
schelde verify BUNDLE --json report.json   # the same for programs
```

It needs the bundle and nothing else: no run, no network. Every rule is told with what it proves,
and each thing that is wrong with its file and reason. The exit status is 0 when no rule failed, 1
when one did, 2 when it was called wrongly. Rules that need a key, or that are about something the
bundle does not have, are listed as left out.

The passphrase of a key comes from `SCHELDE_PASSPHRASE` or from the file that
`SCHELDE_PASSPHRASE_FILE` names ([encryption.md](encryption.md)).

## What is checked

{total} rules, {keyed} of them with a key alone.
{rules}

## As a GDI validator

The node's software runs validators in containers: `schelde verify --describe` prints what this one
is; without a bundle it reads `/mnt/input/input.json`, checks every bundle that the paths in it lie
in (a folder with a `manifest.json`, below `/mnt/input/data`), and writes `/mnt/output/result.json`.
The output has no clock in it: messages bear the day of the bundle. The same document lies in every
bundle as `validation/result.json`.
"""

TITLES = {
    "files": "Files",
    "plain": "What is encrypted",
    "identity": "Names and sequences",
    "privacy": "Privacy",
    "consent": "Consent",
    "qc": "Quality and reference",
    "ega": "EGA, when anybody is in the bundle",
    "sda": "Sensitive Data Archive, when anybody is in the bundle",
    "hmd": "1+MG harmonised minimal dataset",
    "phenopackets": "Phenopackets",
    "dcat": "Catalogue",
    "crate": "Provenance",
    "frequencies": "Allele frequencies, when the bundle has them",
    "national": "National collections, when they were asked for",
    "page": "The page for people",
}
"""Headings of `schelde.verify.run.TOPICS`."""


def page() -> str:
    """Return docs/verify.md: all rules, a table for each topic."""
    rules = [rule for topic in TITLES for rule in rules_of(topic)]
    keyed = sum(rule.needs_key for rule in rules)
    return PAGE.format(total=len(rules), keyed=keyed, rules="\n".join(_tables()))


def _tables() -> Iterator[str]:
    for topic, title in TITLES.items():
        yield from ("", f"### {title}", "", "| rule | proves that | key |", "|---|---|---|")
        for rule in rules_of(topic):
            yield f"| `{rule.id}` | {rule.proves} | {'yes' if rule.needs_key else ''} |"


if __name__ == "__main__":
    sys.stdout.write(page())
