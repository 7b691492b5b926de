"""
Metrics of one sample at a time.

takes: paths.CRAM, paths.VCF, paths.GENOME and paths.MD5_CACHE of reference.smk
gives: paths.SAMTOOLS_STATS, paths.BCFTOOLS_STATS
"""


rule samtools_stats:
    """Count the reads of a sample by what became of them in alignment."""
    input:
        cram=paths.CRAM,
        md5_cache=paths.MD5_CACHE,
    output:
        stats=paths.SAMTOOLS_STATS,
    log:
        "logs/samtools_stats/{sample}.log",
    benchmark:
        "benchmarks/samtools_stats/{sample}.tsv"
    conda:
        "../../envs/samtools.yaml"
    threads: job("samtools_stats").threads
    resources:
        **job("samtools_stats").resources,
    shell:
        r"""
        REF_PATH={input.md5_cache:q}/%2s/%2s/%s \
            samtools stats --threads {threads} {input.cram:q} 2>{log:q} \
            | grep --invert-match '^# The command line was' >{output.stats:q}.part
        mv {output.stats:q}.part {output.stats:q}
        """


rule bcftools_stats:
    """Count the variants of a sample that pass the filters."""
    input:
        vcf=paths.VCF,
        genome=paths.GENOME,
        fai=paths.GENOME_FAI,
    output:
        stats=paths.BCFTOOLS_STATS,
    log:
        "logs/bcftools_stats/{sample}.log",
    benchmark:
        "benchmarks/bcftools_stats/{sample}.tsv"
    conda:
        "../../envs/bcftools.yaml"
    threads: job("bcftools_stats").threads
    resources:
        **job("bcftools_stats").resources,
    shell:
        r"""
        bcftools stats --apply-filters PASS --fasta-ref {input.genome:q} --samples - \
            {input.vcf:q} 2>{log:q} \
            | grep --invert-match '^# The command line was' >{output.stats:q}.part
        mv {output.stats:q}.part {output.stats:q}
        """
