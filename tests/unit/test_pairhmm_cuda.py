"""The pair-HMM on a GPU: what a job says that has no CuPy. The rest: tests/native."""

from __future__ import annotations

import pytest

from schelde.joblog import JobError
from schelde.pairhmm import cuda


def test_a_job_without_cupy_ends_with_what_to_install(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(cuda.importlib, "import_module", missing)
    with pytest.raises(JobError, match=r"No module named 'cupy'.*'make gpu' installs it"):
        cuda.cupy()


def test_the_source_of_the_kernel_travels_with_the_package():
    names = {path.name for path in cuda.NATIVE.iterdir()}
    assert {"pairhmm.cu", "pairhmm.h"} <= names
