"""What all blocks of the config are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):  # Python would count with it: True is 1
        raise ValueError("not a number")
    return value


Text = Annotated[str, Field(min_length=1)]
Number = Annotated[int, BeforeValidator(_no_truth_value)]


class Section(BaseModel):
    """A block of keys; a key that is not a field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
