"""Header lines of the open engine's gVCF: what the records of native/gvcf.cc hold."""

from __future__ import annotations

HEADER = (
    '##ALT=<ID=NON_REF,Description="Any allele that is not listed">',
    '##INFO=<ID=BaseQRankSum,Number=1,Type=Float,Description="Rank sum test of base qualities of '
    'reads with other alleles against those with the reference: z, negative where they are lower">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Reads that overlap the alleles">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last position of the reference block">',
    '##INFO=<ID=FS,Number=1,Type=Float,Description="Exact test of Fisher that alleles are on both '
    'strands alike: phred-scaled p-value">',
    '##INFO=<ID=MQ,Number=1,Type=Float,Description="Root mean square of mapping qualities">',
    '##INFO=<ID=MQRankSum,Number=1,Type=Float,Description="Rank sum test of mapping qualities of '
    'reads with other alleles against those with the reference: z, negative where they are lower">',
    '##INFO=<ID=QD,Number=1,Type=Float,Description="QUAL divided by the number of reads that show '
    'one of the alleles">',
    '##INFO=<ID=RAW_MQandDP,Number=2,Type=Integer,Description="Sum of squares of mapping '
    'qualities, and number of reads, from which joint calling finds MQ">',
    '##INFO=<ID=ReadPosRankSum,Number=1,Type=Float,Description="Rank sum test of distances to the '
    "nearer end of the read, of reads with other alleles against those with the reference: z, "
    'negative where they are nearer to it">',
    '##INFO=<ID=SOR,Number=1,Type=Float,Description="Symmetric odds ratio of alleles and strands, '
    'natural logarithm">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads that show each allele better than '
    'the others">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads that show one of the alleles; in a '
    'reference block the median depth of its positions">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality: PL of the second best '
    'genotype, at most 99">',
    '##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="Lowest depth in the reference block">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods of genotypes, phred-scaled, '
    'that of the best one 0">',
    '##FORMAT=<ID=SB,Number=4,Type=Integer,Description="Reads that show an allele: reference '
    'forward, reverse, others forward, reverse">',
)
"""FILTER, ALT, INFO and FORMAT lines, without line ends."""
