"""Files that one stage hands to the next.

Everything of a sample is named by its sample id; everything of a read group by the sample id and
the lane name ``library.flowcell.lane`` (see `schelde.sheet.Lane.name`). All paths are relative to
the working directory of the run.
"""

# reference
GENOME = "results/reference/genome.fa"
GENOME_FAI = "results/reference/genome.fa.fai"
GENOME_DICT = "results/reference/genome.dict"
GENOME_FACTS = "results/reference/genome.json"
SEQCOL = "results/reference/seqcol.json"
MD5_CACHE = "results/reference/md5"
AUTOSOMES = "results/reference/autosomes.bed"
PAR = "results/reference/par.bed"
MITOCHONDRION = "results/reference/mitochondrion.bed"
GAPS = "results/reference/gaps.bed"
BWA_INDEX = "results/reference/bwa/genome.fa"
BWAMEM2_INDEX = "results/reference/bwa-mem2/genome.fa"
MINIBWA_INDEX = "results/reference/minibwa/genome"
TARGETS = "results/reference/targets/{design}.bed"
PIECES = "results/reference/pieces/{design}.bed"

# reads
LANE_PROOF = "results/reads/{sample}/{lane}.proof.json"
LANE_FASTP = "results/reads/{sample}/{lane}.fastp.json"

# align
LANE_BAM = "results/align/{sample}/{lane}.bam"
CRAM = "results/align/{sample}.cram"
CRAI = "results/align/{sample}.cram.crai"
CRAM_MD5 = "results/align/{sample}.cram.md5"
DUPLICATES = "results/align/{sample}.markdup.json"

# call
GVCF = "results/call/{sample}.g.vcf.gz"
GVCF_TBI = "results/call/{sample}.g.vcf.gz.tbi"
VCF = "results/call/{sample}.vcf.gz"
VCF_TBI = "results/call/{sample}.vcf.gz.tbi"
GVCF_MD5 = "results/call/{sample}.g.vcf.gz.md5"
VCF_MD5 = "results/call/{sample}.vcf.gz.md5"
RECALIBRATION = "results/call/{sample}.recalibration.txt"
DRAGSTR = "results/call/{sample}.dragstr.txt"

# measure
SAMTOOLS_STATS = "results/qc/{sample}.samtools_stats.txt"
READ_METRICS = "results/qc/{sample}.reads.json"
PANEL_COUNTS = "results/qc/{sample}.panel.tsv.gz"
CONTAMINATION = "results/qc/{sample}.contamination.json"

# qc
BCFTOOLS_STATS = "results/qc/{sample}.bcftools_stats.txt"
GA4GH_QC = "results/qc/{sample}.ga4gh-wgs-qc.json"
SAMPLE_QC = "results/qc/{sample}.qc.json"
VERDICT = "results/qc/{sample}.verdict.json"
VERDICTS = "results/qc/verdicts.tsv"
ACCEPTED = "results/qc/accepted.txt"
PAIRS = "results/qc/pairs.tsv"
TRIOS = "results/qc/trios.tsv"

# report
MULTIQC = "results/report/multiqc.html"
VERSIONS = "results/report/versions.yaml"

# package and bundle
SEALED = "results/bundle/{sample}"
FREQUENCIES = "results/bundle/frequencies/{dataset}.af.vcf.gz"
FREQUENCIES_TBI = "results/bundle/frequencies/{dataset}.af.vcf.gz.tbi"
FREQUENCIES_SUMMARY = "results/bundle/frequencies/{dataset}.af.vcf.gz.json"
LEFT_OUT = "results/bundle/left_out/{dataset}.tsv"
MANIFEST = "bundles/{dataset}/manifest.json"
SUBMITTED = "results/submit/{dataset}.txt"
