"""Write one page about the run."""

from pathlib import Path

from schelde.cluster.scratch import own_scratch
from schelde.joblog import job_log
from schelde.report import Tables, write_report

given, made = snakemake.input, snakemake.output
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    write_report(
        snakemake.params.run,
        Tables(*map(Path, given.tables)),
        Path(given.versions),
        Path(given.options),
        page=Path(made.page),
        data=Path(made.data),
        scratch=room,
        log=log,
    )
