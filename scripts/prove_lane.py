"""Prove that the reads of one lane are whole."""

from schelde.fastq import prove_lane
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads

files = snakemake.input
with job_log(snakemake.log[0]):
    prove_lane(LaneReads.of(files), files.get("extracted"), snakemake.output.proof)
