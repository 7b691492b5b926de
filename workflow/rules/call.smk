"""
Pieces of a sample's genome to one gVCF and one VCF, whoever called them.

takes: paths.CRAM, paths.PIECES, paths.TARGETS, the reference; pieces of call/<caller>.smk
gives: paths.GVCF and paths.VCF, each with .tbi and .md5, of the same names and header rules
"""


rule gather_calls:
    """Splice the pieces of a sample; normalise and filter its variants."""
    input:
        unpack(called_pieces),
        unpack(exact_targets),
        pieces=design_pieces,
        genome=paths.GENOME,
        fai=paths.GENOME_FAI,
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
    conda:
        "../../envs/bcftools.yaml"
    threads: job("gather_calls").threads
    resources:
        **job("gather_calls").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.gather"),
    script:
        "../../scripts/gather_calls.py"
