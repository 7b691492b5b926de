"""Bundles of whole runs: looked at as a stranger would, opened with the key, and damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pysam

from schelde.bundle.folder import encrypted_files
from schelde.bundle.record import SUFFIXES, Checksums, File, Record, Role, read_record
from schelde.documents import all_documents
from schelde.documents.grz import grz_links
from schelde.documents.manifest import MANIFEST, manifest
from schelde.seal.crypt4gh import encrypt

ROOT = Path(__file__).parents[2]
ALIAS = "demo-trio"
Change = Callable[[Any], object]


def schelde(*words: str | Path, status: int = 0, cwd: Path | None = None) -> str:
    """Type a command and return all that was printed; the exit status must be ``status``."""
    ended = subprocess.run(
        ["schelde", *map(str, words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == status, ended.stdout[-6000:]
    return ended.stdout


def copied(bundle: Path, target: Path) -> Path:
    """Copy a bundle by links; whoever changes a file of the copy must put another in its place."""
    return Path(shutil.copytree(bundle, target, copy_function=os.link))


def opened(sealed: Path, secret: Path) -> bytes:
    """Return the plain bytes of a sealed file, as the tool that recipients have decrypts it."""
    with sealed.open("rb") as source:
        ended = subprocess.run(
            ["crypt4gh", "decrypt", "--sk", str(secret)],
            stdin=source,
            capture_output=True,
            check=True,
            env={**os.environ, "C4GH_PASSPHRASE": ""},
        )
    return ended.stdout


def sums(content: bytes) -> Checksums:
    """Return the checksums that a bundle tells of some bytes."""
    md5, sha256 = hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest()
    return Checksums(md5=md5, sha256=sha256)


def md5_environment(results: Path) -> dict[str, str]:
    """Return the environment in which htslib finds the reference of a run."""
    cache = f"{results.resolve()}/reference/md5/%2s/%2s/%s"
    return {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}


class Workshop:
    """A copy of a bundle to damage. ``recipient``: the public key that it is sealed to.

    ``results``: of the run that made it. `mend` puts sizes and checksums right after a damage, so
    that another rule than the one on checksums has to find it.
    """

    def __init__(self, root: Path, recipient: bytes, secret: Path, results: Path) -> None:
        self.root, self.recipient, self.secret, self.results = root, recipient, secret, results

    @property
    def record(self) -> Record:
        """The record as it is now."""
        return read_record(self.root)

    @property
    def names(self) -> dict[str, str]:
        """Names of the father's, mother's and child's sample and of their subjects."""
        family = ("father", "mother", "child")
        members = dict(zip(family, self.record.members, strict=False))
        samples = {name: member.sample for name, member in members.items()}
        return samples | {f"s_{name}": member.subject for name, member in members.items()}

    def path(self, name: str) -> Path:
        """Return a file by a name in which ``{child}`` and the like stand for pseudonyms."""
        return self.root / name.format(**self.names)

    def put(self, name: str, content: bytes | str) -> None:
        """Write a file, in a place of its own: copies share theirs with the first bundle."""
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def text(self, name: str, old: str, new: str) -> None:
        """Replace the first place of a text in a document, which must have it."""
        before = self.path(name).read_text(encoding="utf-8")
        old, new = (text.format(**self.names) if "{" in text else text for text in (old, new))
        assert old in before, f"{name} has no {old!r}"
        self.put(name, before.replace(old, new, 1))

    def json(self, name: str, change: Change) -> None:
        """Change a JSON document in place."""
        document = json.loads(self.path(name).read_text(encoding="utf-8"))
        change(document)
        self.put(name, json.dumps(document))

    def lines(self, name: str, change: Change) -> None:
        """Change the messages of a document that has one on each line."""
        found = [json.loads(line) for line in self.path(name).read_text().splitlines()]
        change(found)
        self.put(name, "".join(f"{json.dumps(line)}\n" for line in found))

    def mend(self) -> None:
        """Give the manifest the sizes and checksums that unencrypted files have now."""
        document = json.loads(self.path(MANIFEST).read_text())
        for entry in document["files"]:
            path = self.root / entry["path"]
            if entry["plain"] is None and path.is_file():
                content = path.read_bytes()
                entry |= {"size": len(content), **sums(content).model_dump()}
        self.put(MANIFEST, json.dumps(document))

    def rewrite(self, record: Record) -> None:
        """Write all documents from another record, as a run with these facts would have."""
        documents = all_documents(record)
        public = {
            f"aggregated/{name}": self.root / "aggregated" / name
            for name in ([record.frequencies.name] if record.frequencies else [])
        }
        public |= {f"{name}.tbi": Path(f"{path}.tbi") for name, path in public.items()}
        documents[MANIFEST] = manifest(record, documents, grz_links(record), public)
        for name, content in documents.items():
            self.put(name, content)

    def members(self, number: int, **fields: Any) -> None:
        """Write all documents from a record whose member ``number`` has other fields."""
        record = self.record
        members = list(record.members)
        members[number] = members[number].model_copy(update=fields)
        self.rewrite(record.model_copy(update={"members": tuple(members)}))

    def parts(self, number: int, **fields: dict[str, Any]) -> None:
        """The same for fields of a member's ``facts`` or ``consent``."""
        member = self.record.members[number]
        changed = {
            part: getattr(member, part).model_copy(update=values) for part, values in fields.items()
        }
        self.members(number, **changed)

    def plain(self, role: Role, number: int = 0) -> bytes:
        """Return the plain bytes of a member's file."""
        return opened(self.root / self.record.members[number].file(role).path, self.secret)

    def reseal(self, role: Role, content: bytes, number: int = 0, **fields: Any) -> None:
        """Seal other bytes into a member's file, and tell of them in all documents.

        ``fields``: of the file's entry in the record, such as its number of records.
        """
        member = self.record.members[number]
        file = member.file(role)
        source = self.root.with_name("plain")
        source.write_bytes(content)
        (self.root / file.path).unlink()
        done = encrypt(source, self.root / file.path, [self.recipient])
        changed = file.model_copy(update={**vars(done), **fields})
        self.members(number, files=_with(member.files, changed))

    def add(self, role: Role, content: bytes, **fields: Any) -> None:
        """Seal one more file of the father's into the bundle, and tell of it in all documents."""
        member = self.record.members[0]
        source = self.root.with_name("plain")
        source.write_bytes(content)
        name = f"{member.sample}{SUFFIXES[role]}"
        done = encrypt(source, self.root / f"encrypted/{name}.c4gh", [self.recipient])
        file = File(name=name, role=role, **vars(done), **fields)
        self.members(0, files=(*member.files, file))

    def vcf(self, old: str, new: str, role: Role = Role.VARIANTS) -> None:
        """Replace the first place of a text in the father's VCF."""
        text = gzip.decompress(self.plain(role)).decode()
        old, new = old.format(**self.names), new.format(**self.names)
        assert old in text, f"the VCF has no {old!r}"
        self.reseal(role, bgzipped(text.replace(old, new, 1), self.root.with_name("vcf")))

    def vcf_matching(self, pattern: str, new: str) -> None:
        """Replace the first place of a pattern in the father's VCF."""
        text = gzip.decompress(self.plain(Role.VARIANTS)).decode()
        changed, places = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        assert places, f"the VCF has no {pattern!r}"
        self.reseal(Role.VARIANTS, bgzipped(changed, self.root.with_name("vcf")))

    def cram(self, change: Callable[[str], str], version: str = "3.0") -> None:
        """Change the father's reads as SAM text, header and all, and write them as CRAM again."""
        environment = md5_environment(self.results)
        view = ["samtools", "view", "--no-PG"]
        shown = subprocess.run(
            [*view, "-h", "-"],
            input=self.plain(Role.READS),
            capture_output=True,
            check=True,
            env=environment,
        )
        folder = self.root.with_name("cram")
        folder.mkdir(exist_ok=True)
        # Of the name that a CRAM is given htslib keeps the beginning in the file.
        target = folder / self.record.members[0].file(Role.READS).name
        subprocess.run(
            [*view, "-C", "--output-fmt-option", f"version={version}", "-o", target.name, "-"],
            input=change(shown.stdout.decode()).encode(),
            cwd=folder,
            capture_output=True,
            check=True,
            env=environment,
        )
        self.reseal(Role.READS, target.read_bytes())

    def reheader(self, change: Callable[[str], str]) -> None:
        """Change the header of the father's CRAM to one of its length; blocks of reads stay."""
        cram, sam = self.root.with_name("x.cram"), self.root.with_name("x.sam")
        cram.write_bytes(self.plain(Role.READS))
        shown = subprocess.run(["samtools", "head", cram], capture_output=True, check=True)
        sam.write_text(change(shown.stdout.decode()))
        subprocess.run(["samtools", "reheader", "--no-PG", "--in-place", sam, cram], check=True)
        self.reseal(Role.READS, cram.read_bytes())

    def frequencies(self, change: Callable[[str], str], **told: Any) -> None:
        """Change the VCF of allele frequencies and tell of it; ``told``: fields of the record."""
        record = self.record
        assert record.frequencies is not None
        path = f"aggregated/{record.frequencies.name}"
        text = change(gzip.decompress((self.root / path).read_bytes()).decode())
        plain = self.root.with_name("frequencies.vcf.gz")
        content = bgzipped(text, plain)
        try:
            pysam.tabix_index(str(plain), preset="vcf", force=True)
        except OSError:  # what is not sorted has no index
            plain.with_name(f"{plain.name}.tbi").write_bytes(b"none")
        self.put(path, content)
        self.put(f"{path}.tbi", plain.with_name(f"{plain.name}.tbi").read_bytes())
        told = {"size": len(content), "sha256": sums(content).sha256, **told}
        changed = record.frequencies.model_copy(update=told)
        self.rewrite(record.model_copy(update={"frequencies": changed}))


def _with(files: Iterable[File], changed: File) -> tuple[File, ...]:
    return tuple(changed if file.name == changed.name else file for file in files)


def bgzipped(text: str, scratch: Path) -> bytes:
    """Return text in blocks of gzip, as VCFs are packed."""
    scratch.with_name(f"{scratch.name}.txt").write_text(text)
    pysam.tabix_compress(f"{scratch}.txt", str(scratch), force=True)
    return scratch.read_bytes()


def plain_files(bundle: Path, secret: Path, folder: Path) -> dict[str, Path]:
    """Decrypt every file of a bundle into a folder; return them by their plain names."""
    folder.mkdir()
    found = {}
    for name, path in encrypted_files(bundle, read_record(bundle)).items():
        found[name] = folder / name
        found[name].write_bytes(opened(path, secret))
    return found


def tree(bundle: Path) -> dict[str, bytes]:
    """Return all files of a bundle but the encrypted ones, by their paths."""
    files = (path for path in bundle.rglob("*") if path.is_file())
    return {
        path.relative_to(bundle).as_posix(): path.read_bytes()
        for path in files
        if path.suffix != ".c4gh"
    }
