"""Chunks with reads drawn from known haplotypes, in the text form of window_text.h."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

Variant = tuple[int, int, str]  # position, bases removed, bases inserted


def random_bases(length: int, seed: int) -> str:
    """Return bases without any pattern, the same for the same seed."""
    return "".join(random.Random(seed).choices("ACGT", k=length))


def with_variants(reference: str, variants: Sequence[Variant]) -> str:
    """Return the reference (from 0 on) with variants put in."""
    out = reference
    for pos, removed, inserted in sorted(variants, reverse=True):
        out = out[:pos] + inserted + out[pos + removed :]
    return out


@dataclass(frozen=True)
class Column:
    """A base of a haplotype: where it lies, or the base that it is inserted before."""

    base: str
    pos: int
    inserted: bool


def columns(reference: str, variants: Sequence[Variant]) -> list[Column]:
    """Return a haplotype base by base."""
    out: list[Column] = []
    place = 0
    for pos, removed, inserted in sorted(variants):
        out += [Column(reference[p], p, False) for p in range(place, pos)]
        if removed == len(inserted):
            out += [Column(base, pos + i, False) for i, base in enumerate(inserted)]
        else:
            out += [Column(base, pos, True) for base in inserted]
        place = pos + removed
    return out + [Column(reference[p], p, False) for p in range(place, len(reference))]


def operations(bases: Sequence[Column]) -> list[tuple[int, str]]:
    """Return the CIGAR of a read, as an aligner that makes no mistake has it."""
    letters: list[str] = []
    for before, column in itertools.pairwise([None, *bases]):
        assert column is not None
        if before is not None and not column.inserted:
            last = before.pos - 1 if before.inserted else before.pos
            letters += "D" * (column.pos - last - 1)
        letters.append("I" if column.inserted else "M")
    return [(len(list(run)), letter) for letter, run in itertools.groupby(letters)]


def clipped(ops: list[tuple[int, str]], longest: int) -> list[tuple[int, str]]:
    """Return a CIGAR whose part beyond an indel longer than that is clipped: the shorter one."""
    for i, (length, letter) in enumerate(ops):
        if letter == "M" or (letter in "ID" and length <= longest):
            continue
        left, right = ops[:i], ops[i + 1 :]
        of_left = sum(n for n, op in left if op != "D")
        of_right = sum(n for n, op in right if op != "D")
        own = length if letter == "I" else 0
        if of_left >= of_right:
            return [*left, (of_right + own, "S")]
        return [(of_left + own, "S"), *clipped(right, longest)]
    return ops


@dataclass
class Scene:
    """A chunk over a whole reference that begins at 0, its reads and what a pileup would say."""

    reference: str
    first: int = 0
    last: int | None = None
    cuts: tuple[int, int] = (0, 0)
    start: int | None = None
    end: int | None = None
    intervals: list[tuple[int, int, int]] = field(default_factory=list)
    candidates: set[Variant] = field(default_factory=set)
    breakpoints: list[int] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    fragments: int = 0

    def read(self, start: int, cigar: str, bases: str, quals: str = "", fragment: int = -1) -> None:
        """Add one read; without a fragment of its own it is alone."""
        if fragment < 0:
            fragment = self.fragments
        self.fragments = max(self.fragments, fragment + 1)
        words = (start, cigar, bases, quals or "I" * len(bases), fragment, 0, 0)
        self.reads.append("read " + " ".join(map(str, words)))

    def draw(
        self,
        variants: Sequence[Variant],
        *,
        length: int = 100,
        step: int = 10,
        longest: int = 1000,
        between: tuple[int, int] | None = None,
    ) -> Scene:
        """Add reads of a haplotype, one each `step` bases; longer indels are not aligned."""
        bases = columns(self.reference, variants)
        lowest, highest = between or (0, len(bases))
        for place in range(lowest, highest - length + 1, step):
            part = bases[place : place + length]
            ops = clipped(operations(part), longest)
            skipped = ops[0][0] if ops[0][1] in "SI" else 0
            if all(letter in "SI" for _, letter in ops):
                continue
            text = "".join(f"{n}{letter}" for n, letter in ops)
            self.read(part[skipped].pos, text, "".join(c.base for c in part))
        return self

    def text(self) -> str:
        """Return the lines that a driver reads."""
        size = len(self.reference)
        last = size if self.last is None else self.last
        start = self.first if self.start is None else self.start
        end = last if self.end is None else self.end
        lines = [f"chunk {start} {end} {self.first} {last} {self.cuts[0]} {self.cuts[1]}"]
        lines.append(f"reference 0 {self.reference}")
        for interval in self.intervals or [(0, size, 2)]:
            lines.append("interval {} {} {}".format(*interval))
        for pos, removed, inserted in sorted(self.candidates):
            lines.append(f"candidate {pos} {removed} {inserted or '-'} 10 20")
        lines += [f"breakpoint {pos} 5" for pos in sorted(self.breakpoints)]
        return "\n".join([*lines, *self.reads]) + "\n"
