"""`schelde tune`: what jobs asked for and used, and new numbers for config/jobs.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schelde.errors import Problem, UserError


def tune_command(
    folder: Annotated[Path, typer.Argument(help="working directory of a run")] = Path(),
    write: Annotated[
        bool, typer.Option("--write", help="write the new numbers into FOLDER/config/jobs.yaml")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="take the samples for whole ones, however few and small"),
    ] = False,
    json: Annotated[Path | None, typer.Option(help="write all numbers here too, as JSON")] = None,
    tsv: Annotated[Path | None, typer.Option(help="and here, as a table")] = None,
) -> None:
    """Compare what jobs asked for with what they used; propose new numbers, and write them."""
    from schelde.pipes import write_text
    from schelde.progress.efficiency_table import efficiency, lines, to_json, to_tsv
    from schelde.progress.numbers import Layers, changes
    from schelde.progress.numbers import write as write_numbers

    if not folder.is_dir():
        remedy = "name the folder in which a run was started"
        raise UserError([Problem(str(folder), None, "there is no such folder", remedy)])
    layers = Layers.of(folder)
    found = efficiency(folder, layers, force=force)
    if not found.rows:
        what = "no job has ended here: there is neither logs/events.jsonl nor benchmarks/"
        remedy = "name the folder in which a run was started"
        raise UserError([Problem(str(folder), None, what, remedy)])
    print(*lines(found), sep="\n")
    for path, text in ((json, to_json(found)), (tsv, to_tsv(found))):
        if path is not None:
            write_text(path, text)
    changed = changes(layers.jobs(), found.proposals)
    if not write:
        if changed:
            print(f"{len(changed)} numbers would change: schelde tune --write")
        return
    if diff := write_numbers(layers, changed):
        print("", diff, sep="\n")
    else:
        print(f"{layers.own} stays as it is.")
