"""
All metrics of a sample together, people against one another, and a verdict on each.

takes: paths.VCF, paths.READ_METRICS, paths.PANEL_COUNTS, paths.LANE_FASTP, the user's profiles
gives: paths.GA4GH_QC, paths.SAMPLE_QC, paths.BCFTOOLS_STATS; of the run paths.PAIRS, paths.TRIOS,
       paths.VERDICTS and each sample's paths.VERDICT
"""


rule measure_variants:
    """Count a sample's variants; put its metrics together, also as GA4GH asks for them."""
    input:
        unpack(qc_files),
        unpack(other_contamination),
        vcf=paths.VCF,
        metrics=paths.READ_METRICS,
        fastps=sample_fastps,
        facts=paths.GENOME_FACTS,
    output:
        stats=paths.BCFTOOLS_STATS,
        ga4gh=paths.GA4GH_QC,
        qc=paths.SAMPLE_QC,
    log:
        "logs/measure_variants/{sample}.log",
    benchmark:
        "benchmarks/measure_variants/{sample}.tsv"
    group:
        job("measure_variants").group
    conda:
        "../../envs/bcftools.yaml"
    threads: job("measure_variants").threads
    resources:
        **job("measure_variants").resources,
    params:
        person=whole_person_facts,
        assembly=asdict(ASSEMBLY),
        catalogue=CATALOGUE,
        code=code_of("qc"),
    script:
        "../../scripts/measure_variants.py"


rule judge_samples:
    """Compare people with one another and judge every sample by every profile."""
    input:
        metrics=all_metrics,
        counts=all_panel_counts,
        profiles=PROFILE_FILES,
    output:
        pairs=paths.PAIRS,
        trios=paths.TRIOS,
        table=paths.VERDICTS,
        verdicts=expand(paths.VERDICT, sample=SHEET.samples),
    log:
        "logs/judge_samples/run.log",
    group:
        job("judge_samples").group
    conda:
        "../../envs/schelde.yaml"
    threads: job("judge_samples").threads
    resources:
        **job("judge_samples").resources,
    params:
        people=[person.facts() for person in SHEET.people],
        autosomes=ASSEMBLY.autosomes,
        calling_sex=SETTINGS.call.sex,
        catalogue=CATALOGUE,
        code=code_of("judge"),
    script:
        "../../scripts/judge_samples.py"
