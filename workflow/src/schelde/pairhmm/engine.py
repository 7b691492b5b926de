"""Chunks through the steps of the caller, several at once, their records in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import IO

from schelde.pairhmm.library import BatchArrays, ChunkReader, Span, Work

PairHmm = Callable[[BatchArrays], None]
"""Writes ``likelihoods`` of a batch; called from several threads."""

Reference = Callable[[str, int, int], str]
"""Gives the bases of a contig from a 0-based start to an end; called from one thread."""

AROUND = 1000
"""bp of reference on each side of a chunk's reads, for repeats that go on there."""

STEPS = ("decode", "pile up", "windows", "pair-HMM", "genotype")


@dataclass
class Split:
    """Where the time went: CPU seconds of this process by step, from all threads."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))
    pairs: int = 0
    cells: int = 0
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the CPU seconds of the block, in its thread, for a step."""
        began = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[name] += time.thread_time() - began

    def count(self, batch: BatchArrays) -> None:
        """Count a batch's pairs and cells (bases of the read times bases of the haplotype)."""
        cells = int((batch.pairs[:, 1].astype("u8") * batch.pairs[:, 3]).sum())
        with self._lock:
            self.pairs += len(batch.pairs)
            self.cells += cells

    def __str__(self) -> str:
        steps = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())
        return f"{steps}; {self.pairs} pairs, {self.cells / 1e9:.3f} billion cells"


@dataclass(frozen=True)
class Engine:
    """How chunks are worked on.

    ``bands``: least GQs of the bands of reference blocks. ``pair_hmm``: None for the CPU's.
    ``trace`` gets what the steps made, as native/trace.h has it, chunk by chunk as they end.
    """

    threads: int
    bands: Sequence[int]
    split: Split
    pair_hmm: PairHmm | None = None
    trace: IO[bytes] | None = None

    def records(
        self,
        descriptor: int,
        spans: Sequence[Span],
        reference: Reference,
        lengths: Mapping[str, int],
    ) -> Iterator[bytes]:
        """Yield the records of the spans, each with its line end, from a BAM's file descriptor.

        ``lengths``: of contigs, in bp. Raises `schelde.pairhmm.library.NativeError` for a broken
        stream.
        """
        waiting: deque[Future[bytes]] = deque()
        with (
            closing(ChunkReader(descriptor, spans)) as reader,
            ThreadPoolExecutor(self.threads) as pool,
        ):
            for span in spans:
                with self.split.step("decode"):
                    work = reader.next()
                start = max(0, span.first - AROUND)
                end = min(lengths[span.contig], span.last + AROUND)
                work.give_reference(start, reference(span.contig, start, end))
                waiting.append(pool.submit(self._records_of, work))
                # As many wait as work: the reader goes on meanwhile, and memory has a bound.
                while len(waiting) > 2 * self.threads or (waiting and waiting[0].done()):
                    yield from waiting.popleft().result().splitlines(keepends=True)
            while waiting:
                yield from waiting.popleft().result().splitlines(keepends=True)
            reader.finish()

    def _records_of(self, work: Work) -> bytes:
        step = self.split.step
        with closing(work):
            with step("pile up"):
                work.pile_up()
            with step("windows"):
                work.build()
                batch = work.batch()
            self.split.count(batch)
            with step("pair-HMM"):
                if self.pair_hmm is None:
                    work.pair_hmm()
                else:
                    self.pair_hmm(batch)
            if self.trace is not None:
                self.trace.write(work.trace())
            with step("genotype"):
                return work.finish(self.bands)
