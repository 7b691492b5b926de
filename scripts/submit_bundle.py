"""Send a bundle to an inbox, and keep what proves that it is there."""

from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.joblog import job_log
from schelde.pipes import write_text
from schelde.submit import submit
from schelde.verify.run import faults

with job_log(snakemake.log[0]):
    if snakemake.params.to is None:
        what, remedy = "submit.to is empty", "name the inbox: sftp://user@host/folder or s3://..."
        raise UserError([Problem("config", None, what, remedy)])
    summary = submit(Path(snakemake.input.manifest).parent, snakemake.params.to, verified=faults)
    write_text(snakemake.output.summary, "".join(f"{line}\n" for line in summary.lines()))
