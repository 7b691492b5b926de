"""
Pieces called with bcftools.

takes: paths.CRAM, paths.PIECES, the reference
gives: results/call/{sample}/bcftools/{piece}.g.vcf.gz with .tbi
"""


rule call_piece_bcftools:
    """Call one piece of a sample with bcftools."""
    input:
        unpack(piece_sources_of),
    output:
        gvcf=temp("results/call/{sample}/bcftools/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/bcftools/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_bcftools/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_bcftools/{sample}.{piece}.tsv"
    group:
        job("call_piece_bcftools").group
    conda:
        "../../../envs/bcftools.yaml"
    threads: job("call_piece_bcftools").threads
    resources:
        **job("call_piece_bcftools").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.bcftools"),
    script:
        "../../../scripts/call_piece_bcftools.py"
