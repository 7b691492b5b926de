"""How fast the pair-HMM is, by each form of the CPU, by Intel's GKL and, where there is one, a GPU.

    python tests/bench/pairhmm_speed.py [--windows 60] [--rounds 5] [--library FILE]

Windows are made: 3 haplotypes of 100 to 400 bases, 40 reads of 60 to 150 bases, half of them whole.
Prints billions of cells (bases of the read times bases of the haplotype) in a second of CPU time of
one core, the best of the rounds: other work on the machine does not count. For a GPU: cells in a
second of wall time at three sizes of batches, and the share of what its instructions allow.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schelde.joblog import JobError
from schelde.pairhmm.cuda import CudaPairHmm
from schelde.pairhmm.kernel import FORMS, GAP_CONTINUATION, Kernel
from schelde.pairhmm.library import LIBRARY, BatchArrays, NativeError

READS, HAPLOTYPES = 40, 3  # of a window
GKL = Path(__file__).parents[1] / "native" / "Gkl.java"
# SASS instructions of the inner loop for sm_90 (NVRTC 13.5, nvdisasm): 153 for 14 rows.
INSTRUCTIONS = 153 / 14
LANES = {7: 64, 8: 64, 9: 128, 10: 128, 12: 128}  # single-precision units of a multiprocessor
LANES_OF = {(8, 6): 128, (8, 9): 128}
LAUNCHES = (250, 1000, 4000)  # windows: 30,000, 120,000 and 480,000 pairs


def main() -> None:
    """Time everything, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--library", type=Path, default=LIBRARY)
    options = parser.parse_args()
    kernel = Kernel(ctypes.CDLL(str(options.library)))
    batch = batch_of(options.windows)
    cells = cells_of(batch)
    print(
        f"{len(batch.pairs)} pairs, {cells / 1e9:.3f} billion cells, "
        f"load {os.getloadavg()[0]:.1f}, the best of {options.rounds}"
    )
    for form in FORMS[::-1]:
        try:
            seconds = least(lambda form=form: kernel.sums(batch, form), options.rounds)
        except NativeError as error:
            print(f"{form:16}  {error}")
            continue
        print(f"{form:16}{cells / seconds / 1e9:8.2f} billion cells/s")
    gkl_seconds(batch, cells, options.rounds)
    gpu_seconds(kernel, options.rounds)


def batch_of(windows: int) -> BatchArrays:
    """Return reads with 1 % of errors from the first haplotype of their window."""
    rng = np.random.default_rng(1)
    haplotypes, reads, pairs = [], [], []
    row = column = 0
    for _ in range(windows):
        width = int(rng.integers(100, 401))
        first = rng.integers(0, 4, width, np.uint8)
        places = []
        for number in range(HAPLOTYPES):
            other = np.delete(first, range(50, 50 + number))
            haplotypes.append(other)
            places.append((column, len(other)))
            column += len(other)
        for _ in range(READS):
            length = min(width, 150 if rng.random() < 0.5 else int(rng.integers(60, 150)))
            start = int(rng.integers(0, width - length + 1))
            read = first[start : start + length].copy()
            wrong = rng.random(length) < 0.01
            read[wrong] = rng.integers(0, 4, wrong.sum())
            reads.append(read)
            pairs += [(row, length, *place) for place in places]
            row += length
    gaps = rng.integers(36, 46, row).astype(np.uint8)
    return BatchArrays(
        bases=np.concatenate(reads),
        quals=rng.choice(np.array([6, 22, 27, 32, 37, 42], np.uint8), row),
        insertion=gaps,
        deletion=gaps,
        haplotypes=np.concatenate(haplotypes),
        pairs=np.array(pairs, np.uint32),
        likelihoods=np.zeros(len(pairs)),
    )


def cells_of(batch: BatchArrays) -> int:
    """Return the cells of all pairs."""
    return int((batch.pairs[:, 1].astype(np.int64) * batch.pairs[:, 3]).sum())


