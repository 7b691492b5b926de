"""
One reference genome made ready, and what is called of it cut into pieces.

takes: SETTINGS.reference (a FASTA, or a name in resources/references.tsv), users' target BEDs
gives: paths.GENOME with its index, dictionary and facts, paths.SEQCOL, paths.MD5_CACHE,
       paths.AUTOSOMES, PAR, MITOCHONDRION, GAPS, the aligners' indexes, paths.TARGETS, paths.PIECES
"""


rule fetch_reference:
    """Fetch a known genome; the only rule that needs a network."""
    output:
        fasta=FETCHED,
    log:
        "logs/fetch_reference/fetched.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("fetch_reference").threads
    resources:
        **job("fetch_reference").resources,
    params:
        address=genome_address,
        size=fetched_size,
        md5=GENOME_MD5,
        code=code_of("fetch"),
    script:
        "../../scripts/fetch_reference.py"


rule prepare_reference:
    """Write the genome anew with its index, dictionary, digests, md5 cache and regions."""
    input:
        fasta=GENOME_SOURCE,
    output:
        fasta=paths.GENOME,
        fai=paths.GENOME_FAI,
        dictionary=paths.GENOME_DICT,
        facts=paths.GENOME_FACTS,
        seqcol=paths.SEQCOL,
        md5_cache=directory(paths.MD5_CACHE),
        autosomes=paths.AUTOSOMES,
        par=paths.PAR,
        mitochondrion=paths.MITOCHONDRION,
        gaps=paths.GAPS,
    log:
        "logs/prepare_reference/genome.log",
    benchmark:
        "benchmarks/prepare_reference/genome.tsv"
    group:
        job("prepare_reference").group
    conda:
        "../../envs/schelde.yaml"
    threads: job("prepare_reference").threads
    resources:
        **job("prepare_reference").resources,
    params:
        name=SETTINGS.reference.name,
        md5=GENOME_MD5,
        assembly=asdict(ASSEMBLY),
        address=genome_address,
        code=code_of("reference"),
    script:
        "../../scripts/prepare_reference.py"


rule index_bwa:
    """Index the genome for bwa."""
    input:
        fasta=paths.GENOME,
    output:
        multiext(paths.BWA_INDEX, ".amb", ".ann", ".bwt", ".pac", ".sa"),
    log:
        "logs/index_bwa/genome.log",
    benchmark:
        "benchmarks/index_bwa/genome.tsv"
    group:
        job("index_bwa").group
    conda:
        "../../envs/bwa.yaml"
    threads: job("index_bwa").threads
    resources:
        **job("index_bwa").resources,
    shell:
        r"""
        part=results/reference/bwa.part
        trap 'rm -rf $part' EXIT
        rm -rf $part && mkdir $part
        bwa index -p $part/genome.fa {input.fasta:q} 2>{log:q}
        mv $part/genome.fa.* results/reference/bwa
        """


rule index_bwamem2:
    """Index the genome for bwa-mem2."""
    input:
        fasta=paths.GENOME,
    output:
        multiext(paths.BWAMEM2_INDEX, ".0123", ".amb", ".ann", ".bwt.2bit.64", ".pac"),
    log:
        "logs/index_bwamem2/genome.log",
    benchmark:
        "benchmarks/index_bwamem2/genome.tsv"
    group:
        job("index_bwamem2").group
    conda:
        "../../envs/bwa-mem2.yaml"
    threads: job("index_bwamem2").threads
    resources:
        **job("index_bwamem2").resources,
    shell:
        r"""
        part=results/reference/bwa-mem2.part
        trap 'rm -rf $part' EXIT
        rm -rf $part && mkdir $part
        bwa-mem2 index -p $part/genome.fa {input.fasta:q} &>{log:q}
        mv $part/genome.fa.* results/reference/bwa-mem2
        """


rule index_minibwa:
    """Index the genome for minibwa."""
    input:
        fasta=paths.GENOME,
    output:
        multiext(paths.MINIBWA_INDEX, ".l2b", ".mbw"),
    log:
        "logs/index_minibwa/genome.log",
    benchmark:
        "benchmarks/index_minibwa/genome.tsv"
    group:
        job("index_minibwa").group
    conda:
        "../../envs/minibwa.yaml"
    threads: job("index_minibwa").threads
    resources:
        **job("index_minibwa").resources,
    shell:
        r"""
        part=results/reference/minibwa.part
        trap 'rm -rf $part' EXIT
        rm -rf $part && mkdir $part
        minibwa index -t {threads} {input.fasta:q} $part/genome 2>{log:q}
        mv $part/genome.* results/reference/minibwa
        """


rule prepare_targets:
    """Merge a user's targets and put them in reference order."""
    input:
        fai=paths.GENOME_FAI,
        targets=targets_of_design,
    output:
        bed=paths.TARGETS,
    log:
        "logs/prepare_targets/{design}.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("prepare_targets").threads
    resources:
        **job("prepare_targets").resources,
    params:
        code=code_of("intervals"),
    script:
        "../../scripts/prepare_targets.py"


rule cut_pieces:
    """Cut what is called of a design into pieces of equal length."""
    input:
        unpack(piece_sources),
    output:
        bed=paths.PIECES,
    log:
        "logs/cut_pieces/{design}.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("cut_pieces").threads
    resources:
        **job("cut_pieces").resources,
    params:
        primary=ASSEMBLY.primary,
        pieces=len(PIECES),
        padding=SETTINGS.call.padding,
        apart=SETTINGS.call.overlap,
        code=code_of("intervals"),
    script:
        "../../scripts/cut_pieces.py"
