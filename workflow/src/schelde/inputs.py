"""All inputs of a run, read and checked once: settings, sheets, assembly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from schelde.alignments import check_alignments
from schelde.assembly import Assembly
from schelde.bundle.dataset import Description
from schelde.bundle_check import BundleInputs, check_bundle
from schelde.cluster.modules import path_with
from schelde.cluster.used import rules_without_gpu, unused_rules
from schelde.config import Draft, Settings, read_settings
from schelde.consent import Gate
from schelde.declared import Declared, consent_of, declared_of, facts_of
from schelde.errors import Problem, UserError
from schelde.files import file_fault
from schelde.genome_check import check_assembly, check_reference, check_targets
from schelde.jobs import Jobs, read_jobs
from schelde.lane_files import check_fastqs
from schelde.lanes import lanes_of
from schelde.names import Fault, nearest, path_fault, printable
from schelde.people import people_of
from schelde.qc_check import check_qc
from schelde.run_check import (
    check_choices,
    check_contained,
    check_devices,
    check_images,
    check_known_sites,
    check_open_engine,
    check_outputs,
    check_tools,
)
from schelde.sheet import Lane, Person, Sheet
from schelde.site import Site, read_site
from schelde.tables import Column, Table, columns_of, read_table

if TYPE_CHECKING:
    from schelde.bundle.record import Consent, Facts
    from schelde.package.pseudonyms import Key

JOBS_FILE = Path("config/jobs.yaml")
PEOPLE_COLUMNS = (*columns_of(Person), *columns_of(Declared))


@dataclass(frozen=True)
class Inputs:
    """What a run is made from.

    ``declared``: facts and consents by sample. The others are None when no bundle is asked for:
    ``dataset`` describes it, ``gate`` says who may come into it, ``key`` has the pseudonyms.
    ``jobs``: what rules ask for on ``site``, which is the machine's or cluster's.
    """

    settings: Settings
    sheet: Sheet
    assembly: Assembly
    site: Site
    jobs: Jobs
    declared: Mapping[str, Declared] = field(default_factory=dict)
    dataset: Description | None = None
    gate: Gate | None = None
    key: Key | None = None

    def member_facts(self, sample: str) -> tuple[Facts, Consent]:
        """Return what a bundle says about a sample's person; KeyError if it is not in it."""
        if self.gate is None or sample not in self.gate.admitted:
            raise KeyError(f"sample '{sample}' does not come into a bundle")
        return facts_of(self.declared[sample]), consent_of(self.declared[sample])


def load(
    overrides: Mapping[str, object],
    files: Sequence[Path],
    *,
    workflow_dir: Path,
    thorough: bool,
    tools_on_path: bool = True,
    jobs_run: Literal["here", "elsewhere"] | None = None,
) -> Inputs:
    """Read and check all inputs; raise `UserError` with every problem of every input.

    ``files``: config files, each laid over the one before; config/config.yaml when there is none.
    ``overrides``: values of the command line, laid over them key by key. ``workflow_dir``: the
    repository. ``thorough``: look at the files that the inputs name, and at the machine; jobs
    leave it out, since the main process has done it. ``tools_on_path``: programs are taken from
    PATH, not from conda or containers. ``jobs_run``: on this machine, so that GPUs
    have to be here, or on others; None: nothing is run. Nothing is written and the network is not
    used.
    """
    problems: list[Problem] = []
    draft = read_settings(overrides, files, problems)
    site = read_site(Path(), workflow_dir, problems)
    jobs = _read_jobs(workflow_dir, problems)
    if draft is None:
        raise _told(problems)
    sheet, declared = _read_sheet(draft, problems, thorough=thorough)
    if jobs is not None:
        jobs = _jobs_on(site, jobs, draft, sheet, problems)
        if thorough and jobs_run == "here" and not draft.broken & {"align", "call"}:
            check_devices(draft, jobs, unused_rules(draft.settings, sheet), problems)
    assembly = None
    lengths = None
    if "reference" not in draft.broken:
        lengths = check_reference(draft, site, workflow_dir, problems, thorough=thorough)
        assembly = check_assembly(draft, workflow_dir, lengths, problems)
    check_choices(draft, lengths, problems)
    check_qc(draft, workflow_dir, lengths, problems, thorough=thorough)
    bundle = BundleInputs()
    if "people" not in draft.broken:
        bundle = check_bundle(
            draft, sheet.people, declared, sheet.lanes, problems, thorough=thorough
        )
    if thorough:
        check_targets(draft.settings.people, sheet.people, lengths, problems)
        check_known_sites(draft, lengths, problems)
        check_outputs(problems)
        if jobs_run is not None:
            check_open_engine(draft, problems)
            check_images(site, problems)
        if jobs_run is not None or tools_on_path:
            _check_tools(draft, site, problems, tools_on_path=tools_on_path)
    if problems or assembly is None or jobs is None:
        raise _told(problems)
    return Inputs(
        draft.settings,
        sheet,
        assembly,
        site,
        jobs,
        declared,
        bundle.dataset,
        bundle.gate,
        bundle.key,
    )


