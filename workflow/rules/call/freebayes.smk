"""
Pieces called with freebayes.

takes: paths.CRAM, paths.PIECES, the reference
gives: results/call/{sample}/freebayes/{piece}.g.vcf.gz with .tbi
"""


rule call_piece_freebayes:
    """Call one piece of a sample with freebayes."""
    input:
        unpack(piece_sources_of),
    output:
        gvcf=temp("results/call/{sample}/freebayes/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/freebayes/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_freebayes/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_freebayes/{sample}.{piece}.tsv"
    group:
        job("call_piece_freebayes").group
    conda:
        "../../../envs/freebayes.yaml"
    threads: job("call_piece_freebayes").threads
    resources:
        **job("call_piece_freebayes").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.freebayes"),
    script:
        "../../../scripts/call_piece_freebayes.py"
