"""
Reads of each lane, proved whole before they are aligned.

takes: the FASTQ, BAM or CRAM of each lane; paths.MD5_CACHE of reference.smk for CRAM
gives: lane_reads(wildcards): what is to be aligned, three lists of FASTQ files, any may be empty
           fq1, fq2: pairs; file by file and read by read in step
           singles: reads without a mate
       READS_PROOF: JSON with the number of those `reads`, `pairs`, `singles` and more; of a lane
           from a BAM or CRAM any of the files may be without reads, and the proof tells
       paths.LANE_FASTP: JSON of fastp about the reads as they came
       TRIMMED_FASTP: the same about trimming, where reads are trimmed
"""


rule extract_lane:
    """Take the reads of one lane out of a BAM or CRAM."""
    input:
        alignment=lane_alignment,
        md5_cache=paths.MD5_CACHE,
    output:
        fq1=temp("results/reads/{sample}/{lane}_R1.extracted.fq.gz"),
        fq2=temp("results/reads/{sample}/{lane}_R2.extracted.fq.gz"),
        orphans=temp("results/reads/{sample}/{lane}_orphans.extracted.fq.gz"),
        unpaired=temp("results/reads/{sample}/{lane}_unpaired.extracted.fq.gz"),
        counted=EXTRACTED_COUNT,
    log:
        "logs/extract_lane/{sample}.{lane}.log",
    benchmark:
        "benchmarks/extract_lane/{sample}.{lane}.tsv"
    group:
        job("extract_lane").group
    conda:
        "../../envs/samtools.yaml"
    threads: job("extract_lane").threads
    resources:
        **job("extract_lane").resources,
    params:
        read_group=lane_read_group,
        code=code_of("extract"),
    script:
        "../../scripts/extract_lane.py"


rule prove_lane:
    """Prove that the reads of one lane are whole, paired and sane."""
    input:
        unpack(lane_sources),
        unpack(lane_extracted),
    output:
        proof=paths.LANE_PROOF,
    log:
        "logs/prove_lane/{sample}.{lane}.log",
    benchmark:
        "benchmarks/prove_lane/{sample}.{lane}.tsv"
    group:
        job("prove_lane").group
    conda:
        "../../envs/schelde.yaml"
    threads: job("prove_lane").threads
    resources:
        **job("prove_lane").resources,
    params:
        code=code_of("fastq"),
    script:
        "../../scripts/prove_lane.py"


rule fastp_lane:
    """Look at the quality of the reads of one lane as they are; nothing waits for it."""
    input:
        unpack(lane_sources),
        proof=paths.LANE_PROOF,
    output:
        fastp=paths.LANE_FASTP,
    log:
        "logs/fastp_lane/{sample}.{lane}.log",
    benchmark:
        "benchmarks/fastp_lane/{sample}.{lane}.tsv"
    group:
        job("fastp_lane").group
    conda:
        "../../envs/fastp.yaml"
    threads: job("fastp_lane").threads
    resources:
        **job("fastp_lane").resources,
    params:
        code=code_of("fastp"),
    script:
        "../../scripts/fastp_lane.py"


rule trim_lane:
    """Cut adapters off the reads of one lane."""
    input:
        unpack(lane_sources),
        proof=paths.LANE_PROOF,
    output:
        fq1=temp("results/reads/{sample}/{lane}_R1.trimmed.fq.gz"),
        fq2=temp("results/reads/{sample}/{lane}_R2.trimmed.fq.gz"),
        singles=temp("results/reads/{sample}/{lane}_singles.trimmed.fq.gz"),
        fastp=TRIMMED_FASTP,
        proof=TRIMMED_PROOF,
    log:
        "logs/trim_lane/{sample}.{lane}.log",
    benchmark:
        "benchmarks/trim_lane/{sample}.{lane}.tsv"
    group:
        job("trim_lane").group
    conda:
        "../../envs/fastp.yaml"
    threads: job("trim_lane").threads
    resources:
        **job("trim_lane").resources,
    params:
        code=code_of("fastp"),
    script:
        "../../scripts/trim_lane.py"
