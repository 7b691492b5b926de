"""
Files of a sample under its pseudonym, encrypted to those who may read them.

takes: paths.CRAM, paths.VCF, paths.GVCF, paths.LANE_PROOF, paths.GA4GH_QC, paths.SAMPLE_QC,
       paths.VERDICT, paths.TARGETS, the reference, the user's key of pseudonyms and recipients' keys
gives: paths.SEALED, a folder for each sample whose person agreed to the dataset's use
"""


rule seal_sample:
    """Pseudonymise a sample's files and encrypt them; of a failed sample there are none."""
    input:
        unpack(sender_and_targets),
        unpack(sample_quality),
        cram=paths.CRAM,
        crai=paths.CRAI,
        vcf=paths.VCF,
        vcf_tbi=paths.VCF_TBI,
        gvcf=paths.GVCF,
        gvcf_tbi=paths.GVCF_TBI,
        proofs=sample_proofs,
        facts=paths.GENOME_FACTS,
        key=ancient(SETTINGS.bundle.pseudonyms),  # grows with people; what it gave stays
        recipients=SETTINGS.bundle.recipients,
        people=ancient(SETTINGS.people),  # looked through for names that must not travel
        lanes=ancient(SETTINGS.lanes),
    output:
        folder=directory(paths.SEALED),
    log:
        "logs/seal_sample/{sample}.log",
    benchmark:
        "benchmarks/seal_sample/{sample}.tsv"
    group:
        job("seal_sample").group
    conda:
        "../../envs/samtools.yaml"
    threads: job("seal_sample").threads
    resources:
        **job("seal_sample").resources,
    params:
        person=whole_person_facts,
        groups=sample_read_groups,
        md5_cache=paths.MD5_CACHE,
        public_name=PUBLIC_GENOME,
        shipped=SHIPPED_PROFILES,
        fastq="grz" in SETTINGS.bundle.targets,
        code=code_of("seal.sample"),
    script:
        "../../scripts/seal_sample.py"
