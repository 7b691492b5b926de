"""What the page says to who receives a bundle: check it, open it, how it was made."""

from __future__ import annotations

import base64
import hashlib

from schelde.bundle.record import Record, Role
from schelde.documents.page.markup import (
    Html,
    code,
    facts,
    fold,
    joined,
    link,
    row,
    section,
    table,
    tag,
)


def check(record: Record) -> Html:
    """Return the section on how to verify a bundle."""
    alias = record.dataset.alias
    return section(
        "check",
        "Check it",
        tag("p", "Without a network, a key or the pipeline that made it:"),
        _typed(f"schelde verify {alias}/"),
        tag("p", "With your secret key the contents of the encrypted files are checked as well:"),
        _typed(f"schelde verify {alias}/ --key your.sec"),
        tag(
            "p",
            "Each check is told with its result, each fault with its file and reason. The exit "
            "status is 0 only when all that could be checked has passed.",
        ),
    )


def _typed(*lines: str) -> Html:
    return tag("pre", tag("code", "\n".join(lines)), tabindex="0")


def opened(record: Record) -> Html:
    """Return the section on how to decrypt, with the names of a sample's own files."""
    names = {file.role: file.name for member in record.members[:1] for file in member.files}
    lines = []
    if Role.READS in names:
        name = names[Role.READS]
        lines += [f"crypt4gh decrypt --sk your.sec < encrypted/{name}.c4gh > {name}"]
        lines += [f"samtools view --reference genome.fa {name} | head"]
    if Role.VARIANTS in names:
        name = names[Role.VARIANTS]
        lines += [f"crypt4gh decrypt --sk your.sec < encrypted/{name}.c4gh > {name}"]
        lines += [f"bcftools view {name} | head"]
    genome = _genome(record)
    words = "Reads are kept as differences from the reference genome"
    words += f" ({genome}). " if genome else ". "
    return section(
        "open",
        "Open it",
        tag(
            "p", "Files are sealed with Crypt4GH for the keys below. Any program for it opens them:"
        ),
        _typed(*lines) if lines else Html(""),
        tag(
            "p",
            joined([words, link("reference/seqcol.json"), " has the digest of each sequence."]),
        ),
        tag("h3", "Keys that open it"),
        tag(
            "p",
            joined(
                [
                    "Compare the key with the second line of your own ",
                    code(".pub"),
                    " file. A further recipient can be given access without a new copy: ",
                    code("schelde share"),
                    ".",
                ]
            ),
        ),
        table(
            "Recipients",
            ("Public key", "SHA-256 of its 32 bytes"),
            [row(code(_base64(key)), code(_fingerprint(key))) for key in record.recipients],
        ),
    )


def _base64(key: str) -> str:
    return base64.b64encode(bytes.fromhex(key)).decode()


def _fingerprint(key: str) -> str:
    digest = hashlib.sha256(bytes.fromhex(key)).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, 64, 8))


def _genome(record: Record) -> str:
    parts = (record.reference.genome, record.reference.accession)
    return ", ".join(part for part in parts if part)


def made(record: Record) -> Html:
    """Return the section on reference, programs and versions."""
    reference, provenance = record.reference, record.provenance
    digest = str(reference.seqcol.get("digest", "not told"))
    tools = [row(name, version) for name, version in provenance.tools.items()]
    lines = [row(each.name, each.version, code(each.command)) for each in provenance.programs]
    return section(
        "made",
        "How it was made",
        facts(
            [
                ("Software", f"Schelde {record.version}"),
                ("Variants called by", provenance.caller),
                (
                    "Reference genome",
                    _genome(record) or "the maker's own",
                ),
                ("Its sequence collection", code(digest)),
                ("Its sequences", f"{len(reference.contigs):,}"),
            ]
        ),
        fold(
            "Programs and their versions",
            table("Versions", ("Program", "Version"), tools),
            table("Command lines of the alignment", ("Program", "Version", "Command"), lines),
        ),
    )
