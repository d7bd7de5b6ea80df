"""File systems by URL: fsspec's own, and S3 by way of Arrow, the web by Python itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.arrow import ArrowFSWrapper

from coldframe.errors import ConfigurationError, EnvironmentFaultError
from coldframe.pulling.web import WebFileSystem

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 60.0
ATTEMPTS = 2


class S3FileSystem(ArrowFSWrapper):  # type: ignore[misc]  # fsspec ships no types
    """S3 and what speaks like it, as the usual AWS_ variables say.

    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE and the instance's own
    role are looked up by Arrow; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names another service than
    Amazon's, AWS_REGION or AWS_DEFAULT_REGION the region. Nothing is cached between instances, so
    that a changed variable counts.
    """

    protocol = ("s3", "s3a")
    cachable = False

    def __init__(self, **options: Any) -> None:
        from pyarrow import fs  # heavy, and only for those who pull from S3

        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        given = {"endpoint_override": endpoint, "region": region}
        super().__init__(
            fs.S3FileSystem(
                **{name: value for name, value in given.items() if value},
                connect_timeout=CONNECT_SECONDS, request_timeout=REQUEST_SECONDS,
                retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
            ),
            **options,
        )  # fmt: skip

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        """Return bucket and key; unlike the parent, leave `?` and `#` of a key what they are."""
        for start in ("s3://", "s3a://"):
            path = path.removeprefix(start)
        return path.rstrip("/")


def open_filesystem(url: str, *, root: Path) -> tuple[AbstractFileSystem, str]:
    """Return the file system that `url` names, and the path on it.

    Parameters
    ----------
    url : str
        With its variables filled in; a plain path is relative to `root`.
    root : Path
        The project folder.

    Raises
    ------
    ConfigurationError
        fsspec knows no such protocol.
    EnvironmentFaultError
        The driver for it is not installed.
    """
    if url.startswith(("s3://", "s3a://")):
        return S3FileSystem(), S3FileSystem._strip_protocol(url)
    if url.startswith(WebFileSystem.protocol) and "://" in url:
        return WebFileSystem(), url
    if "://" not in url:
        url = str(root / Path(url).expanduser()) + ("/" if url.endswith("/") else "")
    try:
        filesystem, path = url_to_fs(url)
    except ImportError as error:
        raise EnvironmentFaultError(
            "The driver for this kind of URL is not installed.",
            where=url.partition("://")[0] + "://", found=str(error),
        ) from error  # fmt: skip
    except ValueError as error:
        raise ConfigurationError(
            "There is no such kind of URL.", where="pull.url", found=str(error),
            expected="file://, s3://, memory://, https:// or another that fsspec knows",
        ) from error  # fmt: skip
    return filesystem, str(path)
