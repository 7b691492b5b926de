"""Common base of the typed texts of a bundle."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SAFE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Names that EGA, the inbox of the Sensitive Data Archive and every file system take."""

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML can hold, not even as references (XML 1.0, production Char)."""

# pydantic lets no lone surrogates through, so that patterns need not name them.
FREE_TEXT = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]*$"
_WORD = r"[^@\s\x00-\x1F\uFFFE\uFFFF]+"
MAILBOX = rf"^{_WORD}@{_WORD}\.{_WORD}$"
WEB_ADDRESS = r"^https?://[^\s\x00-\x1F\uFFFE\uFFFF]+$"

Text = Annotated[str, Field(min_length=1, pattern=FREE_TEXT)]
Name = Annotated[str, Field(pattern=SAFE_NAME, max_length=100)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""YYYY-MM-DD."""
PartialDay = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$")]
"""YYYY, YYYY-MM or YYYY-MM-DD."""
Address = Annotated[str, Field(pattern=WEB_ADDRESS)]
Email = Annotated[str, Field(pattern=MAILBOX)]
Md5 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Permission = Annotated[str, Field(pattern=r"^DUO:[0-9]{7}$")]
"""A term of the Data Use Ontology; `schelde.duo` tells permissions from modifiers."""


class Part(BaseModel):
    """A block of fields; a field that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
