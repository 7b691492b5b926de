"""The pair-HMM alone: inputs and results that GATK wrote, given to our kernel."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schelde.pairhmm.kernel import Kernel
from schelde.pairhmm.library import BatchArrays

MOST = 50_000
"""Pairs that are compared, at equal steps through the file."""

CODES = np.full(256, 4, np.uint8)
CODES[list(b"ACGTacgt")] = [0, 1, 2, 3] * 2
LIMITS = (1e-5, 1e-4)


def pairs_compared(path: Path) -> list[str]:
    """Say how far our kernel's log10 likelihoods are from GATK's for the same inputs.

    The lines of ``--pair-hmm-results-file`` hold haplotype, read, its quality strings (phred+33)
    and the result with six decimals.
    """
    with path.open() as lines:
        count = sum(not line.startswith("#") for line in lines)
    rows = [line.split() for line in _every(path, max(1, -(-count // MOST)))]
    kernel = Kernel()
    batch = _batch(rows)
    ours = kernel.finish(batch, kernel.sums(batch))
    theirs = np.array([float(row[6]) for row in rows])
    apart = np.abs(ours - theirs)
    shares = ", ".join(f"{np.mean(apart <= limit):.5f} within {limit:g}" for limit in LIMITS)
    return [f"same inputs: {len(rows)} of {count} pairs; {shares}; at most {apart.max():.2g}"]


def _every(path: Path, step: int) -> Iterator[str]:
    with path.open() as lines:
        yield from islice((line for line in lines if not line.startswith("#")), 0, None, step)


def _batch(rows: list[list[str]]) -> BatchArrays:
    """Lay pairs one after the other; no read or haplotype is shared."""
    haplotypes, reads, quals, insertion, deletion = (
        [row[column].encode() for row in rows] for column in range(5)
    )
    lengths = np.array([[len(read) for read in reads], [len(one) for one in haplotypes]])
    starts = np.cumsum(lengths, axis=1) - lengths
    pairs = np.stack([starts[0], lengths[0], starts[1], lengths[1]], axis=1)
    return BatchArrays(
        bases=CODES[_joined(reads)],
        quals=_joined(quals) - 33,
        insertion=_joined(insertion) - 33,
        deletion=_joined(deletion) - 33,
        haplotypes=CODES[_joined(haplotypes)],
        pairs=np.ascontiguousarray(pairs, np.uint32),
        likelihoods=np.empty(len(rows)),
    )


def _joined(texts: list[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(texts), np.uint8)
