"""The GPU's side, where there is no GPU: the same kernel, launched by a stand-in for CuPy."""

from __future__ import annotations

import ctypes
import importlib.util
import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from schelde.joblog import JobError
from schelde.pairhmm import cuda
from schelde.pairhmm.kernel import GAP_CONTINUATION, TABLE_NUMBERS, Kernel
from schelde.pairhmm.library import BatchArrays, NativeError

ROOT = Path(__file__).parents[2]


def batch_of(seed: int, count: int) -> BatchArrays:
    """Return random reads of 1 to 150 bases, each against three random haplotypes."""
    rng = np.random.default_rng(seed)
    reads, haplotypes = rng.integers(1, 151, count), rng.integers(1, 200, count)
    rows, columns = int(reads.sum()), int(haplotypes.sum())
    starts = [np.append(0, np.cumsum(lengths)[:-1]) for lengths in (reads, haplotypes)]
    read, haplotype = np.repeat(np.arange(count), 3), rng.integers(0, count, 3 * count)
    pairs = (starts[0][read], reads[read], starts[1][haplotype], haplotypes[haplotype])
    return BatchArrays(
        bases=rng.integers(0, 5, rows, np.uint8),
        quals=rng.integers(6, 42, rows, np.uint8),
        insertion=rng.integers(10, 46, rows, np.uint8),
        deletion=rng.integers(10, 46, rows, np.uint8),
        haplotypes=rng.integers(0, 5, columns, np.uint8),
        pairs=np.ascontiguousarray(np.stack(pairs, axis=1), np.uint32),
        likelihoods=np.zeros(3 * count),
    )


class NoDeviceError(Exception):
    """What CuPy raises when the driver finds no GPU."""


def stand_in(library: ctypes.CDLL, processors: int = 2) -> SimpleNamespace:
    """Return what schelde.pairhmm.cuda uses of CuPy, with arrays of NumPy and threads in a row."""
    launches = []

    def launch(grid: tuple[int], block: tuple[int], arguments: tuple[object, ...]) -> None:
        launches.append((*grid, *block))
        plain = [
            ctypes.c_void_p(one.ctypes.data) if isinstance(one, np.ndarray) else ctypes.c_uint(one)
            for one in arguments
        ]
        library.run_grid(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), *plain)

    def module(code: str, options: tuple[str, ...], backend: str) -> SimpleNamespace:
        assert 'extern "C" __global__' in code
        assert {"-fmad=false", "-ftz=true"} <= set(options)
        assert backend == "nvrtc"
        return SimpleNamespace(get_function={"pair_hmm": launch}.__getitem__)

    device = SimpleNamespace(attributes={"MultiProcessorCount": processors})
    runtime = SimpleNamespace(getDeviceCount=lambda: 1, CUDARuntimeError=NoDeviceError)
    return SimpleNamespace(
        RawModule=module,
        asarray=np.array,
        empty=lambda size, kind: np.full(size, np.nan, kind),
        asnumpy=np.array,
        cuda=SimpleNamespace(
            runtime=runtime,
            Device=lambda: device,
            Stream=lambda non_blocking: nullcontext(non_blocking),
        ),
        launches=launches,
    )


@pytest.fixture(scope="module")
def grid(shared_library) -> ctypes.CDLL:
    return ctypes.CDLL(str(shared_library("pairhmm_grid")))


@pytest.fixture
def fake(grid, monkeypatch) -> SimpleNamespace:
    module = stand_in(grid)
    monkeypatch.setattr(cuda.importlib, "import_module", {"cupy": module}.__getitem__)
    return module


def test_the_gpu_gives_what_the_cpu_gives(grid, fake):
    kernel, batch = Kernel(grid), batch_of(1, 500)
    cuda.CudaPairHmm(kernel)(batch)
    np.testing.assert_array_equal(batch.likelihoods, kernel.finish(batch, kernel.sums(batch)))
    assert len(np.unique(batch.likelihoods)) > 1000


def test_threads_go_round_when_there_are_more_pairs(grid, fake):
    batch = batch_of(2, 500)
    cuda.CudaPairHmm(Kernel(grid)).likelihoods(batch)
    assert len(batch.pairs) > 2 * cuda.BLOCKS * cuda.THREADS
    assert fake.launches == [(2 * cuda.BLOCKS, cuda.THREADS)]


