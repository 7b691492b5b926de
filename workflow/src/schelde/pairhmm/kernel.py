"""The parts of the pair-HMM that a GPU needs beside its kernel: native/pairhmm_cpu.cc."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_uint8, c_uint64, c_void_p
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from schelde.pairhmm.library import BatchArrays, NativeError, load

GAP_CONTINUATION = 10
"""Phred; ``gap_continuation`` of native/settings.h."""

FORMS = ("plain", "avx2", "avx512")
"""As ``FormName`` in native/pairhmm_cpu.h has them."""

TABLE_NUMBERS = 4 * 256 + 3
"""Numbers of ``Tables`` in native/pairhmm.h."""

Floats: TypeAlias = NDArray[np.float32]


class _Pairs(ctypes.Structure):
    _fields_ = (
        ("bases", c_void_p),
        ("quals", c_void_p),
        ("insertion", c_void_p),
        ("deletion", c_void_p),
        ("haplotypes", c_void_p),
        ("pairs", c_void_p),
        ("count", c_uint64),
    )


_FUNCTIONS = {
    "schelde_pairhmm_order": (POINTER(_Pairs), c_void_p),
    "schelde_pairhmm_tables": (c_uint8, c_void_p),
    "schelde_pairhmm_sums": (POINTER(_Pairs), c_uint8, ctypes.c_int, c_void_p),
    "schelde_pairhmm_finish": (POINTER(_Pairs), c_uint8, ctypes.c_int, c_void_p, c_void_p),
}


class Kernel:
    """The pair-HMM of the native library, in parts.

    Likelihoods come in two steps, so that another device can do the first: ``sums``, in single
    precision and 2^120 times too large, then ``finish``, which does small ones again in double
    precision and takes logarithms. Every method raises `NativeError` for a read or a haplotype
    without bases.
    """

    def __init__(
        self, library: ctypes.CDLL | None = None, gap_continuation: int = GAP_CONTINUATION
    ) -> None:
        """Take the library (by default the one that set-up made) and a phred above 0."""
        self._library = load() if library is None else library
        self._gap_continuation = gap_continuation
        for name, arguments in _FUNCTIONS.items():
            function = getattr(self._library, name)
            function.argtypes, function.restype = arguments, c_char_p
        self.best_form: str = FORMS[self._library.schelde_pairhmm_form()]

    def order(self, batch: BatchArrays) -> NDArray[np.uint32]:
        """Return the places of the pairs in the order in which neighbours are alike in size."""
        order = np.empty(len(batch.pairs), np.uint32)
        self._do("order", byref(_plain(batch)), order.ctypes.data)
        return order

    def tables(self) -> Floats:
        """Return the constants of single precision; see ``Tables`` in native/pairhmm.h."""
        tables = np.empty(TABLE_NUMBERS, np.float32)
        self._do("tables", self._gap_continuation, tables.ctypes.data)
        return tables

    def sums(self, batch: BatchArrays, form: str | None = None) -> Floats:
        """Return each pair's likelihood times 2^120, by a form of `FORMS` (the best one)."""
        sums = np.empty(len(batch.pairs), np.float32)
        place = FORMS.index(form or self.best_form)
        plain = _plain(batch)
        self._do("sums", byref(plain), self._gap_continuation, place, sums.ctypes.data)
        return sums

    def finish(
        self, batch: BatchArrays, sums: Floats, form: str | None = None
    ) -> NDArray[np.float64]:
        """Return each pair's log10 likelihood, from what `sums` gave."""
        found = np.empty(len(batch.pairs), np.float64)
        place = FORMS.index(form or self.best_form)
        plain, given = _plain(batch), np.ascontiguousarray(sums, np.float32)
        gap = self._gap_continuation
        self._do("finish", byref(plain), gap, place, given.ctypes.data, found.ctypes.data)
        return found

    def _do(self, name: str, *arguments: object) -> None:
        fault = getattr(self._library, f"schelde_pairhmm_{name}")(*arguments)
        if fault is not None:
            raise NativeError(fault.decode("utf-8", "replace"))


def _plain(batch: BatchArrays) -> _Pairs:
    arrays = (batch.bases, batch.quals, batch.insertion, batch.deletion, batch.haplotypes)
    for array in (*arrays, batch.pairs):
        if not array.flags.c_contiguous:
            raise ValueError("arrays of a batch must be contiguous")
    return _Pairs(*(a.ctypes.data for a in (*arrays, batch.pairs)), len(batch.pairs))
