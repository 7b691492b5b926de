"""The `schelde` command: what is done beside Snakemake, before a run and after it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from schelde import __version__
from schelde.errors import UserError

app = typer.Typer(
    help="FASTQ to genomes that a national collection accepts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(help="A made-up trio with known truth.", no_args_is_help=True)
app.add_typer(demo, name="demo")

ROOT = Path(__file__).parents[3]
"""The repository: the package runs from its checkout, which holds resources/ and config/."""


@app.command()
def check(
    config: Annotated[
        list[Path] | None, typer.Option(help="config file; config/config.yaml if none is given")
    ] = None,
) -> None:
    """Check config, sheets and the files that they name, without running anything."""
    from schelde.inputs import load

    inputs = load({}, config or [], workflow_dir=ROOT, thorough=True)
    lanes = len(inputs.sheet.lanes)
    print(f"{len(inputs.sheet.samples)} samples with {lanes} read groups: no problem found")


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


@demo.command("make")
def make(
    into: Annotated[Path, typer.Argument(help="folder to make, in the working directory")],
    caller: Annotated[str, typer.Option(help="gatk, bcftools or freebayes")] = "gatk",
) -> None:
    """Make reference, reads, truth and config of the demo trio; the same bytes every time."""
    from schelde.demo import make_demo

    make_demo(into, caller=caller)


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