def test_few_pairs_take_few_blocks(grid, fake):
    cuda.CudaPairHmm(Kernel(grid)).likelihoods(batch_of(3, 43))
    assert fake.launches == [(2, cuda.THREADS)]


def test_an_empty_batch_is_not_launched(grid, fake):
    assert len(cuda.CudaPairHmm(Kernel(grid)).likelihoods(batch_of(4, 0))) == 0
    assert fake.launches == []


def test_a_read_without_bases_is_refused_before_the_launch(grid, fake):
    batch = batch_of(5, 3)
    batch.pairs[4, 1] = 0
    with pytest.raises(NativeError, match="a read or a haplotype has no bases"):
        cuda.CudaPairHmm(Kernel(grid)).likelihoods(batch)
    assert fake.launches == []


def test_a_missing_gpu_ends_the_job_with_the_reason(fake):
    def none() -> int:
        raise NoDeviceError("cudaErrorNoDevice: no CUDA-capable device is detected")

    fake.cuda.runtime.getDeviceCount = none
    with pytest.raises(JobError, match=r"this job sees none \(cudaErrorNoDevice: no CUDA-capable"):
        cuda.cupy()


def test_no_gpu_counted_is_no_gpu(fake):
    fake.cuda.runtime.getDeviceCount = lambda: 0
    with pytest.raises(JobError, match="CUDA counts 0 of them"):
        cuda.cupy()


def test_the_order_holds_every_pair_once(grid):
    batch = batch_of(6, 100)
    order = Kernel(grid).order(batch)
    assert sorted(order) == list(range(300))
    assert (np.diff(batch.pairs[order, 1].astype(int)) <= 0).all()


def test_a_gap_continuation_of_zero_is_refused(grid):
    with pytest.raises(NativeError, match="gap continuation"):
        Kernel(grid, gap_continuation=0).tables()


# ---- numbers that stand in two languages


def number(file: str, name: str) -> int:
    text = (cuda.NATIVE / file).read_text()
    return int(re.search(rf"\b{name} = (\d+)", text)[1])


def test_numbers_are_those_of_the_source():
    assert number("settings.h", "gap_continuation") == GAP_CONTINUATION
    assert number("pairhmm.cu", "kThreads") == cuda.THREADS
    assert number("pairhmm.cu", "kBlocks") == cuda.BLOCKS
    assert TABLE_NUMBERS == 4 * 256 + 3


# ---- NVIDIA's own compiler


def nvrtc() -> ctypes.CDLL:
    """Return NVRTC as `make nvrtc` or `make gpu` installed it."""
    installed = importlib.util.find_spec("nvidia")
    places = installed.submodule_search_locations if installed else None
    for folder in (ROOT / ".venv/nvrtc/nvidia", *(places or ())):
        for path in sorted(Path(folder).glob("**/libnvrtc.so.*[0-9]")):
            return ctypes.CDLL(str(path))
    pytest.skip("no NVRTC to compile the GPU's kernel with (make nvrtc installs it)")


def compiler_log(architecture: str) -> str:
    """Compile the kernel as CuPy does; return what NVRTC and its assembler say."""
    library, program, size = nvrtc(), ctypes.c_void_p(), ctypes.c_size_t()
    source = (cuda.NATIVE / "pairhmm.cu").read_bytes()
    library.nvrtcCreateProgram(ctypes.byref(program), source, b"pairhmm.cu", 0, None, None)
    options = [*cuda.OPTIONS, f"--gpu-architecture={architecture}", "--ptxas-options=-v"]
    options.append("--device-as-default-execution-space")  # CuPy 14 adds it
    texts = (ctypes.c_char_p * len(options))(*(one.encode() for one in options))
    status = library.nvrtcCompileProgram(program, len(options), texts)
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    text = log.value.decode()
    assert status == 0, text
    return text


@pytest.mark.parametrize("architecture", ["sm_75", "sm_80", "sm_90"])
def test_the_kernel_compiles_for_gpus_and_keeps_its_rows_in_registers(architecture):
    log = compiler_log(architecture)
    assert "0 bytes spill stores, 0 bytes spill loads" in log
    assert int(re.search(r"Used (\d+) registers", log)[1]) <= 65536 // (cuda.THREADS * cuda.BLOCKS)
    assert "warning" not in log
