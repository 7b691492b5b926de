from __future__ import annotations

import pytest

from schelde.errors import UserError
from schelde.submit.address import S3Address, SftpAddress, read_address


@pytest.mark.parametrize(
    ("to", "port", "folder", "path"),
    [
        ("sftp://me@inbox.example.org", 22, ".", "a/b"),
        ("sftp://me@inbox.example.org/", 22, ".", "a/b"),
        ("sftp://me@inbox.example.org:2222/one/two/", 2222, "/one/two", "/one/two/a/b"),
        ("sftp://me@inbox.example.org/~/one", 22, "one", "one/a/b"),
    ],
)
def test_an_sftp_address_names_a_folder(to: str, port: int, folder: str, path: str) -> None:
    address = read_address(to, None)
    assert address == SftpAddress("me", "inbox.example.org", port, folder)
    assert address.path("a/b") == path


def test_an_s3_address_names_a_bucket_and_a_prefix() -> None:
    address = read_address("s3://bucket/one/two/", "https://s3.example.org")
    assert address == S3Address("bucket", "one/two", "https://s3.example.org")
    assert address.path("a/b") == "one/two/a/b"
    assert read_address("s3://bucket", None).path("a/b") == "a/b"


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("ftp://me@host/x", "'ftp' is no kind of inbox"),
        ("folder", "'' is no kind of inbox"),
        ("sftp://host/x", "no user or no host"),
        ("sftp://me@/x", "no user or no host"),
        ("sftp://me:hidden@host/x", "has a password in it"),
        ("s3://KEY:hidden@bucket/x", "has a password in it"),
        ("sftp://me@host:port/x", "cannot be read"),
        ("sftp://me@host/a b", "refuse"),
        ("sftp://me@host/../x", "refuse"),
        ("sftp://me@host/x?y", "'?'"),
        ("s3:///x", "no bucket"),
        ("s3://bu*cket/x", "no bucket"),
        ("s3://bucket/x/.hidden", "refuse"),
    ],
)
def test_an_address_that_is_none_is_a_users_mistake(to: str, message: str) -> None:
    with pytest.raises(UserError) as told:
        read_address(to, None)
    assert message in str(told.value)
    assert "hidden" not in str(told.value).replace(".hidden", "")


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [("inbox.example.org", "is no address"), ("http://inbox.example.org", "plain text")],
)
def test_an_s3_endpoint_must_be_encrypted(endpoint: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_address("s3://bucket", endpoint)
    assert read_address("s3://bucket", "http://127.0.0.1:9000").endpoint is not None


def test_the_id_of_an_inbox_depends_on_its_place_and_not_on_the_user() -> None:
    ids = {
        read_address(to, endpoint).id
        for to, endpoint in [
            ("sftp://me@host/x", None),
            ("sftp://you@host:22/x/", None),
            ("sftp://me@host/y", None),
            ("sftp://me@host:23/x", None),
            ("sftp://me@host/~/x", None),
            ("s3://host/x", None),
            ("s3://host/x", "https://s3.example.org"),
        ]
    }
    assert len(ids) == 6
    assert all(len(found) == 16 for found in ids)
