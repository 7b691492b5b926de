# Two commands for everyone: make demo, make test. Both set up what they need first.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

CORES ?= $(shell nproc)
# Tests that run the workflow use two cores each.
WORKERS ?= 2
SOURCES := Snakefile workflow/rules

.DEFAULT_GOAL := help
.PHONY: help setup gpu validators inboxes executors slurm-lab nvrtc demo test lint format lock clean-demo

help:  ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 18

setup:  ## install tools and Python packages, once
	@bash envs/setup.sh

demo: setup  ## a trio from FASTQ to a verified bundle, and how right its variants are (CORES=n)
	@schelde demo make demo $$(test ! -e .venv/without-gatk || echo --caller bcftools) \
	    $$(test ! -e .venv/without-riker || echo --qc-engine picard)
	@snakemake --directory demo --cores $(CORES) --quiet rules host
	@schelde demo score demo
	@schelde verify demo/bundles/demo-trio --key demo/data/keys/node.sec --quiet
	@echo; echo "Look at demo/results/report/multiqc.html and demo/bundles/demo-trio/index.html."
	@test ! -e .venv/without-gatk || \
	    echo "Called with bcftools, because set-up found no GATK: see .venv/without-gatk."
	@test ! -e .venv/without-riker || \
	    echo "Measured with Picard, because set-up found no riker: see .venv/without-riker."

test: setup validators inboxes executors slurm-lab nvrtc lint  ## everything that is checked, whole runs too (WORKERS=n)
	@pytest --numprocesses $(WORKERS) --dist loadgroup

validators: setup  ## install the validators of collections, which tests ask, once
	@bash envs/validators.sh || true

inboxes: setup  ## install servers that tests of uploads send to, once
	@bash envs/inboxes.sh || true

executors: setup  ## install executors of other schedulers than Slurm, once
	@bash envs/executors.sh || true

slurm-lab: setup  ## install a Slurm that tests start and stop, once
	@bash envs/slurm.sh || true

nvrtc: setup  ## install NVIDIA's compiler, which a test compiles the GPU kernel with, once
	@bash envs/gpu.sh compiler || true

gpu: setup  ## install what the open caller needs on a GPU, once
	@bash envs/gpu.sh

lint: setup  ## style and types
	@ruff check
	@ruff format --check
	@mypy
	@snakefmt --check $(SOURCES)

format: setup  ## put style right where a machine can
	@ruff check --fix
	@ruff format
	@snakefmt $(SOURCES)

lock: setup  ## pin Python packages anew after an edit of envs/python/requirements.in
	@uv pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	    --generate-hashes --no-header --no-emit-index-url \
	    --output-file envs/python/requirements.lock envs/python/requirements.in
	@bash envs/validators.sh lock

clean-demo:  ## remove what make demo made
	@rm -rf demo
