"""The open caller: candidates from alignments, haplotypes, a pair-HMM on the CPU or a GPU.

`engine` runs the steps on the chunks of a piece; the steps are in native/, C++ that `library`
loads; `cuda` has the pair-HMM done by a GPU. docs/pairhmm.md tells what each step does.
"""
