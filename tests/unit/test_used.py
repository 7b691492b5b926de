"""Which rules a run has, by its settings."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from schelde.callers import filter_set
from schelde.cluster.used import (
    ALIGN,
    CALLS,
    EITHER_CALLERS,
    GPU_CALLERS,
    INDEXES,
    ON_EITHER,
    pieces_of,
    rules_without_gpu,
    unused_rules,
)
from schelde.config import Aligner, Caller, Settings
from schelde.sheet import Sheet


def settings(align: str = "bwa", **call: Any) -> Settings:
    values = {"reference": {"name": "x"}, "align": {"aligner": align}, "call": call}
    return Settings.model_validate(values)


def rules_of(chosen: Settings) -> set[str]:
    """Return the rules of aligners and callers that a run has."""
    choices = {*INDEXES.values()}.union(*ALIGN.values(), *CALLS.values())
    return choices - unused_rules(chosen, Sheet((), ()))


def test_every_aligner_and_caller_has_its_rules() -> None:
    assert set(INDEXES) == set(ALIGN) == set(get_args(Aligner))
    assert set(CALLS) == set(get_args(Caller))
    assert {*GPU_CALLERS, *EITHER_CALLERS} < set(CALLS)


@pytest.mark.parametrize("caller", get_args(Caller))
def test_only_the_rules_of_the_chosen_caller_are_used(caller: str) -> None:
    assert rules_of(settings(caller=caller)) == {"index_bwa", "align_lane", *CALLS[caller]}


@pytest.mark.parametrize("aligner", get_args(Aligner))
def test_only_the_rules_of_the_chosen_aligner_are_used(aligner: str) -> None:
    wanted = {INDEXES[aligner], *ALIGN[aligner], "call_piece_gatk"}
    assert rules_of(settings(aligner)) == wanted


@pytest.mark.parametrize(("device", "without"), [("cpu", ON_EITHER), ("gpu", frozenset())])
def test_rules_that_run_on_either_are_without_gpu_as_the_device_says(
    device: str, without: frozenset[str]
) -> None:
    assert rules_without_gpu(settings(caller="pairhmm", device=device)) == without


@pytest.mark.parametrize(
    ("caller", "pieces"), [("gatk", 7), ("pairhmm", 7), ("deepvariant", 7), ("parabricks", 1)]
)
def test_parabricks_calls_a_genome_in_one_piece(caller: str, pieces: int) -> None:
    assert pieces_of(settings(caller=caller, pieces=7)) == pieces


@pytest.mark.parametrize(
    ("call", "filters"),
    [
        ({"caller": "bcftools"}, "bcftools"),
        ({"dragen": True}, "gatk-dragen"),
        ({"caller": "parabricks"}, "gatk"),
        ({"caller": "parabricks-deepvariant"}, "deepvariant"),
        ({"caller": "pairhmm"}, "pairhmm"),
    ],
)
def test_a_caller_is_filtered_as_the_one_that_it_is_on_a_gpu(
    call: dict[str, Any], filters: str
) -> None:
    assert filter_set(settings(**call)) == filters
