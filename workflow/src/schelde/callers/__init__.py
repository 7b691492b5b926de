"""Call the variants of one piece of a genome: one module per caller, the same files from each.

`piece` says what a caller is given and writes what it found; `gatk`, `bcftools` and `freebayes`
run the tools; `gather` joins the pieces and finishes the files of a sample.
"""
