"""The four lists of checksums beside the encrypted files, as sda-cli writes them.

neicnordic/sda-cli (commit 1904af17, its command encrypt): a line is the checksum, one space and
the path; ``unencrypted`` lists plain files, ``encrypted`` those with .c4gh.
"""

from __future__ import annotations

from schelde.bundle.record import Record

ALGORITHMS = ("md5", "sha256")


def documents(record: Record) -> dict[str, str | bytes]:
    """Return the lists; paths in them are from the folder of the encrypted files."""
    files = sorted((file for _, file in record.files), key=lambda file: file.name)
    lists: dict[str, str | bytes] = {}
    for algorithm in ALGORITHMS:
        plain = [f"{getattr(file.plain, algorithm)} {file.name}\n" for file in files]
        sealed = [f"{getattr(file.encrypted, algorithm)} {file.name}.c4gh\n" for file in files]
        lists[f"encrypted/checksum_unencrypted.{algorithm}"] = "".join(plain)
        lists[f"encrypted/checksum_encrypted.{algorithm}"] = "".join(sealed)
    return lists
