"""What the sheets hold that must not travel."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.package.sheets import sheet_secrets

HEADER = "sample\tlibrary\tflowcell\tlane\tfq1\tfq2\n"
LANES = f"{HEADER}NA1\tlib9\tHXX\t1\tfamily/mary_R1.fq.gz\t\n"
PEOPLE = "sample\tassay\tsex\tsubject_id\nNA1\twgs\tfemale\tSUBJ7\n"


def written(folder: Path, people: str = PEOPLE) -> tuple[Path, Path]:
    (folder / "people.tsv").write_text(people)
    (folder / "lanes.tsv").write_text(LANES)
    return folder / "people.tsv", folder / "lanes.tsv"


@pytest.mark.parametrize("word", ["NA1", "SUBJ7", "lib9", "HXX", "mary_R1.fq.gz", "mary_R1"])
def test_ids_libraries_flow_cells_and_files_are_secret(tmp_path: Path, word: str) -> None:
    assert word in {secret.value for secret in sheet_secrets(*written(tmp_path))}


def test_a_sheet_that_has_become_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown column"):
        sheet_secrets(*written(tmp_path, "sample\tassay\tsexx\nNA1\twgs\tfemale\n"))
