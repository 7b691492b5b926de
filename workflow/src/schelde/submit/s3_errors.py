"""What an S3 server's answers mean: try again, or not; told without hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BrokenConnectionError

from schelde.errors import Problem, UserError
from schelde.submit.inbox import LostError, RefusedError

ABSENT = ("404", "NoSuchKey", "NotFound")
FORBIDDEN = (403, 405, 501)
BUSY = (429, 500, 502, 503, 504)
PASSING = ("RequestTimeout", "BadDigest", "IncompleteBody", "SlowDown", "InternalError")
STRANGERS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "401",
    "Unauthorized",
)
LOST = (
    BrokenConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
GO_ON = "what has arrived is kept: give the same command again to go on"


def code_of(error: ClientError) -> str:
    """Return the code of a server's error, such as 'NoSuchKey'."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of a server's error; 0 if it had none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def unsupported(error: ClientError) -> bool:
    """Whether the server does not do what was asked, or not for us."""
    return status_of(error) in FORBIDDEN and code_of(error) not in STRANGERS


@contextmanager
def speaking_plainly() -> Iterator[None]:
    """Raise LostError, RefusedError or UserError for what boto3 raises within the block."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError):
        remedy = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials"
        raise UserError([Problem("--to", None, "there are no S3 credentials", remedy)]) from None
    except ClientError as error:
        raise _meaning(error) from error
    except LOST as error:
        raise LostError(_words(error)) from error
    except BotoCoreError as error:
        raise RefusedError(f"boto3 gave up: {type(error).__name__}; {GO_ON}") from error


def _meaning(error: ClientError) -> Exception:
    code, status = code_of(error), status_of(error)
    if code in STRANGERS or status == 401:
        remedy = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        what = f"the inbox refused the credentials ({code})"
        return UserError([Problem("--to", None, what, remedy)])
    if status in BUSY or code in PASSING:
        return LostError(f"the server answered {code or status}")
    if code == "NoSuchBucket":
        remedy = "check the bucket, or ask the inbox for it"
        return UserError([Problem("--to", None, "there is no such bucket", remedy)])
    return RefusedError(
        f"the inbox refused {error.operation_name}: {code} ({status}); ask the inbox; {GO_ON}"
    )


def _words(error: Exception) -> str:
    """Return the kind of a broken connection; boto3's own text has the address in it."""
    return f"the connection broke ({type(error).__name__})"
