"""Package one sample under its pseudonym and encrypt what came of it."""

from pathlib import Path

from schelde.cluster.scratch import own_scratch
from schelde.joblog import job_log
from schelde.package.job import Files, Options
from schelde.package.sheets import sheet_secrets
from schelde.seal.sample import Keys, package_and_seal
from schelde.sheet import Person

given, params = snakemake.input, snakemake.params
person = Person.of(params.person)
sender, targets = given.get("sender"), given.get("targets")
names = ("cram", "vcf", "gvcf", "ga4gh", "metrics", "verdict", "facts")
files = Files(
    **{name: Path(given[name]) for name in names},
    proofs={group: Path(proof) for group, proof in zip(params.groups, given.proofs, strict=True)},
    md5_cache=Path(params.md5_cache),
    targets=Path(targets) if targets else None,
)
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    package_and_seal(
        files,
        person,
        Keys(Path(given.key), tuple(map(Path, given.recipients)), Path(sender) if sender else None),
        Options(params.public_name, params.shipped, params.fastq),
        sheet_secrets(Path(given.people), Path(given.lanes)),
        threads=snakemake.threads,
        scratch=room,
        log=log,
        output=Path(snakemake.output.folder),
    )
