"""The table of what rules reserved and used says no more than is known, in 100 columns."""

import json
from pathlib import Path

import pytest
from tests.unit.made_jobs import MadeRun, write_benchmark

from schelde.progress import efficiency_table
from schelde.progress.efficiency import nearest_rank
from schelde.progress.efficiency_table import (
    Efficiency,
    Row,
    efficiency,
    efficiency_lines,
    lines,
    to_json,
    to_tsv,
)
from schelde.progress.numbers import Layers

SHIPPED = """\
align_lane: {threads: 8, mem_mb: 28000, runtime: 720, exome: {mem_mb: 9000}}
call_piece_gatk: {threads: 1, mem_mb: 3000, runtime: 960}
"""


def layers(folder: Path) -> Layers:
    shipped = folder / "shipped.yaml"
    shipped.write_text(SHIPPED)
    return Layers(shipped, folder / "config/jobs.yaml")


def look(folder: Path) -> Efficiency:
    return efficiency(folder, layers(folder))


def row(folder: Path, rule: str = "align_lane") -> Row:
    (found,) = (row for row in look(folder).rows if row.use.kind.rule == rule)
    return found


def test_a_95th_percentile_is_a_number_that_was_seen() -> None:
    assert nearest_rank([float(number) for number in range(1, 101)], 0.95) == 95


def test_threads_used_are_cpu_seconds_by_seconds(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.job("align_lane", threads=8, wall=100, cpu=700)
    run.job("align_lane", threads=8, wall=300, cpu=500)
    assert row(tmp_path).use.threads_used == 3


def test_short_jobs_do_not_blur_the_use_of_threads(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.job("align_lane", threads=8, wall=100, cpu=700)
    run.job("align_lane", threads=8, wall=4, cpu=0.1)
    assert row(tmp_path).use.threads_used == 7


def test_what_was_asked_is_that_of_the_first_attempt(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.job("align_lane", mem_mb=500, minutes=10, reason="memory")
    run.job("align_lane", mem_mb=500, minutes=10, attempt=2)
    use = row(tmp_path).use
    assert (use.jobs, use.failed, use.mem_mb, use.minutes) == (1, 1, 500, 10)


def test_a_failed_attempt_is_all_waste(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.job("align_lane", threads=2, wall=3600, reason="tool")
    run.job("align_lane", threads=2, wall=3600, cpu=5400)
    use = row(tmp_path).use
    assert (use.core_h, use.waste_h, use.wasted) == (4, 2.5, 0.625)


def test_what_short_jobs_used_is_not_known(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("align_lane", threads=8, wall=4.5, cpu=0.1)
    use = row(tmp_path).use
    assert (use.waste_h, use.unknown_h, use.wasted) == (0, 0.01, None)


def test_peaks_of_short_jobs_are_told_as_bounds(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("align_lane", wall=1, peak=17)
    text = lines(look(tmp_path))
    assert ">17" in text[2] and any(line.startswith(">  at least") for line in text)


def test_exomes_have_lines_of_their_own(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.person("S1", 90e9)
    run.person("E1", 6e9, "wes")
    run.job("align_lane", "S1")
    run.job("align_lane", "E1")
    text = lines(look(tmp_path))
    assert [line.split()[0] for line in text[2:5]] == ["align_lane", "exomes:", "align_lane"]


def test_the_sizes_of_samples_are_told(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.person("S1", 90e9)
    run.person("S2", 8e6)
    run.job("align_lane", "S1")
    told = " ".join(lines(look(tmp_path)))
    assert "2 genomes of 0.008 to 90 Gb, 1 of them of 60 Gb or more" in told


def test_a_folder_without_sheet_is_told_to_have_none(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("align_lane")
    assert "samples whose size is not known" in " ".join(lines(look(tmp_path)))


def test_the_memory_of_java_is_said_to_stay(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("call_piece_gatk", mem_mb=3000)
    text = lines(look(tmp_path))
    assert "heap" in text[2] and text[-1].startswith("heap  Java")


def test_a_table_fits_into_100_columns(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    for sample in ("S1", "S2", "S3"):
        run.person(sample, 90e9)
        run.job("estimate_contamination", sample, mem_mb=128000, minutes=10000, wall=500000)
        run.job("estimate_contamination", sample, mem_mb=128000, reason="memory")
    write_benchmark(tmp_path / "benchmarks/align_lane/S1.L.tsv", 4)
    assert max(map(len, lines(look(tmp_path)))) <= 100


def test_the_end_of_a_run_has_at_most_30_lines(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    for number in range(60):
        run.job(f"rule_{number}", wall=60 + number)
    text = efficiency_lines(tmp_path)
    assert len(text) <= efficiency_table.LINES
    assert any(line.startswith("rule_59 ") for line in text)
    assert not any(line.startswith("rule_0 ") for line in text)
    assert any("rules that reserved less" in line for line in text)


def test_a_run_in_which_nothing_ended_has_no_lines(tmp_path: Path) -> None:
    assert efficiency_lines(tmp_path) == []


def test_target_rules_are_no_jobs(tmp_path: Path) -> None:
    MadeRun(tmp_path).job("all")
    assert look(tmp_path).rows == ()


def test_json_and_tsv_have_the_same_numbers(tmp_path: Path) -> None:
    run = MadeRun(tmp_path)
    run.person("E1", 6e9, "wes")
    run.job("align_lane", "E1", mem_mb=9000, minutes=720, threads=8)
    found = look(tmp_path)
    (rule,) = json.loads(to_json(found))["rules"]
    head, line = (row.split("\t") for row in to_tsv(found).splitlines())
    assert dict(zip(head, line, strict=True)) == {
        key: "" if value is None else str(value) for key, value in rule.items()
    }
    assert (rule["rule"], rule["assay"], rule["new_mem_mb"]) == ("align_lane", "wes", 9000)


@pytest.mark.parametrize("rule", ["gone_rule"])
def test_a_rule_that_is_gone_gets_no_new_numbers(tmp_path: Path, rule: str) -> None:
    MadeRun(tmp_path).job(rule)
    assert look(tmp_path).proposals == {}
