"""The blocks of the config that say what is handed over, and where it is sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schelde.section import Number, Section, Text

Target = Literal["goe", "ghga", "grz"]
"""Intakes that ask for more than every bundle has."""

INBOX = r"^(sftp|s3)://([^\s:@/]+@)?[^\s:@/]+(:[0-9]+)?(/\S*)?$"
"""An inbox; a password cannot stand in it."""


class BundleSettings(Section):
    """The bundle stage."""

    dataset: Text | None = Field(
        default=None,
        description="YAML that describes the dataset; without it no bundle is asked for",
    )
    pseudonyms: Text = Field(
        default="config/pseudonyms.tsv",
        description="key of the pseudonyms, made by `schelde pseudonyms`; it stays at home",
    )
    recipients: tuple[Text, ...] = Field(
        default=(), description="files of the Crypt4GH public keys that can open the bundle"
    )
    sender: Text | None = Field(
        default=None,
        description="file of the Crypt4GH secret key to seal with; without it one is made for "
        "each bundle",
    )
    withdrawn: Text | None = Field(
        default=None, description="table of people who have taken their consent back"
    )
    targets: tuple[Target, ...] = Field(
        default=(),
        description="intakes to serve beyond the base: goe (Genome of Europe), ghga, grz (genomDE)",
    )
    ghga: Text | None = Field(
        default=None, description="YAML with what GHGA asks for beyond the dataset's"
    )
    grz: Text | None = Field(
        default=None, description="YAML with what a genomDE data centre asks for beyond it"
    )
    frequencies: bool = Field(
        default=True, description="put allele frequencies into the bundle, without individuals"
    )
    minimum_count: Number = Field(
        default=10, ge=1, description="alleles seen less often are left out of the frequencies"
    )


class SubmitSettings(Section):
    """Where bundles are sent."""

    to: str | None = Field(
        default=None,
        pattern=INBOX,
        description="inbox to send to; secrets come from the environment or key files",
    )
