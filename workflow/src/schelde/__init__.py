"""FASTQ of many people to genomes and exomes that a national collection accepts."""

__version__ = "0.1.0"
