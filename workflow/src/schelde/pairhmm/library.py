"""The steps of the caller that are C++, as functions: the interface of native/api.cc."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from schelde.joblog import JobError

LIBRARY = Path(__file__).parents[4] / ".venv" / "lib" / "libschelde_pairhmm.so"
"""Made at set-up; the package runs from its checkout."""


_Number = TypeVar("_Number", np.uint8, np.uint32, np.float64)


class NativeError(JobError):
    """A step of the native library failed."""


@dataclass(frozen=True)
class Span:
    """A chunk to be: 0-based, half-open; see ``Chunk`` in native/data.h.

    ``intervals``: start, end, copies. ``cut_start``, ``cut_end``: another span touches this one.
    """

    contig: str
    start: int
    end: int
    first: int
    last: int
    intervals: Sequence[tuple[int, int, int]]
    cut_start: bool = False
    cut_end: bool = False


@dataclass(frozen=True)
class BatchArrays:
    """What the pair-HMM is given, as views of the library's memory.

    Rows of all reads (uint8: codes and phred), haplotypes (uint8 codes), ``pairs`` (uint32,
    n x 4: offset and length of the read, of the haplotype), and ``likelihoods`` (float64, n) to
    be written.
    """

    bases: NDArray[np.uint8]
    quals: NDArray[np.uint8]
    insertion: NDArray[np.uint8]
    deletion: NDArray[np.uint8]
    haplotypes: NDArray[np.uint8]
    pairs: NDArray[np.uint32]
    likelihoods: NDArray[np.float64]


class _Span(ctypes.Structure):
    _fields_ = (
        ("contig", c_char_p),
        ("start", c_int64),
        ("end", c_int64),
        ("first", c_int64),
        ("last", c_int64),
        ("cut_start", c_int32),
        ("cut_end", c_int32),
        ("first_interval", ctypes.c_uint32),
        ("intervals", ctypes.c_uint32),
    )


class _Interval(ctypes.Structure):
    _fields_ = (("start", c_int64), ("end", c_int64), ("copies", c_int32))


class _Batch(ctypes.Structure):
    _fields_ = (
        ("bases", c_void_p),
        ("quals", c_void_p),
        ("insertion", c_void_p),
        ("deletion", c_void_p),
        ("rows", c_uint64),
        ("haplotypes", c_void_p),
        ("haplotype_bases", c_uint64),
        ("pairs", c_void_p),
        ("pair_count", c_uint64),
        ("likelihoods", c_void_p),
    )


TEXT = (POINTER(c_void_p), POINTER(c_uint64))
FUNCTIONS = {
    "schelde_error": ((), c_char_p),
    "schelde_reader": ((ctypes.c_int, POINTER(_Span), c_uint64, POINTER(_Interval)), c_void_p),
    "schelde_close": ((c_void_p,), None),
    "schelde_next": ((c_void_p, POINTER(c_void_p)), ctypes.c_int),
    "schelde_free": ((c_void_p,), None),
    "schelde_reference": ((c_void_p, c_int64, c_char_p, c_uint64), ctypes.c_int),
    "schelde_pile_up": ((c_void_p,), ctypes.c_int),
    "schelde_build": ((c_void_p,), ctypes.c_int),
    "schelde_batch": ((c_void_p, POINTER(_Batch)), None),
    "schelde_pair_hmm": ((c_void_p,), ctypes.c_int),
    "schelde_finish": ((c_void_p, POINTER(c_int32), c_uint64, *TEXT), ctypes.c_int),
    "schelde_trace": ((c_void_p, *TEXT), ctypes.c_int),
}


@cache
def load(path: Path = LIBRARY) -> ctypes.CDLL:
    """Load the library; raise `NativeError` if it was not built."""
    if not path.exists():
        raise NativeError("the open engine was not built: run 'make setup', and see what it says")
    library = ctypes.CDLL(str(path))
    for name, (arguments, result) in FUNCTIONS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


class Work:
    """A chunk on its way through the steps, to be called in this order; `close` frees it."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        """Take a handle that the library gave."""
        self._library = library
        self._handle = c_void_p(handle)

    def give_reference(self, start: int, bases: str) -> None:
        """Give the reference from the 0-based ``start`` on."""
        text = bases.encode()
        self._do("schelde_reference", start, text, len(text))

    def pile_up(self) -> None:
        """Look at every position: candidates, and how sure the reference is."""
        self._do("schelde_pile_up")

    def build(self) -> None:
        """Make windows, haplotypes and the pairs of reads and haplotypes."""
        self._do("schelde_build")

    def batch(self) -> BatchArrays:
        """Return what the pair-HMM is given; it lives as long as this does."""
        raw = _Batch()
        self._library.schelde_batch(self._handle, byref(raw))
        return BatchArrays(
            bases=_view(raw.bases, np.uint8, raw.rows),
            quals=_view(raw.quals, np.uint8, raw.rows),
            insertion=_view(raw.insertion, np.uint8, raw.rows),
            deletion=_view(raw.deletion, np.uint8, raw.rows),
            haplotypes=_view(raw.haplotypes, np.uint8, raw.haplotype_bases),
            pairs=_view(raw.pairs, np.uint32, raw.pair_count, 4),
            likelihoods=_view(raw.likelihoods, np.float64, raw.pair_count),
        )

    def pair_hmm(self) -> None:
        """Work out the likelihoods of all pairs on the CPU."""
        self._do("schelde_pair_hmm")

    def finish(self, bands: Sequence[int]) -> bytes:
        """Genotype; return the records of a gVCF, with ``bands`` as least GQs of block bands."""
        return self._text("schelde_finish", (c_int32 * len(bands))(*bands), len(bands))

    def trace(self) -> bytes:
        """Return what the steps made, as native/trace.h has it; for comparisons."""
        return self._text("schelde_trace")

    def close(self) -> None:
        """Free the memory."""
        self._library.schelde_free(self._handle)

    def _do(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(self._handle, *arguments):
            raise NativeError(_why(self._library))

    def _text(self, name: str, *arguments: object) -> bytes:
        text, length = c_void_p(), c_uint64()
        self._do(name, *arguments, byref(text), byref(length))
        return ctypes.string_at(text.value, length.value) if text.value else b""


class ChunkReader:
    """Reads the BAM of a file descriptor into chunks, in their order."""

    def __init__(self, descriptor: int, spans: Sequence[Span]) -> None:
        """Take the descriptor of a BAM in the order of ``spans``; it stays the caller's."""
        self._library = load()
        intervals = [interval for span in spans for interval in span.intervals]
        raw = (_Span * len(spans))()
        first = 0
        for place, span in zip(raw, spans, strict=True):
            place.contig = span.contig.encode()
            place.start, place.end, place.first, place.last = (
                span.start,
                span.end,
                span.first,
                span.last,
            )
            place.cut_start, place.cut_end = span.cut_start, span.cut_end
            place.first_interval, place.intervals = first, len(span.intervals)
            first += len(span.intervals)
        given = (_Interval * len(intervals))(*(_Interval(*interval) for interval in intervals))
        self._reader = self._library.schelde_reader(descriptor, raw, len(spans), given)
        if not self._reader:
            raise NativeError(_why(self._library))

    def next(self) -> Work:
        """Return the next chunk; `NativeError` for a broken stream, or after the last one."""
        handle = self._next()
        if handle is None:
            raise NativeError("there are no more chunks")
        return Work(self._library, handle)

    def finish(self) -> None:
        """Read to the end of the stream, after the last chunk; `NativeError` if it is broken."""
        if self._next() is not None:
            raise NativeError("there are more chunks")

    def _next(self) -> int | None:
        handle = c_void_p()
        if self._library.schelde_next(self._reader, byref(handle)):
            raise NativeError(_why(self._library))
        return handle.value

    def close(self) -> None:
        """Free the memory."""
        self._library.schelde_close(self._reader)


def _why(library: ctypes.CDLL) -> str:
    return str(library.schelde_error().decode("utf-8", "replace"))


def _view(address: int | None, kind: type[_Number], count: int, *more: int) -> NDArray[_Number]:
    """Return ``count`` rows of numbers in the library's memory, also when there are none."""
    shape = (count, *more)
    size = math.prod(shape) * np.dtype(kind).itemsize
    if not address or not size:
        return np.empty(shape, dtype=kind)
    memory = memoryview((ctypes.c_char * size).from_address(address))
    return np.frombuffer(memory, dtype=kind).reshape(shape)
