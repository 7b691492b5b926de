"""Problems are told all at once, in the order of the files."""

from schelde.errors import Problem, UserError


def test_problems_are_sorted_by_file_and_line_and_told_once() -> None:
    late = Problem("b.tsv", 3, "late", "mend it")
    early = Problem("a.tsv", 10, "early", "mend it")
    first = Problem("b.tsv", None, "whole file", "mend it")
    assert UserError([late, early, first, late]).problems == [early, first, late]


def test_the_message_counts_the_problems() -> None:
    message = str(UserError([Problem("a", 1, "x", "y"), Problem("a", 2, "x", "y")]))
    assert message.splitlines() == ["2 problems in the input:", "a:1: x; y", "a:2: x; y"]