def least(
    work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time
) -> float:
    """Return the least seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        began = clock()
        work()
        seconds.append(clock() - began)
    return min(seconds)


def gkl_seconds(batch: BatchArrays, cells: int, rounds: int) -> None:
    """Print what GKL needs for the same windows, if GATK and a JDK are there."""
    gatk = shutil.which("gatk")
    if gatk is None or shutil.which("javac") is None:
        print("GKL               no gatk or no javac on PATH")
        return
    command = ["java", f"@{Path(gatk).parents[1] / 'gatk.options'}", str(GKL)]
    command += [str(GAP_CONTINUATION), str(rounds)]
    done = subprocess.run(command, input=gkl_text(batch), capture_output=True, text=True)
    if done.returncode:
        print(f"GKL               {done.stderr.strip().splitlines()[-1]}")
        return
    seconds = float(done.stderr.split()[-1])
    form = "AVX-512" if "AVX-512" in done.stderr else "AVX"
    print(f"GKL {form:12}{cells / seconds / 1e9:8.2f} billion cells/s")


def gkl_text(batch: BatchArrays) -> str:
    """Return the windows as Gkl.java reads them."""
    letters = np.frombuffer(b"ACGTN", np.uint8)
    lines = []
    for window in range(0, len(batch.pairs), READS * HAPLOTYPES):
        pairs = batch.pairs[window : window + READS * HAPLOTYPES]
        for start, length in pairs[::HAPLOTYPES, :2]:
            here = slice(start, start + length)
            rows = (batch.quals[here] + 33, batch.insertion[here] + 33, batch.deletion[here] + 33)
            texts = [row.tobytes().decode() for row in (letters[batch.bases[here]], *rows)]
            lines.append(f"R {' '.join(texts)}\n")
        for start, length in pairs[:HAPLOTYPES, 2:]:
            codes = batch.haplotypes[start : start + length]
            lines.append(f"H {letters[codes].tobytes().decode()}\n")
        lines.append(".\n")
    return "".join(lines)


def gpu_seconds(kernel: Kernel, rounds: int) -> None:
    """Print what a GPU needs, and how far it is from what its instructions allow."""
    try:
        gpu = CudaPairHmm(kernel)
    except JobError as error:
        print(f"GPU               {error}")
        return
    limit = most_cells()
    for windows in LAUNCHES:
        batch = batch_of(windows)
        cells = cells_of(batch)
        gpu.likelihoods(batch)  # the first call makes room on the GPU
        seconds = least(lambda batch=batch: gpu.likelihoods(batch), rounds, time.perf_counter)
        pairs = batch.pairs[kernel.order(batch)]
        alone = least(
            lambda batch=batch, pairs=pairs: copies_and_kernel(gpu, batch, pairs),
            rounds,
            time.perf_counter,
        )
        same = np.array_equal(gpu.likelihoods(batch), kernel.finish(batch, kernel.sums(batch)))
        print(
            f"GPU {len(batch.pairs):9,} pairs  {cells / seconds / 1e12:6.3f} trillion cells/s, "
            f"copies and kernel {cells / alone / 1e12:6.3f}, {100 * cells / alone / limit:.0f} % "
            f"of the limit; {'the same bits as the CPU' if same else 'OTHER BITS THAN THE CPU'}"
        )


def copies_and_kernel(gpu: CudaPairHmm, batch: BatchArrays, pairs: NDArray[np.uint32]) -> None:
    """Copy a batch with its pairs in order, run the kernel and copy the sums back."""
    with gpu._stream():
        gpu._sums(batch, pairs)


def most_cells() -> float:
    """Return how many cells a second the GPU's single-precision units could do."""
    import cupy

    device = cupy.cuda.Device()
    major, minor = (int(device.compute_capability[:-1]), int(device.compute_capability[-1]))
    lanes = LANES_OF.get((major, minor), LANES[major])
    attributes = device.attributes
    clock = 1e3 * attributes["ClockRate"]  # given in kHz
    return float(attributes["MultiProcessorCount"] * lanes * clock / INSTRUCTIONS)


if __name__ == "__main__":
    main()
