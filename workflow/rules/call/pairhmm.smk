"""
Pieces called with the open engine, on the CPU or a GPU.

takes: paths.CRAM, paths.PIECES, the reference
gives: results/call/{sample}/pairhmm/{piece}.g.vcf.gz with .tbi
"""


rule call_piece_pairhmm:
    """Call one piece of a sample with the open engine."""
    input:
        unpack(piece_sources_of),
    output:
        gvcf=temp("results/call/{sample}/pairhmm/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/pairhmm/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_pairhmm/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_pairhmm/{sample}.{piece}.tsv"
    group:
        job("call_piece_pairhmm").group
    conda:
        "../../../envs/pairhmm.yaml"
    threads: job("call_piece_pairhmm").threads
    resources:
        **job("call_piece_pairhmm").resources,
        # No parameter: results are the same, so a change makes nothing again.
        device=SETTINGS.call.device,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.pairhmm"),
    script:
        "../../../scripts/call_piece_pairhmm.py"
