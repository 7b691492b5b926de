"""
Reads of a lane aligned on a GPU, by fq2bam of NVIDIA Parabricks.

takes: lane_reads() and READS_PROOF of reads.smk, bwa's index and the genome of reference.smk
gives: results/align/{sample}/{lane}.parabricks.bam, what paths.LANE_BAM is of other aligners
"""


rule align_lane_parabricks:
    """Align one lane on a GPU."""
    input:
        unpack(lane_reads),
        proof=READS_PROOF,
        index=f"{paths.BWA_INDEX}.bwt",
    output:
        bam=temp("results/align/{sample}/{lane}.unsorted.bam"),
        made=temp("results/align/{sample}/{lane}.unsorted.json"),
    log:
        "logs/align_lane_parabricks/{sample}.{lane}.log",
    benchmark:
        "benchmarks/align_lane_parabricks/{sample}.{lane}.tsv"
    group:
        job("align_lane_parabricks").group
    conda:
        "../../../envs/samtools.yaml"
    threads: job("align_lane_parabricks").threads
    resources:
        **job("align_lane_parabricks").resources,
    params:
        lane=lane_facts,
        code=code_of("fq2bam"),
    script:
        "../../../scripts/align_lane_parabricks.py"


rule sort_lane_parabricks:
    """Sort one lane that was aligned on a GPU by place."""
    input:
        raw="results/align/{sample}/{lane}.unsorted.bam",
        made="results/align/{sample}/{lane}.unsorted.json",
        proof=READS_PROOF,
        dictionary=paths.GENOME_DICT,
    output:
        bam=temp("results/align/{sample}/{lane}.parabricks.bam"),
    log:
        "logs/sort_lane_parabricks/{sample}.{lane}.log",
    benchmark:
        "benchmarks/sort_lane_parabricks/{sample}.{lane}.tsv"
    group:
        job("sort_lane_parabricks").group
    conda:
        "../../../envs/samtools.yaml"
    threads: job("sort_lane_parabricks").threads
    resources:
        **job("sort_lane_parabricks").resources,
    params:
        lane=lane_facts,
        code=code_of("fq2bam"),
    script:
        "../../../scripts/sort_lane_parabricks.py"
