"""Commands beside a run: how far it is, what it will take, what its jobs used."""

from __future__ import annotations

import typer


def add_commands(app: typer.Typer) -> None:
    """Add the commands on runs to the command line."""
    from schelde.plan.command import plan_command
    from schelde.plan.split import split_command
    from schelde.progress.command import status_command
    from schelde.progress.tune_command import tune_command

    app.command("plan")(plan_command)
    app.command("split")(split_command)
    app.command("status")(status_command)
    app.command("tune")(tune_command)
