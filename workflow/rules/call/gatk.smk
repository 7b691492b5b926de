"""
Pieces called with GATK HaplotypeCaller.

takes: paths.CRAM, paths.PIECES, the reference,
       with `bqsr` the known sites, with `dragen` the tandem repeats of the reference
gives: results/call/{sample}/gatk/{piece}.g.vcf.gz with .tbi
"""


rule call_piece_gatk:
    """Call one piece of a sample with GATK HaplotypeCaller."""
    input:
        unpack(piece_sources_of),
        unpack(gatk_models),
    output:
        gvcf=temp("results/call/{sample}/gatk/{piece}.g.vcf.gz"),
        gvcf_tbi=temp("results/call/{sample}/gatk/{piece}.g.vcf.gz.tbi"),
    log:
        "logs/call_piece_gatk/{sample}.{piece}.log",
    benchmark:
        "benchmarks/call_piece_gatk/{sample}.{piece}.tsv"
    group:
        job("call_piece_gatk").group
    conda:
        "../../../envs/gatk.yaml"
    threads: job("call_piece_gatk").threads
    resources:
        **job("call_piece_gatk").resources,
    params:
        person=person_facts,
        assembly=asdict(ASSEMBLY),
        overlap=SETTINGS.call.overlap,
        code=code_of("callers.gatk"),
    script:
        "../../../scripts/call_piece_gatk.py"


rule model_base_qualities:
    """Learn how far a sample's base qualities are off, from sites that are not known to vary."""
    input:
        cram=paths.CRAM,
        crai=paths.CRAI,
        genome=paths.GENOME,
        dictionary=paths.GENOME_DICT,
        fai=paths.GENOME_FAI,
        known_sites=SETTINGS.reference.known_sites,
    output:
        table="results/call/{sample}.recalibration.txt",
    log:
        "logs/model_base_qualities/{sample}.log",
    benchmark:
        "benchmarks/model_base_qualities/{sample}.tsv"
    group:
        job("model_base_qualities").group
    conda:
        "../../../envs/gatk.yaml"
    threads: job("model_base_qualities").threads
    resources:
        **job("model_base_qualities").resources,
    params:
        known_sites=known_site_options,
    shell:
        r"""
        room=$(mktemp -d -p {resources.tmpdir:q} schelde-XXXXXXXX)
        trap 'rm -rf "$room"' EXIT
        gatk --java-options "-Xmx$(({resources.mem_mb} - 700))m -XX:+UseSerialGC" \
            BaseRecalibrator \
            --input {input.cram:q} \
            --reference {input.genome:q} \
            {params.known_sites:q} \
            --tmp-dir "$room" \
            --output {output.table:q}.part &>{log:q}
        mv {output.table:q}.part {output.table:q}
        """


rule find_tandem_repeats:
    """List the short tandem repeats of the reference for GATK's DRAGEN mode."""
    input:
        genome=paths.GENOME,
        dictionary=paths.GENOME_DICT,
        fai=paths.GENOME_FAI,
    output:
        table="results/reference/tandem_repeats.zip",
    log:
        "logs/find_tandem_repeats/genome.log",
    group:
        job("find_tandem_repeats").group
    conda:
        "../../../envs/gatk.yaml"
    threads: job("find_tandem_repeats").threads
    resources:
        **job("find_tandem_repeats").resources,
    shell:
        r"""
        room=$(mktemp -d -p {resources.tmpdir:q} schelde-XXXXXXXX)
        trap 'rm -rf "$room"' EXIT
        gatk --java-options "-Xmx$(({resources.mem_mb} - 700))m -XX:+UseSerialGC" \
            ComposeSTRTableFile \
            --reference {input.genome:q} \
            --tmp-dir "$room" \
            --output {output.table:q}.part &>{log:q}
        mv {output.table:q}.part {output.table:q}
        """


rule model_tandem_repeats:
    """Learn how often a sample's reads err in tandem repeats, for GATK's DRAGEN mode."""
    input:
        cram=paths.CRAM,
        crai=paths.CRAI,
        genome=paths.GENOME,
        dictionary=paths.GENOME_DICT,
        fai=paths.GENOME_FAI,
        table="results/reference/tandem_repeats.zip",
    output:
        model="results/call/{sample}.dragstr.txt",
    log:
        "logs/model_tandem_repeats/{sample}.log",
    benchmark:
        "benchmarks/model_tandem_repeats/{sample}.tsv"
    group:
        job("model_tandem_repeats").group
    conda:
        "../../../envs/gatk.yaml"
    threads: job("model_tandem_repeats").threads
    resources:
        **job("model_tandem_repeats").resources,
    shell:
        r"""
        room=$(mktemp -d -p {resources.tmpdir:q} schelde-XXXXXXXX)
        trap 'rm -rf "$room"' EXIT
        gatk --java-options "-Xmx$(({resources.mem_mb} - 700))m -XX:+UseSerialGC" \
            CalibrateDragstrModel \
            --input {input.cram:q} \
            --reference {input.genome:q} \
            --str-table-path {input.table:q} \
            --threads {threads} \
            --tmp-dir "$room" \
            --output {output.model:q}.part &>{log:q}
        mv {output.model:q}.part {output.model:q}
        """
