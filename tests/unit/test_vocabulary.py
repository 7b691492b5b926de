"""Words that a sheet may hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schelde.vocabulary import countries, instruments, library_selections, study_types

ISO_CODES = Path("/usr/share/iso-codes/json/iso_3166-1.json")


def test_countries_are_those_of_the_standard() -> None:
    if not ISO_CODES.is_file():
        pytest.skip("no Debian package iso-codes")
    official = {c["alpha_2"] for c in json.loads(ISO_CODES.read_text())["3166-1"]}
    assert len(official) == 249
    assert countries().keys() == official


def test_every_country_has_its_own_name() -> None:
    assert len(set(countries().values())) == len(countries()) == 249
    assert countries()["BE"] == "Belgium"


def test_terms_of_the_archive_are_known() -> None:
    assert "Illumina NovaSeq 6000" in instruments()
    assert "Hybrid Selection" in library_selections()
    assert "Population Genomics" in study_types()
