"""The engines that call a tool: with the arguments that it wants, and what is read from it.

The tools are stood in for by scripts that write down their arguments; GATK itself is compared in
tests/bench/mixtures.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from schelde.callers.tools import Machine, job_on
from schelde.contamination import CRAM_ENGINES, Contamination, CramTask
from schelde.contamination.gatk import TableError, read_tables
from schelde.contamination.verifybamid2 import SelfSmError, read_selfsm
from schelde.errors import UserError
from schelde.panel import Panel, read_panel, write_files
from schelde.pipes import ToolError

SELFSM = (
    "#SEQ_ID\tRG\tCHIP_ID\t#SNPS\t#READS\tAVG_DP\tFREEMIX\tFREELK1\tFREELK0\n"
    "NA1\tNA\tNA\t98000\t2900000\t29.6\t0.0213\t-1.5\t-2.5\n"
)
SUMMARIES = (
    "#<METADATA>SAMPLE=NA1\ncontig\tposition\tref_count\talt_count\tother_alt_count\t"
    "allele_frequency\n1\t10\t20\t1\t0\t0.1\n1\t20\t0\t0\t0\t0.1\n"
)
TABLE = "sample\tcontamination\terror\nNA1\t0.02\t0.005\n"
PANEL = Panel(
    ("1", "X"),
    np.array([10, 20], dtype=np.int32),
    ("A", "C"),
    ("G", "T"),
    np.array([0.2, 0.5]),
    np.zeros((2, 0)),
)
Stand = Callable[[str, str], None]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a shell script on PATH that appends its arguments to ``arguments``, one a line."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def make(name: str, body: str) -> None:
        path = folder / name
        log = tmp_path / "arguments"
        path.write_text(f"#!/bin/bash\nset -e\nprintf '%s\\n' \"$@\" >> '{log}'\n{body}\n")
        path.chmod(0o755)

    return make


@pytest.fixture
def task(tmp_path: Path) -> CramTask:
    write_files(PANEL, tmp_path / "panel")
    lengths = {"1": 100, "X": 100}
    files = (tmp_path / "s.cram", tmp_path / "g.fa", tmp_path / "panel")
    return CramTask(*files, PANEL, ("1",), lengths)


def run(engine: str, task: CramTask, folder: Path) -> Contamination | None:
    with job_on(Machine(3, 2000, folder, folder / "log")) as job:
        return CRAM_ENGINES[engine](task, job)


def arguments(folder: Path) -> dict[str, str]:
    """Options and their values, of the last run where an option comes again."""
    words = (folder / "arguments").read_text().split("\n")
    return {word: after for word, after in pairwise(words) if word.startswith("--")}


# The value after the option --Output is the stem.
WRITE_SELFSM = f"""
while [ "$1" != --Output ]; do shift; done
printf '{SELFSM}' > "$2.selfSM"
""".replace("\n#", "\\n#")


def test_verifybamid2_is_called_as_ga4gh_does(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("verifybamid2", WRITE_SELFSM)
    assert run("verifybamid2", task, tmp_path) == Contamination(
        "verifybamid2", 0.0213, None, None, 98_000, 2_900_000, []
    )
    given = arguments(tmp_path)
    assert given["--SVDPrefix"] == str(task.panel_path)
    assert given["--Reference"] == str(task.genome)
    assert given["--BamFile"] == str(task.cram)
    assert (given["--NumPC"], given["--NumThread"]) == ("4", "3")


def test_verifybamid2_that_is_missing_is_told_with_its_panel(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    Path(f"{task.panel_path}.UD").unlink()
    with pytest.raises(UserError) as error:
        run("verifybamid2", task, tmp_path)
    assert "panel.UD: VerifyBamID2 wants this file of the panel" in str(error.value)
    assert "the program is not installed; install it so that it is on PATH" in str(error.value)


def test_verifybamid2_that_fails_ends_the_job(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("verifybamid2", "exit 3")
    with pytest.raises(ToolError, match="ended with status 3"):
        run("verifybamid2", task, tmp_path)


def test_verifybamid2_without_a_result_ends_the_job(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("verifybamid2", "true")
    with pytest.raises(SelfSmError, match=r"left no verifybamid2\.selfSM"):
        run("verifybamid2", task, tmp_path)


@pytest.mark.parametrize(
    "text",
    [SELFSM.replace("FREEMIX", "MIX"), SELFSM.replace("0.0213", "nan"), SELFSM.splitlines()[0]],
    ids=["no column", "not a number", "no row"],
)
def test_a_selfsm_without_freemix_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.selfSM").write_text(text)
    with pytest.raises(SelfSmError):
        read_selfsm(tmp_path / "x.selfSM")


WRITE_TABLES = f"""
out=; before=
for word in "$@"; do
    if [ "$before" = --variant ]; then cp "$word" 'FOLDER/given.vcf.gz'; fi
    if [ "$before" = --output ]; then out=$word; fi
    before=$word
