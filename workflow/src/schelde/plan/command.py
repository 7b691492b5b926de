"""`schelde plan`: what a run will take, before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schelde.plan.model import Limits, Objective


def plan_command(
    config: Annotated[
        list[Path] | None, typer.Option(help="config file; config/config.yaml if none is given")
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(min=1, help="plan for this machine with so many cores, not for the site"),
    ] = None,
    deadline: Annotated[str | None, typer.Option(help="such as 48h or 2d")] = None,
    disk: Annotated[
        str | None, typer.Option(help="such as 20TB; disk_mb of the site if not given")
    ] = None,
    gpus: Annotated[int | None, typer.Option(min=0, help="GPUs to use at once at most")] = None,
    objective: Annotated[
        Objective, typer.Option(help="what the placement makes least: time, cost or disk")
    ] = "time",
    depth: Annotated[
        float | None,
        typer.Option(min=0.1, help="take this mean depth for every genome; no file is looked at"),
    ] = None,
    exome_depth: Annotated[
        float, typer.Option(min=0.1, help="and this for exomes, with --depth")
    ] = 100.0,
    learn: Annotated[
        list[Path] | None,
        typer.Option(help="folder of a finished run to measure this site's rates from; then stop"),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="write the plan here too, as JSON")] = None,
) -> None:
    """Tell what a run will take: time, cores, disk, energy and money, and whether limits hold."""
    # Slow to load, and the command line loads this module whatever the command is.
    from schelde.json_text import json_text
    from schelde.pipes import write_text
    from schelde.plan.amounts import megabytes_of, seconds_of
    from schelde.plan.make import make_plan
    from schelde.plan.report import as_mapping, page
    from schelde.plan.sizes import Depth

    if learn:
        _learn(learn)
        return
    limits = Limits(
        deadline_s=seconds_of(deadline, "--deadline") if deadline else None,
        disk_mb=megabytes_of(disk, "--disk") if disk else None,
        gpus=gpus,
    )
    assumed = Depth(depth, exome_depth) if depth is not None else None
    plan = make_plan(config or [], cores, limits, objective, assumed)
    print(*page(plan), sep="\n")
    if json is not None:
        write_text(json, json_text(as_mapping(plan)))


def _learn(folders: list[Path]) -> None:
    """Write the rates of finished runs, and say of which rules nothing was found."""
    from schelde.plan.make import learn_rates, write_learned
    from schelde.plan.rates import SITE_RATES

    learned = learn_rates(folders)
    write_learned(learned)
    print(f"{SITE_RATES}: {len(learned.rules)} rates from {', '.join(map(str, folders))}")
    if learned.unknown:
        print(f"nothing is known of: {', '.join(learned.unknown)}; as they were before")
