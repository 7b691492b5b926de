"""Read config/dataset.yaml, the declaration of a dataset, with every mistake told at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from schelde import duo
from schelde.bundle.dataset import Description
from schelde.days import day
from schelde.errors import Problem
from schelde.names import Fault, Place, nearest
from schelde.settings_help import key_problem, mistakes_of
from schelde.vocabulary import countries, study_types
from schelde.yamlfile import Location, place_of, read_yaml


def read_dataset(path: str, problems: list[Problem]) -> Description | None:
    """Return the description in a YAML file, or None, with mistakes added to ``problems``."""
    yaml_file = read_yaml(path, problems)
    if yaml_file is None:
        return None
    places = {location: Place(path, line) for location, line in yaml_file.lines.items()}
    values = yaml_file.values
    found: list[Problem] = []
    description = None
    try:
        description = Description.model_validate(values)
    except ValidationError as error:
        for mistake in mistakes_of(error):
            found.append(key_problem(mistake, Description, places, Place(path)))
    for location, fault in _faults(values):
        place = place_of(location, places, Place(path))
        if not any(problem.line == place.line for problem in found):  # told already
            found.append(place.problem(*fault))
    problems.extend(found)
    return None if found else description


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[Location, Fault]]:
    """Yield what the types of the fields cannot tell; whatever the values are."""
    yield from _day_faults(values)
    yield from _use_faults(_block(values, "use"))
    for location, organisation in _organisations(values):
        country = organisation.get("country")
        if isinstance(country, str) and country not in countries():
            remedy = nearest(country, countries(), "resources/countries.tsv has all codes")
            yield (*location, "country"), Fault(f"'{country}' is not the code of a country", remedy)
    kind = _block(values, "study").get("type")
    if isinstance(kind, str) and kind not in study_types():
        remedy = nearest(kind, study_types(), f"known are: {', '.join(study_types())}")
        yield ("study", "type"), Fault(f"'{kind}' is not a type of study at EGA", remedy)
    identifier = values.get("identifier")
    if identifier is not None and identifier == values.get("frequencies_identifier"):
        what = "'frequencies_identifier' is that of the genomes"
        yield ("frequencies_identifier",), Fault(what, "give the public dataset one of its own")


def _organisations(values: Mapping[str, Any]) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    yield ("publisher",), _block(values, "publisher")
    creators = values.get("creators")
    for number, creator in enumerate(creators if isinstance(creators, list) else []):
        if isinstance(creator, Mapping):
            yield ("creators", number), creator


def _block(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    block = values.get(key)
    return block if isinstance(block, Mapping) else {}


def _day_faults(values: Mapping[str, Any]) -> Iterable[tuple[Location, Fault]]:
    days = {}
    for key in ("issued", "release"):
        given = values.get(key)
        if isinstance(given, str):
            days[key] = day(given)
            if days[key] is None:
                yield (key,), Fault(f"'{key}' is '{given}'", "give a day, such as 2026-01-31")
    issued, release = days.get("issued"), days.get("release")
    if issued and release and release < issued:
        what = f"'release' {release} lies before 'issued' {issued}"
        yield ("release",), Fault(what, "mend one of the two days")


def _use_faults(use: Mapping[str, Any]) -> Iterable[tuple[Location, Fault]]:
    permission, modifiers, disease = (use.get(k) for k in ("permission", "modifiers", "disease"))
    if isinstance(permission, str) and not duo.is_permission(permission):
        kind = "a modifier" if duo.is_modifier(permission) else "no permission of DUO"
        known = ", ".join(duo.named(t.id) for t in duo.terms().values() if t.kind == "permission")
        what = f"'use.permission' is '{duo.named(permission)}', {kind}"
        yield ("use", "permission"), Fault(what, f"give one of {known}")
    for number, modifier in enumerate(modifiers if isinstance(modifiers, list) else []):
        if isinstance(modifier, str) and not duo.is_modifier(modifier):
            kind = "a permission" if duo.is_permission(modifier) else "no modifier of DUO"
            what = f"'use.modifiers[{number + 1}]' is '{duo.named(modifier)}', {kind}"
            yield ("use", "modifiers", number), Fault(what, "take it out; resources/duo.yaml")
    specific = permission == duo.DISEASE_SPECIFIC
    if specific and disease is None:
        what = f"'use.permission' is {duo.named(duo.DISEASE_SPECIFIC)}, but there is no disease"
        yield ("use", "permission"), Fault(what, "give its MONDO term in use.disease")
    if disease is not None and not specific:
        what = f"'use.disease' is given, but use.permission is not {duo.DISEASE_SPECIFIC}"
        yield ("use", "disease"), Fault(what, "take it out, or mend the permission")
