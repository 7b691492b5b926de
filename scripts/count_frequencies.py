"""Count alleles over the people of a bundle."""

from pathlib import Path

from schelde.frequencies.job import count_frequencies
from schelde.frequencies.people import Person, Settings
from schelde.joblog import job_log
from schelde.package.packaged import LeftOut, read_packaged
from schelde.pipes import write_text
from schelde.sheet import Sex

given, output, params = snakemake.input, snakemake.output, snakemake.params
rows = zip(params.people, params.countries, given.sealed, given.vcfs, given.gvcfs, strict=True)
people = [
    Person(
        sample=person["sample"],
        subject=person["subject_id"] or person["sample"],
        sex=Sex(person["sex"]),
        variants=Path(vcf),
        gvcf=Path(gvcf),
        country=country,
        father=person["father"],
        mother=person["mother"],
    )
    for person, country, sealed, vcf, gvcf in rows
    if not isinstance(read_packaged(Path(sealed)), LeftOut)
]
with job_log(snakemake.log[0]) as log:
    told = count_frequencies(
        people,
        Path(given.facts),
        Path(output.vcf),
        Settings(minimum_count=params.minimum_count),
        assembly=params.public_name,
        threads=snakemake.threads,
        log=log,
    )
    write_text(output.summary, told.model_dump_json(indent=1) + "\n")
