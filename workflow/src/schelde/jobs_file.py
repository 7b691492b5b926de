"""Read config/jobs.yaml: the repository's, and a working directory's laid over it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schelde.errors import Problem
from schelde.names import Fault, Place, closest
from schelde.yamlfile import YamlFile, read_yaml

Entry = dict[str, Any]
"""Of one rule: the numbers of `LEAST`, ``group`` (a name or None), and in ``exome`` those of
`EXOME_KEYS` that differ for an exome."""

LEAST = {"threads": 1, "mem_mb": 1, "runtime": 1, "disk_mb": 0, "gpu": 0}
"""Least value of each number: cores, MiB, minutes, MiB of scratch, GPUs."""

REQUIRED = ("threads", "mem_mb", "runtime")
DEFAULTS: Mapping[str, Any] = {"disk_mb": 0, "gpu": 0, "group": None, "exome": {}}
KEYS = frozenset({*LEAST, "group", "exome"})
EXOME_KEYS = frozenset({"mem_mb", "runtime", "disk_mb", "group"})
GROUP = re.compile(r"[A-Za-z]\w*", re.ASCII)

LOCAL = frozenset(
    {
        "fetch_reference",
        "prepare_targets",
        "cut_pieces",
        "tool_versions",
        "write_tables",
        "heed_verdicts",
        "submit_bundle",
    }
)
"""Rules that run where Snakemake runs, as they need a network or take seconds."""


def read_entries(
    files: Sequence[str], problems: list[Problem]
) -> tuple[dict[str, Entry], dict[str, Place]]:
    """Return entries by rule and where each stands; mistakes are added to ``problems``.

    The first file names all rules. Those after it are laid over it, key by key.
    """
    rules: dict[str, Entry] = {}
    places: dict[str, Place] = {}
    for number, file in enumerate(files):
        yaml_file = read_yaml(file, problems)
        if yaml_file is not None:
            _lay(yaml_file, rules, places, problems, first=number == 0)
    for rule, entry in rules.items():
        for key in REQUIRED:
            if key not in entry:
                remedy = f"give a whole number of at least {LEAST[key]}"
                problems.append(places[rule].problem(f"rule '{rule}' has no '{key}'", remedy))
    return rules, places


def _lay(
    above: YamlFile,
    rules: dict[str, Entry],
    places: dict[str, Place],
    problems: list[Problem],
    *,
    first: bool,
) -> None:
    for rule, given in above.values.items():
        place = Place(above.file, above.lines[(rule,)])
        if not first and rule not in rules:
            problems.append(place.problem(f"there is no rule '{rule}'", closest(rule, rules)))
            continue
        entry = given if isinstance(given, dict) else {}
        if not entry:
            problems.append(place.problem(f"rule '{rule}' has no numbers", "give a block of keys"))
        for key, fault in _faults(rule, entry):
            line = above.lines.get((rule, *key), place.line)
            problems.append(Place(above.file, line).problem(*fault))
        below = rules.get(rule, dict(DEFAULTS))
        exome = entry.get("exome")
        exome = exome if isinstance(exome, dict) else {}
        rules[rule] = {
            **below,
            **{key: value for key, value in entry.items() if key != "exome"},
            "exome": {**below["exome"], **exome},
        }
        places[rule] = place


def _faults(rule: str, entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Fault]]:
    """Yield what is wrong with an entry, each with the keys that lead to it."""
    for key, value in entry.items():
        if key == "exome":
            yield from _exome_faults(rule, value)
        elif fault := _fault(rule, key, value, KEYS):
            yield (key,), fault


def _exome_faults(rule: str, block: object) -> Iterator[tuple[tuple[str, ...], Fault]]:
    if not isinstance(block, dict):
        remedy = f"give a block of keys: {', '.join(sorted(EXOME_KEYS))}"
        yield ("exome",), Fault(f"'exome' of rule '{rule}' is {block!r}", remedy)
        return
    for key, value in block.items():
        if fault := _fault(rule, key, value, EXOME_KEYS):
            yield ("exome", key), fault


def _fault(rule: str, key: str, value: object, known: frozenset[str]) -> Fault | None:
    if key not in known:
        return Fault(f"unknown key '{key}'", closest(key, known))
    what = f"'{key}' of rule '{rule}' is {value!r}"
    if key == "group":
        if rule in LOCAL and value is not None:
            return Fault(what, "take it out; this rule never goes to a cluster")
        if value is None or (isinstance(value, str) and GROUP.fullmatch(value)):
            return None
        return Fault(what, "give a name of letters, digits and '_', or null for none")
    if isinstance(value, int) and not isinstance(value, bool) and value >= LEAST[key]:
        return None
    return Fault(what, f"give a whole number of at least {LEAST[key]}")
