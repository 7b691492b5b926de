"""What is decided before any tool runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.extract import TAKEN, reference_path

OWN = "md5/%2s/%2s/%s"


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("", OWN),
        ("/a/%2s/%s", f"{OWN}:/a/%2s/%s"),
        ("http://host/ref/%s", OWN),
        ("https://host:8080/ref/%s:/a/%s", f"{OWN}:/a/%s"),
        ("/a/%s:URL=ftp://host/ref/%s:/b/%s", f"{OWN}:/a/%s:/b/%s"),
    ],
)
def test_references_are_never_looked_for_on_the_network(user: str, path: str) -> None:
    assert reference_path(Path("md5"), user) == path


def test_the_number_of_taken_reads_is_read_from_what_samtools_says() -> None:
    said = "[M::bam2fq_mainloop] discarded 0 singletons\n[M::bam2fq_mainloop] processed 12 reads\n"
    found = TAKEN.search(said)
    assert found is not None
    assert found[1] == "12"
