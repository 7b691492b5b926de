"""The pair-HMM on a GPU, through CuPy: native/pairhmm.cu, compiled for the GPU that is there.

The GPU gives the same bits as the CPU: one source, the same constants, no fused operation but
those that the source writes out, and subnormal numbers taken for zero on both sides.
"""

from __future__ import annotations

import importlib
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schelde.joblog import JobError
from schelde.pairhmm.kernel import Floats, Kernel
from schelde.pairhmm.library import BatchArrays

NATIVE = Path(__file__).parent / "native"
OPTIONS = ("-std=c++17", "-fmad=false", "-ftz=true", f"-I{NATIVE}")
"""Of the compiler; CuPy adds the architecture of the GPU."""

THREADS = 128
BLOCKS = 3
"""Threads of a block, and blocks that one multiprocessor holds: kThreads, kBlocks of the source."""


def cupy() -> ModuleType:
    """Return the module CuPy; raise `JobError` if it, the driver or a GPU is missing."""
    try:
        module = importlib.import_module("cupy")
    except ImportError as error:
        raise JobError(
            f"device: gpu needs CuPy, which cannot be loaded ({error}); 'make gpu' installs it, or "
            "set call: device: cpu"
        ) from None
    try:
        devices = module.cuda.runtime.getDeviceCount()
    except module.cuda.runtime.CUDARuntimeError as error:
        raise JobError(_no_device(str(error))) from None
    if not devices:
        raise JobError(_no_device("CUDA counts 0 of them"))
    return module


def _no_device(why: str) -> str:
    return (
        f"device: gpu needs an NVIDIA GPU, and this job sees none ({why}); start it where one is, "
        "or set call: device: cpu"
    )


class CudaPairHmm:
    """The pair-HMM by the first GPU that this process sees; may be called from several threads.

    Each thread has a stream of its own, so that copies and kernels of several chunks overlap.
    A call takes 12 bytes of GPU memory for each of THREADS x BLOCKS threads of each multiprocessor
    and each base of the longest haplotype (0.3 GB on an H100 at 500 bases), beside the batch.
    """

    def __init__(self, kernel: Kernel) -> None:
        """Compile the kernel; raise `JobError` if there is no CuPy or no GPU."""
        self._kernel = kernel
        self._cupy: Any = cupy()
        source = (NATIVE / "pairhmm.cu").read_text()
        module = self._cupy.RawModule(code=source, options=OPTIONS, backend="nvrtc")
        self._function = module.get_function("pair_hmm")
        self._most_blocks = BLOCKS * self._cupy.cuda.Device().attributes["MultiProcessorCount"]
        self._own = threading.local()

    def __call__(self, batch: BatchArrays) -> None:
        """Write the log10 likelihoods of a batch into it."""
        batch.likelihoods[:] = self.likelihoods(batch)

    def likelihoods(self, batch: BatchArrays) -> NDArray[np.float64]:
        """Return the log10 likelihood of each pair.

        Raises `schelde.pairhmm.library.NativeError` for a read or a haplotype without bases. Small
        ones, which single precision cannot tell, are worked out on the CPU, as they are for CPUs.
        """
        order = self._kernel.order(batch)
        sums = np.empty(len(order), np.float32)
        if len(order):
            with self._stream():
                sums[order] = self._sums(batch, batch.pairs[order])
        return self._kernel.finish(batch, sums)

    def _stream(self) -> AbstractContextManager[object]:
        if not hasattr(self._own, "stream"):
            self._own.stream = self._cupy.cuda.Stream(non_blocking=True)
        stream: AbstractContextManager[object] = self._own.stream
        return stream

    def _sums(self, batch: BatchArrays, pairs: NDArray[np.uint32]) -> Floats:
        """Return the sums of the pairs, in their order, by the current stream."""
        # CuPy copies by way of pinned memory of its own, in the order of the stream.
        blocks = min(self._most_blocks, -(-len(pairs) // THREADS))
        rows = (batch.bases, batch.quals, batch.insertion, batch.deletion, batch.haplotypes)
        given = [self._cupy.asarray(array) for array in (*rows, pairs, self._kernel.tables())]
        strip = self._cupy.empty(3 * int(pairs[:, 3].max()) * blocks * THREADS, np.float32)
        sums = self._cupy.empty(len(pairs), np.float32)
        arguments = (*given[:6], np.uint32(len(pairs)), given[6], strip, sums)
        self._function((blocks,), (THREADS,), arguments)
        found: Floats = self._cupy.asnumpy(sums)
        return found