def _read_jobs(workflow_dir: Path, problems: list[Problem]) -> Jobs | None:
    shipped = workflow_dir / JOBS_FILE
    own = JOBS_FILE if JOBS_FILE.exists() and not JOBS_FILE.samefile(shipped) else None
    try:
        return read_jobs(shipped, own)
    except UserError as error:
        problems.extend(error.problems)
        return None


def _jobs_on(site: Site, jobs: Jobs, draft: Draft, sheet: Sheet, problems: list[Problem]) -> Jobs:
    """Return what rules ask for on a site; a rule that fits none of its partitions is told."""
    exomes = [person.sample for person in sheet.people if person.design != "wgs"]
    jobs = jobs.on(site, exomes, rules_without_gpu(draft.settings))
    jobs.check(
        problems,
        unused=unused_rules(draft.settings, sheet),
        genomes=len(exomes) < len(sheet.people),
    )
    return jobs


def _check_tools(draft: Draft, site: Site, problems: list[Problem], *, tools_on_path: bool) -> None:
    """Look for programs where jobs will find them: with the site's modules loaded."""
    path = path_with(site.modules)
    if isinstance(path, Fault):
        problems.append(site.place("modules").problem(*path))
        return
    check_contained(draft, site, path, problems)
    if tools_on_path:
        check_tools(draft, path, problems)


def _told(problems: Iterable[Problem]) -> UserError:
    """Return the error that a terminal can show, whatever characters the inputs hold."""
    return UserError(
        Problem(problem.file, problem.line, printable(problem.what), printable(problem.remedy))
        for problem in problems
    )


def _read_sheet(
    draft: Draft, problems: list[Problem], *, thorough: bool
) -> tuple[Sheet, dict[str, Declared]]:
    """Read both sheets as far as they go and check one against the other."""
    lane_table = _table("lanes", columns_of(Lane), draft, problems)
    people_table = _table("people", PEOPLE_COLUMNS, draft, problems)
    lanes = lanes_of(lane_table, problems) if lane_table else ()
    people = people_of(people_table, problems) if people_table else ()
    declared = declared_of(people_table, problems) if people_table else {}
    if lane_table and people_table:
        problems.extend(_lonely(lane_table, people_table))
    if lane_table and thorough:
        check_fastqs(lane_table.file, lanes, problems)
        check_alignments(lane_table.file, lanes, problems)
    return Sheet(people, lanes), declared


def _table(
    key: str, columns: Sequence[Column], draft: Draft, problems: list[Problem]
) -> Table | None:
    """Read the sheet that a key of the config names; a file that is not there is told there."""
    if key in draft.broken:
        return None
    path = str(getattr(draft.settings, key))
    fault = path_fault(key, path) or file_fault(path)
    if fault:
        problems.append(draft.place(key).problem(*fault))
        return None
    return read_table(path, columns, problems)


def _lonely(lane_table: Table, people_table: Table) -> Iterable[Problem]:
    """Yield the samples that stand in one sheet only, each at its first row."""
    for table, other, remedy in (
        (lane_table, people_table, "add a row for it there"),
        (people_table, lane_table, "add its lanes there, or take the row out"),
    ):
        if not other.whole:
            continue  # it may be in a row that could not be read
        known = {row.cells["sample"] for row in other.rows if "sample" in row.cells}
        first = {row.cells["sample"]: row for row in reversed(table.rows) if "sample" in row.cells}
        for sample in sorted(first.keys() - known):
            what = f"sample '{sample}' is not in {other.file}"
            yield first[sample].place.problem(what, nearest(sample, known - first.keys(), remedy))
