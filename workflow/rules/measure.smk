"""
Metrics of a sample's reads, before anything is called.

takes: paths.CRAM, the reference, paths.TARGETS, the user's panel and regions
gives: paths.SAMTOOLS_STATS, paths.READ_METRICS (with sex and contamination), paths.PANEL_COUNTS,
       with another engine of contamination paths.CONTAMINATION
"""


rule measure_reads:
    """Measure coverage, insert sizes, sex and contamination in one reading of the CRAM."""
    input:
        unpack(exact_targets),
        unpack(qc_files),
        cram=paths.CRAM,
        facts=paths.GENOME_FACTS,
    output:
        stats=paths.SAMTOOLS_STATS,
        metrics=paths.READ_METRICS,
        panel_counts=paths.PANEL_COUNTS,
    log:
        "logs/measure_reads/{sample}.log",
    benchmark:
        "benchmarks/measure_reads/{sample}.tsv"
    group:
        job("measure_reads").group
    conda:
        f"../../envs/{SETTINGS.qc.engine}.yaml"
    threads: job("measure_reads").threads
    resources:
        **job("measure_reads").resources,
    params:
        assembly=asdict(ASSEMBLY),
        engine=SETTINGS.qc.engine,
        paired=any_pairs,
        code=code_of("measure.reads"),
    script:
        "../../scripts/measure_reads.py"


rule estimate_contamination:
    """Estimate contamination with another program than our own."""
    input:
        unpack(qc_files),
        cram=paths.CRAM,
        facts=paths.GENOME_FACTS,
    output:
        contamination=paths.CONTAMINATION,
    log:
        "logs/estimate_contamination/{sample}.log",
    benchmark:
        "benchmarks/estimate_contamination/{sample}.tsv"
    group:
        job("estimate_contamination").group
    conda:
        f"../../envs/{CONTAMINATION_ENV}.yaml"
    threads: job("estimate_contamination").threads
    resources:
        **job("estimate_contamination").resources,
    params:
        assembly=asdict(ASSEMBLY),
        engine=SETTINGS.qc.contamination,
        code=code_of("contamination"),
    script:
        "../../scripts/estimate_contamination.py"
