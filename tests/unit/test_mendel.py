from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from schelde.mendel import Errors, duo_errors, trio_errors

GAMETES = {0: {0}, 1: {0, 1}, 2: {1}}


def _array(*values: int):
    return np.array(values, dtype=np.int8)


@pytest.mark.parametrize(("child", "father", "mother"), list(product(range(3), repeat=3)))
def test_a_trio_is_in_error_when_no_two_gametes_make_the_child(child, father, mother):
    sums = {a + b for a in GAMETES[father] for b in GAMETES[mother]}
    found = trio_errors(_array(child), _array(father), _array(mother))
    assert found == Errors(1, int(sums != {0, 1, 2}), int(child not in sums))


@pytest.mark.parametrize(("child", "parent"), list(product(range(3), repeat=2)))
def test_a_duo_is_in_error_when_no_other_parent_would_do(child, parent):
    sums = {a + b for a in GAMETES[parent] for b in (0, 1)}
    found = duo_errors(_array(child), _array(parent))
    assert found == Errors(1, int(sums != {0, 1, 2}), int(child not in sums))


def test_sites_with_a_missing_genotype_do_not_count():
    assert trio_errors(_array(-1, 0, 0), _array(0, -1, 0), _array(0, 0, -1)) == Errors(0, 0, 0)
    assert duo_errors(_array(-1, 2), _array(0, -1)) == Errors(0, 0, 0)


def test_the_rate_is_in_percent_of_the_informative_sites():
    assert Errors(sites=900, informative=200, errors=3).rate == 1.5
    assert Errors(sites=900, informative=0, errors=0).rate is None


def _strands(draw, frequency):
    return (draw.random((2, len(frequency))) < frequency).astype(np.int8)


def test_a_true_trio_has_no_errors_and_a_wrong_father_many():
    draw = np.random.default_rng(3)
    frequency = draw.uniform(0.1, 0.9, 5_000)
    father, mother, stranger = (_strands(draw, frequency) for _ in range(3))
    sites = np.arange(5_000)
    child = sum(p[draw.integers(0, 2, 5_000), sites] for p in (father, mother))
    father, mother, stranger = (p.sum(axis=0, dtype=np.int8) for p in (father, mother, stranger))
    assert trio_errors(child, father, mother).errors == 0
    assert duo_errors(child, father).errors == 0
    assert (trio_errors(child, stranger, mother).rate or 0) > 10
    assert (duo_errors(child, stranger).rate or 0) > 10
