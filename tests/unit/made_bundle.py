"""A small bundle with one encrypted sample: what tests of rules that need a key start from."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.made_record import made_member, made_record
from tests.unit.made_sample import Sample

from schelde.bundle.record import RECORD, Contig, File, Record, Reference
from schelde.documents import qc
from schelde.package.packaged import Packaged, read_packaged
from schelde.seal.crypt4gh import encrypt
from schelde.seal.keys import public_of
from schelde.sheet import Sex
from schelde.verify.rule import Bundle

SECRET = b"s" * 32


@dataclass(frozen=True)
class MadeBundle:
    """A bundle on disk, the folder of its plain files, and its record."""

    root: Path
    plain: Path
    record: Record

    def copied(self, folder: Path) -> MadeBundle:
        """Return a copy to damage."""
        root = shutil.copytree(self.root, folder / "bundle")
        return MadeBundle(root, shutil.copytree(self.plain, folder / "plain"), self.record)

    def open(self) -> Bundle:
        """Return the bundle with its key, nothing worked out yet."""
        return Bundle(self.root, SECRET)

    def write(self) -> None:
        """Write record and documents of quality control."""
        path = self.root / RECORD
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.record.to_json())
        for name, text in qc.documents(self.record).items():
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def reseal(self, *names: str, recorded: bool = True) -> MadeBundle:
        """Encrypt plain files anew; with ``recorded`` the record has their new checksums."""
        member = self.record.members[0]
        files = []
        for file in member.files:
            if names and file.name not in names:
                files.append(file)
                continue
            sealed = encrypt(
                self.plain / file.name, self.root / file.path, [public_of(SECRET)], None
            )
            facts = {
                "size": sealed.size,
                "plain": sealed.plain,
                "encrypted_size": sealed.encrypted_size,
                "encrypted": sealed.encrypted,
            }
            files.append(file.model_copy(update=facts) if recorded else file)
        return self.changed(members=(member.model_copy(update={"files": tuple(files)}),))

    def changed(self, **fields: Any) -> MadeBundle:
        """Return the bundle with other fields in its record, written."""
        made = MadeBundle(self.root, self.plain, self.record.model_copy(update=fields))
        made.write()
        return made

    def with_member(self, **fields: Any) -> MadeBundle:
        """Return the bundle with other fields of its member in the record, written."""
        member = self.record.members[0].model_copy(update=fields)
        return self.changed(members=(member,))

    def edit_json(self, name: str, change: Callable[[Any], None]) -> None:
        """Change a document."""
        path = self.root / name
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))


def made_bundle(made: Sample, folder: Path, root: Path) -> MadeBundle:
    """Return a bundle of one packaged sample, with the documents that rules compare."""
    package = read_packaged(folder)
    assert isinstance(package, Packaged)
    member = made_member(1, Sex.MALE)
    empty = made_file_facts()
    files = tuple(
        File(name=file.name, role=file.role, size=file.size, records=file.records, **empty)
        for file in package.files
    )
    member = member.model_copy(
        update={
            "sample": package.sample,
            "subject": package.subject,
            "read_groups": package.read_groups,
            "ga4gh": package.ga4gh,
            "verdict": package.verdict,
            "files": files,
        }
    )
    (root / "encrypted").mkdir(parents=True)
    bundle = MadeBundle(
        root, folder, made_record(members=(member,), reference=reference_of(made.bases))
    )
    bundle.write()
    return bundle.reseal()


def made_file_facts() -> dict[str, Any]:
    """Return checksums that stand until a file is sealed."""
    nothing = {"md5": "0" * 32, "sha256": "0" * 64}
    return {"plain": nothing, "encrypted": nothing, "encrypted_size": 0}


def reference_of(bases: dict[str, str]) -> Reference:
    """Return the reference of made bases; the digest of the collection is not computed."""
    contigs = tuple(
        Contig(
            name=name,
            length=len(text),
            md5=hashlib.md5(text.encode()).hexdigest(),
            refget="SQ."
            + base64.urlsafe_b64encode(hashlib.sha512(text.encode()).digest()[:24]).decode(),
        )
        for name, text in bases.items()
    )
    level = {
        "lengths": [contig.length for contig in contigs],
        "names": [contig.name for contig in contigs],
        "sequences": [contig.refget for contig in contigs],
    }
    return Reference(
        genome=None, accession=None, seqcol={"digest": "x", "level2": level}, contigs=contigs
    )


def refget_of(text: str) -> str:
    """Return the refget accession of bases."""
    digest = hashlib.sha512(text.encode()).digest()[:24]
    return f"SQ.{base64.urlsafe_b64encode(digest).decode()}"
