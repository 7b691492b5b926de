"""Put sealed samples and all documents about them into one folder, verified."""

from functools import partial
from pathlib import Path

from schelde.bundle.assemble import RunFiles, Source
from schelde.bundle.dataset import Description
from schelde.bundle.job import Asked, write
from schelde.bundle.national import national_of
from schelde.bundle.record import Consent, Facts
from schelde.consent import Gate, Reason
from schelde.joblog import job_log
from schelde.package.leaks import unless_declared
from schelde.package.sheets import sheet_secrets
from schelde.sheet import Person

given, output, params = snakemake.input, snakemake.output, snakemake.params
frequencies = given.get("frequencies")
run = RunFiles(
    *(Path(given[name]) for name in ("genome", "seqcol", "versions")),
    recipients=tuple(map(Path, given.recipients)),
    frequencies=Path(frequencies) if frequencies else None,
)
sources = [
    Source(Path(sealed), Person.of(person), Facts(**facts), Consent(**consent))
    for sealed, (person, facts, consent) in zip(given.sealed, params.members, strict=True)
]
people = [Person.of(facts) for facts in params.people]
admitted = tuple(source.person.sample for source in sources)
gate = Gate(admitted, {sample: Reason(reason) for sample, reason in params.left_out.items()})
dataset = Description(**params.dataset)
asked_for = {name: Path(given[name]) if given.get(name) else None for name in ("ghga", "grz")}
national = partial(national_of, asked_for["ghga"], asked_for["grz"])
with job_log(snakemake.log[0]) as log:
    write(
        sources,
        run,
        Asked(dataset, tuple(people), gate, params.settings, params.build, national),
        unless_declared(sheet_secrets(Path(given.people), Path(given.lanes)), dataset),
        folder=Path(output.manifest).parent,
        left_out=Path(output.left_out),
        log=log,
    )
