"""What is said about keys and values, for all kinds of fields."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schelde.bundle.dataset import Description
from schelde.bundle_settings import SubmitSettings
from schelde.config import Settings
from schelde.names import Place
from schelde.settings_help import allowed, is_list, key_problem, leaves, section_of, shown

PLACE = Place("c.yaml", 1)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    near: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    several: tuple[Inner, ...] = ()
    one: Inner | None = None
    words: tuple[str, ...] = Field(default=(), min_length=1)


def said(**values: object) -> list[str]:
    try:
        Outer.model_validate(values)
    except ValidationError as error:
        return [str(key_problem(e, Outer, {}, PLACE)) for e in error.errors()]
    return []


def test_lists_of_blocks_are_found_and_walked() -> None:
    fields = Outer.model_fields
    assert [section_of(fields[name]) for name in fields] == [Inner, Inner, None]
    assert [is_list(fields[name]) for name in fields] == [True, False, True]
    paths = [".".join(path) for path, _ in leaves(Outer)]
    assert paths == ["several[].name", "several[].near", "one.name", "one.near", "words"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"several": [{"name": "a", "nmae": 1}]}, "unknown key 'several[1].nmae'; did you mean"),
        ({"several": [{}]}, "'several[1].name' is missing"),
        ({"several": [{"name": "a"}, 7]}, "'several[2]' is '7' (a number); give a block of keys"),
        ({"several": {}}, "'several' is a block of keys; give a list, such as [first, second]"),
        ({"one": 3}, "'one' is '3' (a number); give a block of keys, or leave the key out"),
        ({"name": "a"}, "unknown key 'name'; 'name' belongs under 'several[]' or 'one'"),
        ({"one": {"name": "a", "words": []}}, "'words' belongs at the top level"),
        ({"words": []}, "'words' is a list; give a list, such as [first, second], not empty"),
        ({"words": ["a", True]}, "'words[2]' is true (true or false); give text, in quotes"),
    ],
)
def test_a_mistake_in_a_list_or_block_is_told(values: dict[str, object], message: str) -> None:
    assert [message in line for line in said(**values)] == [True]


def test_every_key_of_config_and_dataset_says_what_it_takes_and_means() -> None:
    fields = [field for model in (Settings, Description) for _, field in leaves(model)]
    assert len(fields) > 70
    assert all(field.description and allowed(field) for field in fields)


@pytest.mark.parametrize(
    "address",
    [
        "sftp://user@inbox.example.org:2222/folder",
        "s3://inbox.example.org/bucket/prefix",
        "sftp://inbox.example.org",
    ],
)
def test_an_inbox_is_an_address(address: str) -> None:
    assert SubmitSettings(to=address).to == address


@pytest.mark.parametrize("address", ["ftp://x", "inbox.example.org", "sftp://u:pass@x", "sftp://"])
def test_an_address_with_a_password_or_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        SubmitSettings(to=address)


def test_a_password_in_an_address_is_not_shown() -> None:
    assert "secret" not in shown("sftp://me:secret@x")
