"""What the stand-ins of DeepVariant's programs share: their options, and TFRecord files.

No part of DeepVariant. The options are those of google/deepvariant r1.10, of the files that stand
with each table; in a record is JSON where DeepVariant has a protocol buffer.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

VERSION = "1.10.0"
MODELS = {"/opt/models/wgs": "wgs", "/opt/models/wes": "wes"}  # MODEL_TYPE_MAP, run_deepvariant.py
KINDS = {"string": str, "integer": int, "float": float, "bool": str}

Options = dict[str, str]

# deepvariant/make_examples.py and make_examples_options.py
MAKE_EXAMPLES = {
    "reads": "string",
    "sample_name": "string",
    "gvcf_gq_binsize": "integer",
    "ref": "string",
    "use_ref_for_cram": "bool",
    "examples": "string",
    "checkpoint": "string",
    "checkpoint_json": "string",
    "candidates": "string",
    "mode": "string",
    "regions": "string",
    "exclude_regions": "string",
    "variant_caller": "string",
    "gvcf": "string",
    "include_med_dp": "bool",
    "task": "integer",
    "partition_size": "integer",
    "max_reads_per_partition": "integer",
    "realign_reads": "bool",
    "min_base_quality": "integer",
    "min_mapping_quality": "integer",
    "vsc_min_count_snps": "integer",
    "vsc_min_count_indels": "integer",
    "vsc_min_fraction_snps": "float",
    "vsc_min_fraction_indels": "float",
    "pileup_image_width": "integer",
    "use_original_quality_scores": "bool",
    "channel_list": "string",
    "runtime_by_region": "string",
    "track_ref_reads": "bool",
    "normalize_reads": "bool",
    "phase_reads": "bool",
    "output_phase_info": "bool",
    "discard_non_dna_regions": "bool",
    "call_small_model_examples": "bool",
    "trained_small_model_path": "string",
    "small_model_snp_gq_threshold": "integer",
    "small_model_indel_gq_threshold": "integer",
    "small_model_call_multiallelics": "bool",
    "small_model_inference_batch_size": "integer",
    "small_model_vaf_context_window_size": "integer",
    "haploid_contigs": "string",
    "par_regions_bed": "string",
}

# deepvariant/call_variants.py
CALL_VARIANTS = {
    "examples": "string",
    "outfile": "string",
    "checkpoint": "string",
    "batch_size": "integer",
    "max_batches": "integer",
    "num_readers": "integer",
    "include_debug_info": "bool",
    "execution_hardware": "string",
    "config_string": "string",
    "kmp_blocktime": "string",
    "writer_threads": "integer",
    "limit": "integer",
    "num_input_shards": "integer",
    "shm_prefix": "string",
    "stream_examples": "bool",
    "allow_empty_examples": "bool",
}

# deepvariant/postprocess_variants.py
POSTPROCESS_VARIANTS = {
    "infile": "string",
    "outfile": "string",
    "ref": "string",
    "small_model_cvo_records": "string",
    "qual_filter": "float",
    "cnn_homref_call_min_gq": "float",
    "multi_allelic_qual_filter": "float",
    "nonvariant_site_tfrecord_path": "string",
    "phased_reads_input_path": "string",
    "checkpoint_json": "string",
    "gvcf_outfile": "string",
    "group_variants": "bool",
    "sample_name": "string",
    "use_multiallelic_model": "bool",
    "multiallelic_mode": "string",
    "debug_output_all_candidates": "string",
    "only_keep_pass": "bool",
    "haploid_contigs": "string",
    "cpus": "integer",
    "num_partitions": "integer",
    "par_regions_bed": "string",
    "regions": "string",
}

PROGRAMS = {
    "make_examples": (MAKE_EXAMPLES, ("mode", "ref", "reads", "examples")),
    "call_variants": (CALL_VARIANTS, ("examples", "outfile", "checkpoint")),
    "postprocess_variants": (POSTPROCESS_VARIANTS, ("infile", "outfile", "ref")),
}
"""Options of each program, and those that it cannot do without."""


def fail(message: str) -> NoReturn:
    """End as absl does for a command line that is not as documented."""
    print(f"FATAL Flags parsing error: {message}", file=sys.stderr)
    sys.exit(1)


def read_options(program: str) -> Options:
    """Read the command line as absl reads it; keep it where STAND_IN_COMMANDS names a file."""
    words = sys.argv[1:]
    if kept := os.environ.get("STAND_IN_COMMANDS"):
        with Path(kept).open("a") as file:
            file.write(json.dumps([program, *words]) + "\n")
    known, needed = PROGRAMS[program]
    options: Options = {}
    waiting = list(reversed(words))
    while waiting:
        name, value = _next_option(waiting, known)
        if name in options:
            fail(f"flag --{name} is given twice")
        options[name] = value
    if missing := [name for name in needed if name not in options]:
        fail(f"flag --{missing[0]}=None: Flag --{missing[0]} must have a value other than None.")
    return options


def _next_option(waiting: list[str], known: dict[str, str]) -> tuple[str, str]:
    word = waiting.pop()
    if not word.startswith("--"):
        fail(f"does not accept positional arguments but some are present: '{word}'")
    name, equals, value = word[2:].partition("=")
    if name.startswith("no") and known.get(name[2:]) == "bool" and not equals:
        return name[2:], "false"
    if name not in known:
        fail(f"Unknown command line flag '{name}'")
    if known[name] == "bool":
        return name, value or "true"
    if not equals:
        if not waiting:
            fail(f"flag --{name} has no value")
        value = waiting.pop()
    try:
        KINDS[known[name]](value)
    except ValueError:
        fail(f"flag --{name}={value} is no {known[name]}")
    return name, value


def fault(program: str) -> str | None:
    """Return what is to go wrong: STAND_IN_FAULT is ``program:what``."""
    whose, _, what = os.environ.get("STAND_IN_FAULT", "").partition(":")
    return what if whose == program else None


def model_of(options: Options) -> str:
    """Return the name of the model; end if the container has none there."""
    checkpoint = options["checkpoint"]
    if checkpoint not in MODELS:
        fail(f"model.example_info.json and example_info.json both do not exist in {checkpoint}.")
    return MODELS[checkpoint]


def there(*paths: str) -> None:
    """End if any of the files is not there."""
    for path in paths:
        if not Path(path).is_file():
            print(f"NOT_FOUND: Could not open {path}", file=sys.stderr)
            sys.exit(1)


def reference(options: Options) -> dict[str, int]:
    """Return the lengths of the contigs of --ref, which needs its index beside it."""
    there(options["ref"], f"{options['ref']}.fai")
    rows = [line.split("\t") for line in Path(f"{options['ref']}.fai").read_text().splitlines()]
    return {row[0]: int(row[1]) for row in rows}


def read_bed(path: str, lengths: dict[str, int]) -> list[tuple[str, int, int]]:
    """Read a BED whose rows have to lie on the reference."""
    there(path)
    rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
    found = [(row[0], int(row[1]), int(row[2])) for row in rows]
    if not found or any(not 0 <= start < end <= lengths[name] for name, start, end in found):
        print("ValueError: The regions to call is empty.", file=sys.stderr)
        sys.exit(1)
    return found


def haploid_of(options: Options, lengths: dict[str, int]) -> list[str]:
    """Return the contigs of --haploid_contigs, comma- or space-separated; they must be there."""
    names = options.get("haploid_contigs", "").replace(",", " ").split()
    if unknown := set(names) - lengths.keys():
        fail(f"--haploid_contigs names {sorted(unknown)}, which the reference has not")
    return names


def shards(spec: str) -> list[Path]:
    """Return the files of a sharded name such as ``a.tfrecord@16.gz``."""
    found = re.fullmatch(r"(.*)@(\d+)(\..*)?", spec)
    if not found:
        fail(f"'{spec}' is no sharded file")
    number = int(found[2])
    return [
        Path(f"{found[1]}-{shard:05d}-of-{number:05d}{found[3] or ''}") for shard in range(number)
    ]


def write_records(path: Path, records: Iterable[Any]) -> None:
    """Write a gzipped TFRecord file; its checksums are zeros."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for record in records:
            data = json.dumps(record).encode()
            file.write(len(data).to_bytes(8, "little") + bytes(4) + data + bytes(4))


def read_records(paths: Iterable[Path]) -> Iterator[Any]:
    """Read gzipped TFRecord files; end if one is missing."""
    for path in paths:
        there(str(path))
        with gzip.open(path, "rb") as file:
            while head := file.read(12):
                data = file.read(int.from_bytes(head[:8], "little"))
                file.read(4)
                yield json.loads(data)
