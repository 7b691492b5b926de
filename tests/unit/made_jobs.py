"""A working directory in which jobs seem to have run: sheet, proofs, events and benchmarks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schelde.progress.events import EVENTS, append

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write_benchmark(path: Path, wall: float, peak: str = "100.00", cpu: str = "1.00") -> None:
    """Write a benchmark as Snakemake does; ``peak`` is max_pss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rss = "NA" if peak == "NA" else "999.00"
    path.write_text(f"{HEAD}{wall:.2f}\t0:00:00\t{rss}\t1.0\t1.0\t{peak}\t0\t0\t0\t{cpu}\n")


@dataclass
class MadeRun:
    """A run whose jobs are added one by one, with an event log."""

    folder: Path
    time: float = 1000.0
    number: int = 0
    people: dict[str, str] = field(default_factory=dict)

    def person(self, sample: str, bases: float, assay: str = "wgs") -> None:
        """Add a sample with as many bases."""
        self.people[sample] = assay
        sheet = self.folder / "config/people.tsv"
        sheet.parent.mkdir(parents=True, exist_ok=True)
        rows = "".join(f"{name}\t{kind}\n" for name, kind in self.people.items())
        sheet.write_text(f"sample\tassay\n{rows}")
        proof = self.folder / f"results/reads/{sample}/L.F.1.proof.json"
        proof.parent.mkdir(parents=True, exist_ok=True)
        proof.write_text(json.dumps({"bases": int(bases)}))

    def event(self, event: str, **keys: Any) -> None:
        """Add an event of the run."""
        line = {"time": self.time, "run": "r", "event": event, **keys}
        append(self.folder / EVENTS, line)

    def job(
        self,
        rule: str,
        sample: str | None = None,
        *,
        threads: int = 1,
        mem_mb: int = 1000,
        minutes: int = 60,
        wall: float = 600.0,
        cpu: float | None = None,
        peak: float | None = 100.0,
        attempt: int = 1,
        reason: str | None = None,
        external: str | None = None,
        group: str | None = None,
    ) -> None:
        """Add an attempt that ended; ``reason`` is the kind of its failure, ``peak`` None: NA."""
        self.number += 1
        wildcards: Mapping[str, str] = {"sample": sample} if sample else {}
        benchmark = f"benchmarks/{rule}/{sample or 'genome'}.{self.number}.tsv"
        resources = {"mem_mb": mem_mb * attempt, "runtime": minutes * attempt}
        self.event(
            "submitted",
            job=self.number,
            rule=rule,
            wildcards=wildcards,
            attempt=attempt,
            threads=threads,
            resources=resources,
            local=external is None,
            benchmark=benchmark,
            group=group,
        )
        if external:
            self.event("queued", job=self.number, external=external)
            self.event("running", job=self.number)
        self.time += wall
        if reason:
            self.event("failed", job=self.number, rule=rule, reason={"kind": reason})
            return
        measured = ("NA", "NA") if peak is None else (f"{peak:.2f}", f"{cpu or wall:.2f}")
        write_benchmark(self.folder / benchmark, wall, *measured)
        self.event("finished", job=self.number, seconds=wall)
