"""Rules that need a key: the decrypted bytes are those recorded, and the numbers about them.

Every file is decrypted once (`schelde.verify.plain_file`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schelde.bundle.record import Member, Role
from schelde.verify.plain_file import plain_of
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError

TOLERANCE = 0.05
"""Relative difference up to which two measurements are the same by GA4GH WGS-QC
(quality-control-wgs, decision_record.md, 2024-03-26)."""

HALF_DIGIT = 0.005
"""Metrics are written with two decimals."""

GA4GH = "qc/{}.ga4gh-wgs-qc.json"
READ_SHARES = {"pct_reads_mapped": "mapped", "pct_reads_properly_paired": "proper"}


def checksums(bundle: Bundle) -> Iterable[Finding]:
    """Yield files whose plain bytes are not those recorded."""
    for _, file in bundle.record.files:
        try:
            plain = plain_of(bundle, file)
        except UnreadableError as error:
            yield Finding(error.file, error.why)
            continue
        found = (
            ("size", plain.size, file.size),
            ("md5", plain.md5, file.plain.md5),
            ("sha256", plain.sha256, file.plain.sha256),
        )
        for what, there, recorded in found:
            if there != recorded:
                message = f"the {what} of the plain file is {there}; recorded is {recorded}"
                yield Finding(file.path, message)


def records(bundle: Bundle) -> Iterable[Finding]:
    """Yield files with another number of records than recorded, or that are not whole."""
    for _, file in bundle.record.files:
        plain = plain_of(bundle, file)
        for fault in plain.faults:
            yield Finding(file.path, fault)
        if file.records is not None and plain.records != file.records:
            message = f"it holds {plain.records} records; recorded are {file.records}"
            yield Finding(file.path, message)
        if file.records is None and plain.records is not None:
            message = f"it holds {plain.records} records; none are recorded"
            yield Finding(file.path, message)


def read_numbers(bundle: Bundle) -> Iterable[Finding]:
    """Yield declared shares of reads that are not those of the reads."""
    for member in bundle.record.members:
        declared = _declared(bundle, member, "aln_metrics")
        for file in member.files:
            if file.role is Role.READS:
                flags = plain_of(bundle, file).flags
                found = {
                    metric: 100 * flags[what] / flags["reads"] if flags["reads"] else None
                    for metric, what in READ_SHARES.items()
                }
                yield from _compared(GA4GH.format(member.sample), declared, found)


def variant_numbers(bundle: Bundle) -> Iterable[Finding]:
    """Yield declared numbers of variants that are not those of the VCF.

    Gaps of the assembly are not left out, as GA4GH asks: nothing is called in them.
    """
    for member in bundle.record.members:
        declared = _declared(bundle, member, "variant_metrics")
        for file in member.files:
            if file.role is Role.VARIANTS:
                tally = plain_of(bundle, file).variants
                found = tally.metrics() if tally else {}
                yield from _compared(GA4GH.format(member.sample), declared, found)


def _declared(bundle: Bundle, member: Member, part: str) -> Mapping[str, object]:
    name = GA4GH.format(member.sample)
    document = bundle.json(name)
    found = document.get("wgs_qc_metrics") if isinstance(document, dict) else None
    metrics = found.get(part) if isinstance(found, dict) else None
    if not isinstance(metrics, dict):
        raise UnreadableError(name, f"it has no wgs_qc_metrics.{part}")
    return metrics


def _compared(
    file: str, declared: Mapping[str, object], found: Mapping[str, float | None]
) -> Iterable[Finding]:
    """Yield metrics that are declared with a value that is not the one found."""
    for metric, value in found.items():
        said = declared.get(metric)
        if metric not in declared or (said is None and value is None):
            continue
        number = float(said) if isinstance(said, int | float) else None
        if number is None or value is None or not is_same(number, value):
            told = "nothing" if value is None else f"{value:.6g}"
            yield Finding(file, f"{metric} is declared as {said}; the file itself has {told}")


def is_same(declared: float, found: float) -> bool:
    """Whether two values are the same within the tolerance of GA4GH and the decimals written.

    >>> is_same(100, 104), is_same(100, 106), is_same(0.0, 0.004)
    (True, False, True)
    """
    return abs(declared - found) <= TOLERANCE * max(abs(declared), abs(found)) + HALF_DIGIT


RULES = (
    Rule(
        "plain.checksums",
        "every file decrypts to bytes of the recorded size, MD5 and SHA-256",
        checksums,
        needs_key=True,
    ),
    Rule(
        "plain.records",
        "every CRAM, VCF, FASTQ and BED is whole, in order and has the recorded number of records",
        records,
        needs_key=True,
    ),
    Rule(
        "plain.reads",
        "declared shares of mapped and properly paired reads are, within 5 %, those counted "
        "from the flags of primary reads",
        read_numbers,
        needs_key=True,
    ),
    Rule(
        "plain.variants",
        "declared counts and ratios of SNVs, insertions and deletions are, within 5 %, those "
        "of the PASS records of chromosomes 1 to 22",
        variant_numbers,
        needs_key=True,
    ),
)
