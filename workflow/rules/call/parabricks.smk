"""
A genome called on a GPU with NVIDIA Parabricks: its HaplotypeCaller or its DeepVariant.

takes: paths.CRAM, paths.PIECES, the reference
gives: results/call/{sample}/{program}/{piece}.g.vcf.gz with .tbi; a genome is one piece
"""


rule call_parabricks:
    """Call a sample on a GPU."""
    input:
        unpack(piece_sources_of),
    output:
        raw=temp(directory("results/call/{sample}/{program}/raw")),
    log:
        "logs/call_parabricks/{sample}.{program}.log",
    benchmark:
        "benchmarks/call_parabricks/{sample}.{program}.tsv"
    group:
        job("call_parabricks").group
    conda:
        "../../../envs/samtools.yaml"
    threads: job("call_parabricks").threads
    resources:
        **job("call_parabricks").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        exome=is_exome,
        code=code_of("callers.parabricks"),
    script:
        "../../../scripts/call_parabricks.py"


rule call_piece_parabricks:
    """Prove what a GPU called of a sample, under a header of our own."""
    input:
        unpack(piece_sources_of),
        raw="results/call/{sample}/{program}/raw",
    output:
        gvcf=temp("results/call/{sample}/{program}/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/{program}/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_parabricks/{sample}.{program}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_parabricks/{sample}.{program}.{piece}.tsv"
    group:
        job("call_piece_parabricks").group
    conda:
        "../../../envs/samtools.yaml"
    threads: job("call_piece_parabricks").threads
    resources:
        **job("call_piece_parabricks").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.parabricks"),
    script:
        "../../../scripts/call_piece_parabricks.py"