done
case " $* " in
    *" GetPileupSummaries "*) printf '{SUMMARIES}' > "$out" ;;
    *) printf '{TABLE}' > "$out" ;;
esac
""".replace("\n#<", "\\n#<")


def test_gatk_is_called_twice_with_genome_and_panel(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("gatk", WRITE_TABLES.replace("FOLDER", str(tmp_path)))
    found = run("gatk", task, tmp_path)
    assert found == Contamination(
        "gatk", 0.02, pytest.approx(0.0102), pytest.approx(0.0298), 1, 21, []
    )
    words = (tmp_path / "arguments").read_text().split("\n")
    assert words.index("GetPileupSummaries") < words.index("CalculateContamination")
    given = arguments(tmp_path)
    assert given["--reference"] == str(task.genome)
    assert given["--intervals"] == given["--variant"]
    assert words[words.index("--input") + 1] == str(task.cram)


def test_gatk_is_given_the_autosomal_sites_only(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("gatk", WRITE_TABLES.replace("FOLDER", str(tmp_path)))
    run("gatk", task, tmp_path)
    assert read_panel(tmp_path / "given.vcf.gz").contigs == ("1",)


def tables(folder: Path, summaries: str, table: str) -> tuple[Path, Path]:
    (folder / "s").write_text(summaries)
    (folder / "t").write_text(table)
    return folder / "s", folder / "t"


def test_gatks_interval_does_not_go_below_0(tmp_path: Path) -> None:
    found = read_tables(*tables(tmp_path, SUMMARIES, TABLE.replace("0.02", "0.001")))
    assert found is not None
    assert found.low == 0


def test_gatks_nan_is_no_number(tmp_path: Path) -> None:
    assert read_tables(*tables(tmp_path, SUMMARIES, TABLE.replace("0.02", "NaN"))) is None


@pytest.mark.parametrize(
    ("summaries", "table"),
    [
        (SUMMARIES, TABLE.replace("error", "other")),
        (SUMMARIES, TABLE.splitlines()[0]),
        (SUMMARIES.replace("ref_count", "x"), TABLE),
        (SUMMARIES, TABLE.replace("0.02", "x")),
    ],
    ids=["no column", "no row", "no counts", "no number"],
)
def test_tables_that_are_not_gatks_are_refused(tmp_path: Path, summaries: str, table: str) -> None:
    with pytest.raises(TableError):
        read_tables(*tables(tmp_path, summaries, table))


def test_a_panel_as_vcf_is_not_for_verifybamid2(
    tmp_path: Path, stand_in: Stand, task: CramTask
) -> None:
    stand_in("verifybamid2", WRITE_SELFSM)
    with pytest.raises(UserError, match="wants this file of the panel"):
        run("verifybamid2", replace(task, panel_path=tmp_path / "p.vcf.gz"), tmp_path)
