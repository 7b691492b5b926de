"""
Reads of all lanes of a sample to one CRAM.

takes: lane_reads() and READS_PROOF of reads.smk, the aligner's index and paths.MD5_CACHE of
       reference.smk
gives: paths.CRAM, paths.CRAI, paths.CRAM_MD5, paths.DUPLICATES
"""


rule align_lane:
    """Align one lane and sort it by place."""
    input:
        unpack(lane_reads),
        proof=READS_PROOF,
        index=INDEX,
    output:
        bam=temp(paths.LANE_BAM),
    log:
        "logs/align_lane/{sample}.{lane}.log",
    benchmark:
        "benchmarks/align_lane/{sample}.{lane}.tsv"
    group:
        job("align_lane").group
    conda:
        f"../../envs/{SETTINGS.align.aligner}.yaml"
    threads: job("align_lane").threads
    resources:
        **job("align_lane").resources,
    params:
        lane=lane_facts,
        aligner=SETTINGS.align.aligner,
        code=code_of("align"),
    script:
        "../../scripts/align_lane.py"


rule mark_duplicates:
    """Join the lanes of a sample into one CRAM with duplicates marked per library."""
    input:
        bams=sample_bams,
        proofs=sample_proofs,
        dictionary=paths.GENOME_DICT,
    output:
        cram=paths.CRAM,
        crai=paths.CRAI,
        md5=paths.CRAM_MD5,
        duplicates=paths.DUPLICATES,
    log:
        "logs/mark_duplicates/{sample}.log",
    benchmark:
        "benchmarks/mark_duplicates/{sample}.tsv"
    group:
        job("mark_duplicates").group
    conda:
        "../../envs/samtools.yaml"
    threads: job("mark_duplicates").threads
    resources:
        **job("mark_duplicates").resources,
    params:
        lanes=sample_lane_facts,
        aligner=SETTINGS.align.aligner,
        optical_distance=SETTINGS.align.optical_distance,
        code=code_of("align"),
    script:
        "../../scripts/mark_duplicates.py"
