"""CBC, as it comes with PuLP: programs solved the same way each time."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pulp
from pulp.apis.coin_api import pulp_cbc_path

SEED = 6
GAP = 0.002
"""Relative: what the fluid model leaves out is more than this."""
NODES = 300
"""Of the search; a limit that is the same on every machine, unlike seconds."""
FOUND = (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)


@dataclass(frozen=True)
class Solved:
    """How a program was solved, and the share by which its optimum may be better."""

    found: bool
    proved: bool
    gap: float | None


def solve(program: pulp.LpProblem, seconds: float, *, whole: bool = True) -> Solved:
    """Solve a program with one thread and a fixed seed; ``whole`` False: its relaxation.

    ``proved`` tells that the answer (also that there is none) is final, to the gap of 0.2 %; else
    the limit of nodes, or of ``seconds`` of CPU, ended the search. Raise pulp.PulpSolverError when
    CBC fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "cbc.log")
        cbc = pulp.COIN_CMD(
            path=pulp_cbc_path,
            mip=whole,
            msg=False,
            timeLimit=seconds,
            gapRel=GAP,
            threads=1,
            timeMode="cpu",
            maxNodes=NODES,
            options=[f"randomSeed {SEED}", f"randomCbcSeed {SEED}"],
            logPath=str(log),
        )
        program.solve(cbc)
        text = log.read_text()
    found = program.sol_status in FOUND
    proved = program.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionInfeasible)
    return Solved(found, proved, gap_of(text) if found and whole else None)


def gap_of(log: str) -> float:
    """Return the relative gap that CBC's log tells.

    It is 0 where the log tells none, as there was nothing to search.

    >>> gap_of("Objective value:  10.0\\nLower bound:   9.5\\nGap:  0.05\\n")
    0.05
    """
    told = {
        name: float(value)
        for name, value in re.findall(r"^(Objective value|Lower bound):\s+(\S+)$", log, re.M)
    }
    if len(told) < 2 or told["Objective value"] == 0:
        return 0.0
    return max(0.0, round(1 - told["Lower bound"] / told["Objective value"], 6))
