"""
Sealed samples to one bundle that proves itself.

takes: paths.SEALED of everyone admitted, paths.VCF and paths.GVCF, the reference, versions of tools
gives: the bundle around paths.MANIFEST; at home paths.LEFT_OUT, who is not in it and why
"""


rule count_frequencies:
    """Count alleles over the people of the bundle."""
    input:
        unpack(admitted_files),
        unpack(admitted_calls),
        facts=paths.GENOME_FACTS,
    output:
        vcf=paths.FREQUENCIES,
        tbi=paths.FREQUENCIES_TBI,
        summary=paths.FREQUENCIES_SUMMARY,
    log:
        "logs/count_frequencies/{dataset}.log",
    benchmark:
        "benchmarks/count_frequencies/{dataset}.tsv"
    group:
        job("count_frequencies").group
    conda:
        "../../envs/bcftools.yaml"
    threads: job("count_frequencies").threads
    resources:
        **job("count_frequencies").resources,
    params:
        people=[SHEET.person(sample).facts() for sample in ADMITTED],
        countries=[INPUTS.declared[sample].country for sample in ADMITTED],
        minimum_count=SETTINGS.bundle.minimum_count,
        public_name=PUBLIC_GENOME,
        code=code_of("frequencies.job"),
    script:
        "../../scripts/count_frequencies.py"


rule write_bundle:
    """Put sealed samples and all documents about them into one folder, verified."""
    input:
        unpack(bundle_frequencies),
        unpack(national_files),
        unpack(admitted_files),
        genome=paths.GENOME_FACTS,
        seqcol=paths.SEQCOL,
        versions=paths.VERSIONS,
        recipients=SETTINGS.bundle.recipients,
        # Looked through for names that must not travel.
        people=ancient(SETTINGS.people),
        lanes=ancient(SETTINGS.lanes),
    output:
        # Not the folder: Snakemake puts a file of its own into folders that are outputs.
        manifest=paths.MANIFEST,
        left_out=paths.LEFT_OUT,
    log:
        "logs/write_bundle/{dataset}.log",
    benchmark:
        "benchmarks/write_bundle/{dataset}.tsv"
    group:
        job("write_bundle").group
    conda:
        "../../envs/schelde.yaml"
    threads: job("write_bundle").threads
    resources:
        **job("write_bundle").resources,
    params:
        dataset=DATASET,
        people=[person.facts() for person in SHEET.people],
        members=admitted_members,
        left_out=left_out_reasons,
        settings=RUN.settings,
        build=ASSEMBLY.name,
        workflow=SNAKEFILE,
        code=code_of("bundle.job", *BUNDLE_CODE),
    script:
        "../../scripts/write_bundle.py"
