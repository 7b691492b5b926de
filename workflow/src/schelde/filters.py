"""Hard filters as data: names for the FILTER column, and the expressions that set them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

from schelde.joblog import JobError

VariantType = Literal["snp", "indel", "any"]
KINDS: dict[VariantType, tuple[str, str]] = {
    "snp": ('TYPE="snp" && ({})', "SNPs"),
    # Whatever is not a SNP, so that no record is without filters: GATK too puts mixed sites here.
    "indel": ('TYPE!="snp" && ({})', "what is not a SNP"),
    "any": ("{}", "variants"),
}
"""Type to the expression that a record of the type fits, and to what its records are called."""

KEYS = {"name", "type", "expression", "source"}


class FilterError(JobError):
    """A file of filters that is not as it must be."""


@dataclass(frozen=True)
class Filter:
    """A value of the FILTER column, set where the bcftools ``expression`` is true.

    Missing values make an expression false. ``source`` says where the threshold is from.
    """

    name: str
    type: VariantType
    expression: str
    source: str

    @property
    def header(self) -> str:
        """The line that tells of the filter in the header of a VCF.

        >>> Filter("FS60", "snp", "FS > 60", "GATK").header
        '##FILTER=<ID=FS60,Description="Set for SNPs with FS > 60 (GATK)">'
        """
        text = f"Set for {KINDS[self.type][1]} with {self.expression} ({self.source})"
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'##FILTER=<ID={self.name},Description="{escaped}">'

    @property
    def command(self) -> list[str]:
        """The bcftools command that adds the filter to a stream of VCF or BCF.

        `header` must stand in the stream: the line that bcftools 1.16 adds by itself can leave it
        with a broken table of fields, and the expression then means something else.

        >>> Filter("FS60", "snp", "FS > 60", "GATK").command[-3:]
        ['--exclude', 'TYPE="snp" && (FS > 60)', '-']
        """
        words = ["bcftools", "filter", "--no-version", "--output-type", "u"]
        words += ["--soft-filter", self.name, "--mode", "+"]
        return [*words, "--exclude", KINDS[self.type][0].format(self.expression), "-"]


def read_filters(path: Path) -> list[Filter]:
    """Read a YAML list of filters; raise `FilterError` for the first that is not whole."""
    filters: list[Filter] = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        if set(entry) != KEYS:
            raise FilterError(f"{path}: a filter has the keys {sorted(entry)}, not {sorted(KEYS)}")
        if entry["type"] not in get_args(VariantType):
            raise FilterError(f"{path}: '{entry['name']}' has the type '{entry['type']}'")
        filters.append(
            Filter(
                entry["name"],
                cast(VariantType, entry["type"]),
                entry["expression"],
                entry["source"],
            )
        )
    names = [each.name for each in filters]
    if len(set(names)) < len(names):
        raise FilterError(f"{path}: two filters have one name: {sorted(names)}")
    return filters
