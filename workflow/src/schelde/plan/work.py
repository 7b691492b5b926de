"""The jobs of a batch, as Snakemake would plan them from nothing, and what each of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schelde.callers import filters_of
from schelde.cluster.partition import Needs, give
from schelde.cluster.used import ALIGN, CALLS, INDEXES, PARABRICKS, pieces_of
from schelde.errors import UserError
from schelde.inputs import Inputs
from schelde.jobs import LOCAL
from schelde.plan.model import Task
from schelde.plan.rates import Rate, Rates
from schelde.plan.sizes import Sizes
from schelde.sheet import WGS_DESIGN, Assay, Lane, Person

GPU_RATE = "call_gpu"
"""Name of the rate of calling a whole sample on one GPU."""

CALLING = "call_piece_"
"""How the name of the rule begins that gives the gVCF of a piece."""

MOVABLE = ("gatk", "bcftools", "freebayes", "pairhmm")
"""Callers on CPUs that do all in that rule, and whose work a caller on a GPU could do instead."""


def tasks_of(inputs: Inputs, sizes: Sizes, rates: Rates, *, cores: int | None = None) -> list[Task]:
    """Return the jobs of a run that starts from nothing and ends with all that is asked for.

    ``cores``: threads of a job are cut to it, as Snakemake does on one machine; None: the jobs go
    to the partitions of the site. Raises `UserError` for a job that fits none, KeyError
    for a rule without a rate or without an entry in config/jobs.yaml.
    """
    batch = _Batch(inputs, sizes, rates, cores)
    batch.reference()
    for person in inputs.sheet.people:
        batch.sample(person)
    batch.run()
    return list(batch.tasks.values())


@dataclass
class _Batch:
    """Jobs as they are added, each after those that it needs."""

    inputs: Inputs
    sizes: Sizes
    rates: Rates
    cores: int | None
    tasks: dict[str, Task] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        wildcards: Sequence[str] = (),
        needs: Iterable[str] = (),
        *,
        choice: str | None = None,
        size: float = 0,
        person: Person | None = None,
    ) -> str:
        """Add a job and return its name."""
        name = ".".join([rule, *wildcards])
        exome = person is not None and person.assay is Assay.WES
        asked = self.inputs.jobs.needs(rule, exome=exome)
        threads = min(asked.threads, self.cores or asked.threads)
        rate_name = self.rates.named(rule, choice)
        rate = self.rates.rules[rate_name]
        gpu = self._on_gpu(rule, size, exome)
        self.tasks[name] = Task(
            name=name,
            rule=rule,
            sample=person.sample if person else None,
            needs=tuple(dict.fromkeys(needs)),
            threads=threads,
            mem_mb=asked.mem_mb,
            gpus=asked.gpu,
            wall_s=rate.wall_s(size, threads),
            cpu_s=rate.cpu_s(size),
            kept_mb=rate.fixed_kept_mb + rate.kept_mb * size,
            temp_mb=rate.temp_mb * size,
            scratch_mb=rate.scratch_mb * size,
            local=rule in LOCAL,
            group=asked.group,
            gpu_s=gpu.wall_s(size, 1) if gpu else None,
            beside_s=gpu.usable * gpu.wall_s(size, 1) if gpu else 0,
            rate=rate_name,
            pool=self._partition(rule, asked, exome),
            size=size,
        )
        return name

    def _partition(self, rule: str, asked: Needs, exome: bool) -> str | None:
        """Return the partition that the site sends a job to; None on one machine."""
        partitions = self.inputs.jobs.site.partitions
        if rule in LOCAL or self.cores is not None or not partitions:
            return None
        try:
            return give(partitions, self.inputs.jobs.chain(asked, exome=exome), 1).partition
        except LookupError as error:
            what = f"rule {rule} {error} of config/site.yaml"
            remedy = "give lower numbers in config/jobs.yaml, or name a larger partition"
            raise UserError([self.inputs.jobs.places[rule].problem(what, remedy)]) from None

    def _on_gpu(self, rule: str, size: float, exome: bool) -> Rate | None:
        """Return the rate of a job's work on a GPU, if it is not there anyway.

        An exome gains nothing there.
        """
        call = self.inputs.settings.call
        if exome or not rule.startswith(CALLING):
            return None
        if call.caller not in MOVABLE or call.device == "gpu":
            return None
        return self.rates.rules.get(GPU_RATE)

    def reference(self) -> None:
        """Add what is done once for the genome and for each design."""
        settings, size = self.inputs.settings, self.sizes.genome
        needs = []
        if (
            settings.reference.fasta is None
            and settings.reference.name not in self.inputs.site.references
        ):
            needs.append(self.add("fetch_reference", size=size))
        self.add("prepare_reference", needs=needs, size=size)
        self.add(INDEXES[settings.align.aligner], needs=["prepare_reference"], size=size)
        for design in dict.fromkeys(person.design for person in self.inputs.sheet.people):
            cut = ["prepare_reference"]
            if design != WGS_DESIGN:
                cut.append(self.add("prepare_targets", [design], ["prepare_reference"], size=size))
            self.add("cut_pieces", [design], cut, size=size)
        if settings.call.dragen:
            self.add("find_tandem_repeats", needs=["prepare_reference"], size=size)

    def lane(self, person: Person, lane: Lane) -> None:
        """Add what is done with the reads of one lane."""
        settings = self.inputs.settings
        size = self.sizes.lanes[lane.sample, lane.name]
        wildcards = [lane.sample, lane.name]
        extracted = []
        if lane.alignment:
            extracted.append(
                self.add("extract_lane", wildcards, ["prepare_reference"], size=size, person=person)
            )
        proof = self.add("prove_lane", wildcards, extracted, size=size, person=person)
        reads = [proof, *extracted]
        self.add("fastp_lane", wildcards, reads, size=size, person=person)
        if settings.reads.trim:
            reads = [self.add("trim_lane", wildcards, reads, size=size, person=person)]
        aligner = settings.align.aligner
        needs = [*reads, INDEXES[aligner]]
        for rule in ALIGN[aligner]:
            needs = [self.add(rule, wildcards, needs, choice=aligner, size=size, person=person)]

    def sample(self, person: Person) -> None:
        """Add what is done with one sample, up to its metrics."""
        settings, sample = self.inputs.settings, person.sample
        lanes = self.inputs.sheet.lanes_of(sample)
        for lane in lanes:
            self.lane(person, lane)
        size = sum(self.sizes.lanes[sample, lane.name] for lane in lanes)
        last = ALIGN[settings.align.aligner][-1]
        aligned = [f"{last}.{sample}.{lane.name}" for lane in lanes]
        self.add(
            "mark_duplicates",
            [sample],
            [*aligned, "prepare_reference"],
            size=size,
            person=person,
        )
        marked = f"mark_duplicates.{sample}"
        targets = [] if person.design == WGS_DESIGN else [f"prepare_targets.{person.design}"]
        measured = self.add(
            "measure_reads",
            [sample],
            [marked, *targets],
            choice=settings.qc.engine,
            size=size,
            person=person,
        )
        gathered = self.calls(person, size, marked, targets)
        needs = [gathered, measured]
        needs += [f"fastp_lane.{sample}.{lane.name}" for lane in lanes]
        if settings.qc.contamination != "schelde":
            choice = settings.qc.contamination
            needs.append(
                self.add(
                    "estimate_contamination",
                    [sample],
                    [marked],
                    choice=choice,
                    size=size,
                    person=person,
                )
            )
        self.add("measure_variants", [sample], needs, size=size, person=person)

    def calls(self, person: Person, size: float, marked: str, targets: Sequence[str]) -> str:
        """Add the calling of a sample in pieces; return the job that joins them."""
        call, sample = self.inputs.settings.call, person.sample
        needs = [marked, f"cut_pieces.{person.design}"]
        if call.sex == "inferred":
            needs.append(f"measure_reads.{sample}")
        models = []
        if call.bqsr and call.caller == "gatk":
            models.append(
                self.add("model_base_qualities", [sample], [marked], size=size, person=person)
            )
        if call.dragen and call.caller == "gatk":
            repeats = [marked, "find_tandem_repeats"]
            models.append(
                self.add("model_tandem_repeats", [sample], repeats, size=size, person=person)
            )
        number = pieces_of(self.inputs.settings)
        pieces = [
            self.piece(person, piece, size / number, [*needs, *models])
            for piece in range(1, number + 1)
        ]
        return self.add(
            "gather_calls",
            [sample],
            [*pieces, *needs[1:], *targets],
            choice=filters_of(call.caller),
            size=size,
            person=person,
        )

    def piece(self, person: Person, number: int, size: float, needs: Sequence[str]) -> str:
        """Add the calling of a piece; return the job that gives its gVCF."""
        call = self.inputs.settings.call
        job = ""
        for rule in CALLS[call.caller]:
            wildcards = [person.sample]
            if rule in PARABRICKS:
                wildcards.append(call.caller)
            if rule != PARABRICKS[0]:  # which calls the whole genome
                wildcards.append(str(number))
            before = [job] if job else []
            job = self.add(
                rule, wildcards, [*before, *needs], choice=call.device, size=size, person=person
            )
        return job

    def run(self) -> None:
        """Add what is done once with all samples, and with those of the bundle."""
        sheet, gate = self.inputs.sheet, self.inputs.gate
        number = len(sheet.samples)
        measured = [f"measure_variants.{sample}" for sample in sheet.samples]
        self.add("judge_samples", needs=measured, size=number)
        judged = ["judge_samples"]
        self.add("tool_versions", needs=judged, size=number)
        self.add("write_tables", needs=judged, size=number)
        self.add("write_report", needs=["write_tables", "tool_versions"], size=number)
        last = ["write_report", *judged]
        if gate is not None:
            last += self.bundle(gate.admitted)
        self.add("heed_verdicts", needs=last, size=number)

    def bundle(self, admitted: Sequence[str]) -> list[str]:
        """Add the bundle of the people who may come into it."""
        sheet, sealed = self.inputs.sheet, []
        for sample in admitted:
            size = sum(self.sizes.lanes[sample, lane.name] for lane in sheet.lanes_of(sample))
            person = sheet.person(sample)
            needs = ["judge_samples"]
            sealed.append(self.add("seal_sample", [sample], needs, size=size, person=person))
        size = sum(
            self.sizes.lanes[sample, lane.name]
            for sample in admitted
            for lane in sheet.lanes_of(sample)
        )
        needs = [*sealed, "tool_versions"]
        if self.inputs.settings.bundle.frequencies:
            needs.append(self.add("count_frequencies", needs=sealed, size=size))
        return [self.add("write_bundle", needs=needs, size=size)]
