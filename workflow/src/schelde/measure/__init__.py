"""Measure the reads of one sample: coverage, capture, what samtools stats counts, a site panel."""
