"""The `schelde` command: what is done beside Snakemake, before a run and after it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from schelde import __version__, cli_bundle, cli_cluster
from schelde.cli_bundle import ROOT
from schelde.errors import UserError
from schelde.sheet import Sex

app = typer.Typer(
    help="FASTQ to genomes that a national collection accepts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(help="A made-up trio with known truth.", no_args_is_help=True)
app.add_typer(demo, name="demo")
cli_bundle.add_commands(app)
cli_cluster.add_commands(app)


@app.command()
def check(
    config: Annotated[
        list[Path] | None, typer.Option(help="config file; config/config.yaml if none is given")
    ] = None,
) -> None:
    """Check config, sheets and the files that they name, without running anything."""
    from schelde.inputs import load

    inputs = load({}, config or [], workflow_dir=ROOT, thorough=True, jobs_run="elsewhere")
    lanes = len(inputs.sheet.lanes)
    print(f"{len(inputs.sheet.samples)} samples with {lanes} read groups: no problem found")
    if inputs.gate is not None:
        reasons = [f"{number} {reason}" for reason, number in inputs.gate.counts.items()]
        left_out = f"; left out: {', '.join(reasons)}" if reasons else ""
        print(f"{len(inputs.gate.admitted)} samples may come into the bundle{left_out}")


@app.command()
def evaluate(
    calls: Annotated[Path, typer.Argument(help="VCF to judge, bgzipped and indexed")],
    truth: Annotated[Path, typer.Argument(help="VCF that is taken for true")],
    reference: Annotated[Path, typer.Option(help="FASTA with .fai of both")],
    bed: Annotated[Path | None, typer.Option(help="BED in which truth is complete")] = None,
    sample: Annotated[str | None, typer.Option(help="sample of CALLS")] = None,
    truth_sample: Annotated[str | None, typer.Option(help="sample of TRUTH")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="count calls that a filter marked as well")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="write the numbers here too, as JSON")] = None,
    tsv: Annotated[Path | None, typer.Option(help="and here, as a table")] = None,
    details: Annotated[Path | None, typer.Option(help="list what is missed and wrong here")] = None,
) -> None:
    """Compare calls with a truth: recall, precision and genotypes of SNPs and indels."""
    from schelde import evaluate as judge
    from schelde.pipes import write_text

    result = judge.evaluate(
        calls,
        truth,
        reference,
        bed,
        sample=sample,
        truth_sample=truth_sample,
        passing_only=not every,
    )
    texts = [result.to_json(), judge.tsv([result]), judge.details_tsv(result)]
    for path, text in zip((json, tsv, details), texts, strict=True):
        if path is not None:
            write_text(path, text)
    print(judge.table([result]))


@app.command()
def qc(
    alignment: Annotated[Path, typer.Argument(help="CRAM with its index, duplicates marked")],
    variants: Annotated[Path, typer.Argument(help="VCF of the same sample, bgzipped and indexed")],
    reference: Annotated[Path, typer.Option(help="FASTA with .fai of both")],
    assembly: Annotated[str, typer.Option(help="GRCh38, GRCh37, or a YAML file")] = "GRCh38",
    sex: Annotated[Sex, typer.Option(help="the declared sex")] = Sex.UNKNOWN,
    panel: Annotated[Path | None, typer.Option(help="common SNPs, as qc.panel")] = None,
    targets: Annotated[Path | None, typer.Option(help="BED of the capture of an exome")] = None,
    regions: Annotated[Path | None, typer.Option(help="BED of regions to look at")] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="judge by this profile too; may be given again")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="write the JSON here")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="write all metrics, not those of GA4GH alone")
    ] = False,
    engine: Annotated[str, typer.Option(help="riker or picard")] = "riker",
    single_end: Annotated[
        bool, typer.Option("--single-end", help="there are no pairs among the reads")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="threads to decode with")] = 1,
    scratch: Annotated[
        Path | None, typer.Option(help="folder for a copy of the reference while this runs")
    ] = None,
) -> None:
    """Measure one sample: the GA4GH WGS-QC metrics of its CRAM and VCF, as a run writes them."""
    from schelde.assess import Request, assess, verdict_lines
    from schelde.joblog import faults_end_the_job
    from schelde.pipes import write_text

    request = Request(
        alignment=alignment,
        variants=variants,
        reference=reference,
        assembly=assembly,
        sex=sex,
        panel=panel,
        targets=targets,
        regions=regions,
        profiles=tuple(profile or ()),
        engine=engine,
        single_end=single_end,
    )
    with faults_end_the_job():
        found = assess(request, ROOT, threads=threads, scratch=scratch)
    text = found.qc if every else found.ga4gh
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
    if found.verdict is not None:
        # The JSON alone goes to standard output, for programs that read it.
        print(*verdict_lines(found.verdict), sep="\n", file=sys.stderr)
        if found.verdict["verdict"] == "fail":
            raise typer.Exit(1)


@demo.command("make")
def make(
    into: Annotated[Path, typer.Argument(help="folder to make, in the working directory")],
    caller: Annotated[str, typer.Option(help="as call.caller of the config")] = "gatk",
    qc_engine: Annotated[str, typer.Option(help="riker or picard")] = "riker",
) -> None:
    """Make reference, reads, truth and config of the demo trio; the same bytes every time."""
    from schelde.demo import make_demo

    make_demo(into, caller=caller, qc_engine=qc_engine)


@demo.command("score")
def score(
    directory: Annotated[Path, typer.Argument(help="folder of a demo that has been run")],
) -> None:
    """Print recall and precision of the demo's calls against its truth."""
    from schelde.demo import demo_table

    print(demo_table(directory))


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def main() -> None:
    """Run the command line; a user's mistake ends with status 2 and no traceback."""
    try:
        app()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
