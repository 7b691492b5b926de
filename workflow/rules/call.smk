"""
Pieces of a sample's genome to one gVCF and one VCF, whoever called them.

takes: paths.CRAM, paths.PIECES, paths.TARGETS, the reference; pieces of call/<caller>.smk
gives: paths.GVCF and paths.VCF, each with .tbi and .md5, of the same names and header rules
"""


rule gather_calls:
    """Join the pieces of a sample; genotype, normalise and filter its variants."""
    input:
        unpack(piece_gvcfs),
        unpack(exact_targets),
        unpack(sex_source),
        pieces=design_pieces,
        facts=paths.GENOME_FACTS,
        filters=FILTERS,
    output:
        gvcf=paths.GVCF,
        gvcf_tbi=paths.GVCF_TBI,
        gvcf_md5=paths.GVCF_MD5,
        vcf=paths.VCF,
        vcf_tbi=paths.VCF_TBI,
        vcf_md5=paths.VCF_MD5,
    log:
        "logs/gather_calls/{sample}.log",
    benchmark:
        "benchmarks/gather_calls/{sample}.tsv"
    group:
        job("gather_calls").group
    conda:
        f"../../envs/{CALL_ENV}.yaml"
    threads: job("gather_calls").threads
    resources:
        **job("gather_calls").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        caller=FILTER_SET,
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.job"),
    script:
        "../../scripts/gather_calls.py"
