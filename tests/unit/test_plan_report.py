from __future__ import annotations

import json

import pytest

from schelde.errors import UserError
from schelde.plan.amounts import megabytes_of, seconds_of
from schelde.plan.bounds import Bound
from schelde.plan.graph import graph_of
from schelde.plan.model import Batch, Limits, Pool, Schedule, Task
from schelde.plan.nodes import Machine
from schelde.plan.rates import Overhead, Rate, Rates
from schelde.plan.report import Placement, Plan, as_mapping, broken_limits, page
from schelde.plan.sizes import Sizes
from schelde.plan.spread import forecast

OVERHEAD = Overhead(start_s=0, start_cpu_s=0, job_s=0, job_cpu_s=0, source="none")
RATES = Rates(
    {
        "align": Rate(of="lane", source="a benchmark"),
        "call": Rate(of="piece", source="not measured"),
    },
    {},
    frozenset({"align"}),
)
TASKS = [
    Task("a", "align_lane", "S", (), 2, 10, 7200, 9000, temp_mb=900, rate="align"),
    Task("b", "call_piece_gatk", "S", ("a",), 1, 10, 3600, 3600, kept_mb=100, rate="call"),
]


def plan(placement: Placement | None = None, **limits: float) -> Plan:
    machine = Machine("local", (Pool("here", 1, 4, 1000, cost=4, watts=400),), 4)
    asked = Limits(**limits)
    cast = forecast(
        graph_of(TASKS, grouped=False),
        machine.pools,
        OVERHEAD,
        RATES,
        deadline_s=asked.deadline_s,
    )
    sizes = Sizes({("S", "l"): 90.0}, 3.1, {"FASTQ": 1})
    return Plan(TASKS, sizes, machine, RATES, asked, cast, "EUR", placement)


def test_a_page_tells_what_how_long_and_how_much() -> None:
    text = "\n".join(page(plan()))
    assert "1 sample, 1 lane, 90 Gb of reads (lanes sized: 1 from FASTQ): 2 jobs" in text
    assert "on here: 1 x 4 cores" in text
    wall = next(line for line in text.splitlines() if line.startswith("wall time"))
    assert wall.split("  ")[0] == "wall time" and "3 h 00 min" in wall
    assert "cost, EUR" in text and "energy, kWh" in text
    assert "1 GB at its peak, 2 h 00 min after the start; 100 MB stay" in text


def test_stages_stand_in_the_order_of_a_run() -> None:
    lines = page(plan())
    names = [line.split()[0] for line in lines if line.startswith(("align", "call"))]
    assert names == ["align", "call"]


def test_a_page_names_the_rates_that_nobody_measured() -> None:
    told = page(plan())[-2:]
    assert told[0].startswith("1 of 2 rates were measured on this site")
    assert told[1] == "not measured by anybody here: call"


def test_limits_that_hold_are_told_with_what_is_left() -> None:
    text = "\n".join(page(plan(deadline_s=1e6, disk_mb=3000.0)))
    assert "the deadline holds; it holds in 100 % of the cases played through" in text
    assert "the disk holds, with 2 GB left" in text
    assert broken_limits(plan(deadline_s=1e6, disk_mb=3000.0)) == []


def test_limits_that_do_not_hold_are_told_with_by_how_much() -> None:
    told = broken_limits(plan(deadline_s=3600.0, disk_mb=400.0))
    assert told == [
        "the deadline of 1 h 00 min is missed by 2 h 00 min",
        "the disk of 400 MB is too small by 600 MB",
    ]


def test_a_placement_is_shown_beside_simple_rules_and_the_bound() -> None:
    best = Schedule("program", (Batch(("S",), frozenset({"S"})),), 7200, 3, 1000, 5, 0.5)
    rival = Schedule("all on CPU", (Batch(("S",)),), 9000, 2, 1000, 7, 0, ("missed",))
    shown = plan(Placement(best, [rival, best], Bound(7000, 2, 900)))
    text = "\n".join(page(shown))
    assert "1 of 1 samples called on a GPU; batches of 1 samples" in text
    assert text.index("program") < text.index("all on CPU") < text.index("nothing can go below")
    assert sum(line.startswith("program") for line in text.splitlines()) == 1
    found = json.loads(json.dumps(as_mapping(shown)))
    assert found["placement"]["best"]["batches"] == [{"samples": ["S"], "on_gpu": ["S"]}]


def test_a_plan_for_programs_is_json_with_units_in_its_keys() -> None:
    found = json.loads(json.dumps(as_mapping(plan(deadline_s=60.0))))
    assert found["likely"]["makespan_s"] == 10800
    assert found["ranges"]["wall_s"]["likely"] == 10800
    assert found["late"] == 1
    assert found["broken"]


@pytest.mark.parametrize("text", ["48", "48 parsecs", "", "0h", "-3h"])
def test_an_amount_without_a_unit_is_a_mistake_of_the_user(text: str) -> None:
    with pytest.raises(UserError, match="--deadline"):
        seconds_of(text, "--deadline")


def test_amounts_are_taken_whatever_the_case_of_their_unit() -> None:
    assert (seconds_of("1.5 H", "x"), seconds_of("30min", "x")) == (5400, 1800)
    assert (megabytes_of("2tb", "x"), megabytes_of("5 MB", "x")) == (2e6, 5)
