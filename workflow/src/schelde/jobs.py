"""Threads, memory, minutes, scratch and GPUs of every rule, from config/jobs.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from schelde.cluster.devices import too_few
from schelde.cluster.partition import Given, Needs, fitting, give_member, in_a_row, misfit
from schelde.cluster.scratch import base_folder
from schelde.errors import Problem, UserError
from schelde.jobs_file import LOCAL, read_entries
from schelde.names import Place
from schelde.site import Site

Resource = int | str | Callable[..., int | str]


__all__ = ["LOCAL", "Job", "Jobs", "read_jobs"]


@dataclass(frozen=True)
class Job:
    """What one rule asks for, as its directives take it; memory and minutes grow with attempts."""

    threads: int
    group: str | Callable[..., str | None] | None
    resources: Mapping[str, Resource]


@dataclass(frozen=True)
class Jobs:
    """All rules' needs; call it with the name of a rule.

    ``rules``: by rule as `schelde.jobs_file` has them; ``places``: where each entry stands.
    ``exomes``: samples that are exomes. ``without_gpu``: rules that run on the CPU, whatever
    ``gpu`` says: that is what they ask for where the user chose a GPU. ``job_of_cluster``: it is
    asked on a node of a cluster.
    """

    file: str
    rules: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, Place]
    site: Site = field(default_factory=Site)
    exomes: Set[str] = frozenset()
    without_gpu: Set[str] = frozenset()
    job_of_cluster: bool = False

    def where(self, *, job_of_cluster: bool) -> Jobs:
        """Return the needs as a job on a node of a cluster sees them, or as all others do."""
        return replace(self, job_of_cluster=job_of_cluster)

    def on(self, site: Site, exomes: Iterable[str], without_gpu: Set[str] = frozenset()) -> Jobs:
        """Return the needs on a site, in a run with these exomes and these rules on the CPU."""
        return replace(self, site=site, exomes=frozenset(exomes), without_gpu=without_gpu)

    def needs(self, rule: str, *, exome: bool = False) -> Needs:
        """Return what a rule asks for at first; KeyError if the file has no entry for it."""
        if rule not in self.rules:
            raise KeyError(f"{self.file} has no entry for rule '{rule}'")
        entry = self.rules[rule]
        numbers = {**entry, **entry["exome"]} if exome else dict(entry)
        if rule in self.without_gpu:
            numbers["gpu"] = 0
        return Needs(**{key: value for key, value in numbers.items() if key != "exome"})

    def chain(self, needs: Needs, *, exome: bool) -> Needs:
        """Return what the whole group of a job asks for; the job's own needs when it has none."""
        if needs.group is None:
            return needs
        every = (self.needs(rule, exome=exome) for rule in self.rules)
        return in_a_row(other for other in every if other.group == needs.group)

    def __call__(self, rule: str) -> Job:
        """Return what a rule asks for; KeyError if the file has no entry for it."""
        genome = self.needs(rule)
        return Job(genome.threads, self._group(rule), self._resources(rule, genome))

    def _group(self, rule: str) -> str | Callable[..., str | None] | None:
        genome, exome = (self.needs(rule, exome=kind).group for kind in (False, True))
        if genome == exome or not self.exomes:
            return genome

        def group(wildcards: object) -> str | None:
            return exome if self._is_exome(wildcards) else genome

        return group

    def _resources(self, rule: str, genome: Needs) -> dict[str, Resource]:
        given = self._given(rule)

        def mem_mb(wildcards: object, attempt: int) -> int:
            return given(self._is_exome(wildcards), attempt).mem_mb

        def runtime(wildcards: object, attempt: int) -> int:
            return given(self._is_exome(wildcards), attempt).runtime

        resources: dict[str, Resource] = {"mem_mb": mem_mb, "runtime": runtime}
        resources["disk_mb"] = self._disk(rule)
        if self.site.scratch is not None:
            resources["scratch_mb"] = resources["disk_mb"]
            resources["tmpdir"] = self._tmpdir(self.site.scratch)
        if rule in LOCAL:
            return resources
        if self.site.account is not None:
            resources["slurm_account"] = self.site.account
        if self.site.qos is not None:
            resources["qos"] = self.site.qos
        if self.site.partitions:

            def slurm_partition(wildcards: object, attempt: int) -> str:
                return given(self._is_exome(wildcards), attempt).partition or ""

            resources["slurm_partition"] = slurm_partition
        if genome.gpu:
            resources |= self._gpu(genome.gpu, given)
        return resources

    def _tmpdir(self, scratch: str) -> Resource:
        """Return a function, since the machine that plans a job is not the one that runs it."""

        @cache
        def folder() -> str:
            return base_folder(scratch, job_of_cluster=self.job_of_cluster)

        def tmpdir(wildcards: object) -> str:
            return folder()

        return tmpdir

    def _gpu(self, number: int, given: Callable[[bool, int], Given]) -> dict[str, Resource]:
        """Return how GPUs are asked for; one of gpu and gres, as the plugin passes on both.

        ``tasks_per_gpu=0``: plugins that ask for a task for each GPU start the job that often.
        ``devices`` is for the job, which is to know its number of GPUs however they were asked for;
        no executor reads it.
        """

        def gpu_model(wildcards: object, attempt: int) -> str:
            return given(self._is_exome(wildcards), attempt).gpu_model or ""

        def gres(wildcards: object, attempt: int) -> str:
            return ":".join(filter(None, ["gpu", gpu_model(wildcards, attempt), str(number)]))

        if self.site.gpu_request == "gres":
            return {"devices": number, "gres": gres, "tasks_per_gpu": 0}
        named = any(one.gpu_model for one in self.site.partitions.values())
        model: dict[str, Resource] = {"gpu_model": gpu_model} if named else {}
        return {"devices": number, "gpu": number, "tasks_per_gpu": 0, **model}

    def _given(self, rule: str) -> Callable[[bool, int], Given]:
        """Return a function of kind and attempt; it works each out once for all jobs of a rule."""
        partitions = {} if rule in LOCAL else self.site.partitions

        @cache
        def given(exome: bool, attempt: int) -> Given:
            needs = self.needs(rule, exome=exome)
            chain = self.chain(needs, exome=exome)
            try:
                return give_member(partitions, needs, chain, attempt)
            except LookupError:
                raise UserError([self._misfit(rule, chain)]) from None

        return given

    def _disk(self, rule: str) -> Resource:
        genome, exome = (self.needs(rule, exome=kind).disk_mb for kind in (False, True))
        if genome == exome or not self.exomes:
            return genome

        def disk_mb(wildcards: object) -> int:
            return exome if self._is_exome(wildcards) else genome

        return disk_mb

    def _is_exome(self, wildcards: object) -> bool:
        return bool(self.exomes) and getattr(wildcards, "sample", None) in self.exomes

    def check(self, problems: list[Problem], *, unused: Set[str], genomes: bool) -> None:
        """Add to ``problems`` the rules that fit no partition of the site at their first attempt.

        ``unused``: rules that the run has no jobs of; ``genomes``: some samples are whole genomes.
        """
        if not self.site.partitions:
            return
        for rule in sorted(self.rules.keys() - LOCAL - unused):
            kinds = {False: genomes or not self.rules[rule]["exome"], True: bool(self.exomes)}
            chains = [
                self.chain(self.needs(rule, exome=exome), exome=exome)
                for exome, there in kinds.items()
                if there
            ]
            for chain in dict.fromkeys(chains):  # often the same for both
                if not fitting(self.site.partitions, chain):
                    problems.append(self._misfit(rule, chain))

    def asks_for_gpu(self, rule: str) -> bool:
        """Tell whether a rule of the file asks for GPUs."""
        return rule in self.rules and self.needs(rule).gpu > 0

    def check_devices(
        self, number: int, choices: Mapping[str, tuple[Place, str]], problems: list[Problem]
    ) -> None:
        """Add to ``problems`` the rules that ask for more GPUs than the ``number`` of this machine.

        ``choices``: of the rules of the run that use GPUs, where the user chose so and in which
        words, such as "call.device is gpu".
        """
        for rule, (place, words) in choices.items():
            asked = self.needs(rule).gpu
            if not number:
                what = f"{words}, and {too_few(asked, number)}"
                remedy = "choose what runs on the CPU, or run where there is a GPU"
                problems.append(place.problem(what, remedy))
            elif asked > number:
                what = f"rule {rule} asks for more GPUs: {too_few(asked, number)}"
                problems.append(self.places[rule].problem(what, "lower gpu of the rule"))

    def _misfit(self, rule: str, chain: Needs) -> Problem:
        who = f"rule {rule}" if chain.group is None else f"rule {rule} with its group {chain.group}"
        remedy = "lower it in config/jobs.yaml, or name a larger partition"
        return self.places[rule].problem(f"{who} {misfit(self.site.partitions, chain)}", remedy)


def read_jobs(shipped: str | Path, own: str | Path | None = None) -> Jobs:
    """Read the repository's config/jobs.yaml and lay the working directory's ``own`` over it.

    That may have a few rules, and of a rule a few keys. Raises `UserError` with every mistake.
    """
    problems: list[Problem] = []
    rules, places = read_entries([str(path) for path in (shipped, own) if path], problems)
    if problems:
        raise UserError(problems)
    return Jobs(str(own or shipped), rules, places)
