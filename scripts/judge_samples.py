"""Compare the people of a run with one another and judge every sample."""

from collections.abc import Sequence
from pathlib import Path

from schelde.joblog import job_log
from schelde.judge import JudgeFiles, JudgeOutput, judge_samples
from schelde.profiles import load_profiles
from schelde.sheet import Person

given, output, params = snakemake.input, snakemake.output, snakemake.params
people = [Person.of(facts) for facts in params.people]


def by_sample(files: Sequence[str]) -> dict[str, Path]:
    """Name files, which stand in the order of the people."""
    return {person.sample: Path(file) for person, file in zip(people, files, strict=True)}


with job_log(snakemake.log[0]):
    judge_samples(
        people,
        load_profiles(list(given.profiles), Path()),
        JudgeFiles(by_sample(given.metrics), by_sample(given.counts)),
        JudgeOutput(
            pairs=Path(output.pairs),
            trios=Path(output.trios),
            table=Path(output.table),
            verdicts=by_sample(output.verdicts),
        ),
        autosomes=params.autosomes,
        calling_sex=params.calling_sex,
    )
