"""What an operator declares about a dataset: config/dataset.yaml. All of it is meant to travel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schelde.bundle.part import (
    FREE_TEXT,
    Address,
    Country,
    Day,
    Email,
    Name,
    Part,
    Permission,
    Text,
)

GDI_IDENTIFIER = r"^(GOE|GDI)-[A-Z]{2}-[A-Z]+-[0-9]+$"
"""Of a dataset in a GDI catalogue: gdi-metadata's shape of dct:identifier."""

LegalBasis = Literal["Consent", "PublicInterest", "LegalObligation", "ScientificResearch"]
Governance = Literal["ExternallyGoverned", "1MGCompliant", "1MGCohort"]
Access = Literal["NON_PUBLIC", "RESTRICTED"]


class Organisation(Part):
    """Who publishes or made a dataset."""

    name: Text = Field(description="full name")
    identifier: Address = Field(description="address that names it for good, such as its ROR")
    homepage: Address = Field(description="web page")
    email: Email = Field(description="mailbox of the organisation, not of a person")
    country: Country = Field(description="two letters, ISO 3166-1")


class Contact(Part):
    """Whom to ask about a dataset."""

    name: Text = Field(description="a desk, not a person")
    email: Email = Field(description="its mailbox")
    url: Address = Field(description="its web page")


class Committee(Part):
    """Data access committee."""

    alias: Name = Field(description="short name")
    title: Text = Field(description="full name")
    institute: Text = Field(description="organisation that it is of")
    email: Email = Field(description="its mailbox")
    accession: str | None = Field(
        default=None, pattern=r"^EGAC[0-9]{11}$", description="at EGA, once it has one"
    )


class Use(Part):
    """What a dataset may be used for: the purpose that each person must have agreed to."""

    permission: Permission = Field(description="the one DUO permission")
    modifiers: tuple[Permission, ...] = Field(default=(), description="DUO modifiers")
    disease: str | None = Field(
        default=None, pattern=r"^MONDO:[0-9]{7}$", description="for DUO:0000007 only"
    )


class Policy(Part):
    """Terms of access."""

    alias: Name = Field(description="short name")
    title: Text = Field(description="full name")
    text: Text = Field(description="the terms themselves")
    accession: str | None = Field(
        default=None, pattern=r"^EGAP[0-9]{11}$", description="at EGA, once it has one"
    )


class Study(Part):
    """The study that samples were taken for."""

    alias: Name = Field(description="short name")
    title: Text = Field(description="full name")
    description: Text = Field(description="what it is about")
    type: Text = Field(default="Whole Genome Sequencing", description="study type of EGA")
    accession: str | None = Field(
        default=None, pattern=r"^EGAS[0-9]{11}$", description="at EGA, once it has one"
    )


class Description(Part):
    """A dataset as its catalogue shows it."""

    alias: Name = Field(description="short name; names the folder of the bundle")
    identifier: str = Field(
        pattern=GDI_IDENTIFIER, description="in the catalogue, such as GDI-BE-EXAMPLE-20260101"
    )
    frequencies_identifier: str | None = Field(
        default=None,
        pattern=GDI_IDENTIFIER,
        description="in the catalogue, of the public dataset of allele frequencies",
    )
    title: Text = Field(description="title, in one line")
    description: str = Field(
        min_length=50, pattern=FREE_TEXT, description="at least 50 characters, as EGA asks"
    )
    keywords: tuple[Text, ...] = Field(min_length=1, description="to be found by")
    issued: Day = Field(description="day that the bundle bears; nothing in it takes the clock's")
    release: Day = Field(description="day from which the dataset may be shown")
    publisher: Organisation = Field(description="who answers for the dataset")
    creators: tuple[Organisation, ...] = Field(min_length=1, description="who made it")
    contact: Contact = Field(description="whom to ask")
    committee: Committee = Field(description="who decides on access")
    policy: Policy = Field(description="terms of access")
    use: Use = Field(description="what the data may be used for")
    study: Study = Field(description="the study")
    legal_basis: LegalBasis = Field(
        default="Consent", description="on which data are processed (Data Privacy Vocabulary)"
    )
    access: Access = Field(default="NON_PUBLIC", description="EU access right of the genomes")
    conforms_to: Governance = Field(
        default="ExternallyGoverned",
        description="type of dataset in 1+MG; only a data holder can say other than the default",
    )
    access_url: Address = Field(description="where access is asked for")
    license: Address = Field(description="licence or terms, as an address")
    rights: Text = Field(description="one sentence on what recipients may do")
    frequencies_license: Address | None = Field(
        default=None,
        description="licence of the public allele frequencies; that of the genomes if not given",
    )
    frequencies_rights: Text | None = Field(
        default=None,
        description="what recipients may do with these; as for the genomes if not given",
    )
    synthetic: bool = Field(
        default=False, description="whether the people are made up; told in the catalogue"
    )
    centre: Text = Field(description="center_name in EGA's XML")
    inbox_user: Text = Field(description="user of the inbox that files are sent to")

    @property
    def public_terms(self) -> tuple[str, str]:
        """Licence and rights of the allele frequencies."""
        return self.frequencies_license or self.license, self.frequencies_rights or self.rights
