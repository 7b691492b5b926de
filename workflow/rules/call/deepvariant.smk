"""
Pieces called with DeepVariant; of three jobs only the middle one is for a GPU.

takes: paths.CRAM, paths.PIECES, the reference
gives: results/call/{sample}/deepvariant/{piece}.g.vcf.gz with .tbi
"""


rule make_deepvariant_examples:
    """Find what may vary in a piece, and draw it for DeepVariant's model."""
    input:
        unpack(piece_sources_of),
    output:
        examples=temp(directory("results/call/{sample}/deepvariant/{piece}.examples")),
        sites=temp(directory("results/call/{sample}/deepvariant/{piece}.sites")),
    log:
        "logs/make_deepvariant_examples/{sample}.{piece}.log",
    benchmark:
        "benchmarks/make_deepvariant_examples/{sample}.{piece}.tsv"
    group:
        job("make_deepvariant_examples").group
    conda:
        "../../../envs/bcftools.yaml"
    threads: job("make_deepvariant_examples").threads
    resources:
        **job("make_deepvariant_examples").resources,
    params:
        person=person_facts,
        model=deepvariant_model,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.deepvariant"),
    script:
        "../../../scripts/make_deepvariant_examples.py"


rule call_deepvariant:
    """Let DeepVariant's model judge the examples of a piece, on the CPU or a GPU."""
    input:
        examples="results/call/{sample}/deepvariant/{piece}.examples",
    output:
        calls=temp(directory("results/call/{sample}/deepvariant/{piece}.calls")),
    log:
        "logs/call_deepvariant/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_deepvariant/{sample}.{piece}.tsv"
    group:
        job("call_deepvariant").group
    conda:
        "../../../envs/bcftools.yaml"
    threads: job("call_deepvariant").threads
    resources:
        **job("call_deepvariant").resources,
    params:
        model=deepvariant_model,
        # TensorFlow rounds otherwise on a GPU, so qualities may differ in their last digit.
        device=SETTINGS.call.device,
        code=code_of("callers.deepvariant"),
    script:
        "../../../scripts/call_deepvariant.py"


rule call_piece_deepvariant:
    """Write what DeepVariant called in a piece."""
    input:
        unpack(piece_sources_of),
        sites="results/call/{sample}/deepvariant/{piece}.sites",
        calls="results/call/{sample}/deepvariant/{piece}.calls",
    output:
        gvcf=temp("results/call/{sample}/deepvariant/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/deepvariant/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_deepvariant/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_deepvariant/{sample}.{piece}.tsv"
    group:
        job("call_piece_deepvariant").group
    conda:
        "../../../envs/bcftools.yaml"
    threads: job("call_piece_deepvariant").threads
    resources:
        **job("call_piece_deepvariant").resources,
    params:
        person=person_facts,
        model=deepvariant_model,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.deepvariant"),
    script:
        "../../../scripts/call_piece_deepvariant.py"
