"""Single files of web servers, by the standard library alone."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from pathlib import PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from fsspec import AbstractFileSystem

from coldframe.errors import ConfigurationError

SECONDS = 60.0
NOT_THERE = (404, 410)
NO_HEAD = (403, 405, 501)
"""What servers answer that tell nothing of a file without sending it."""


class WebFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """A file at an http or https address; a web server has no folders to be listed.

    Examples
    --------
    >>> WebFileSystem._strip_protocol("https://example.org/a.csv?year=2013")
    'https://example.org/a.csv?year=2013'
    """

    protocol = ("http", "https")
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        """Return size, time and tag of a file, as far as the server tells them."""
        del options
        try:
            answer = _ask(path, "HEAD")
        except HTTPError as error:
            if error.code not in NO_HEAD:
                raise
            answer = _ask(path, "GET")
        with answer:
            headers = answer.headers
            size, at = headers.get("Content-Length"), headers.get("Last-Modified")
            return {
                "name": path, "type": "file", "size": int(size) if size else None,
                "ETag": headers.get("ETag"), "LastModified": _moment(at),
            }  # fmt: skip

    def exists(self, path: str, **options: Any) -> bool:
        """Tell whether there is such a file; a server that is down raises."""
        try:
            self.info(path, **options)
        except FileNotFoundError:
            return False
        return True

    def glob(self, path: str, maxdepth: int | None = None, **options: Any) -> dict[str, Any]:
        """Return the one file: what looks like a pattern may be a query.

        Raises
        ------
        ConfigurationError
            It is a pattern.
        """
        del maxdepth, options
        if "*" in path:
            raise ConfigurationError(
                "A web server does not list its files.", where="pull.url", found=path,
                expected="the address of one file",
            )  # fmt: skip
        return {path: self.info(path)} if self.exists(path) else {}

    def _open(self, path: str, mode: str = "rb", **options: Any) -> BufferedReader:
        del mode, options
        return BufferedReader(_WholeBody(_ask(path, "GET")))


class _WholeBody(RawIOBase):
    """The bytes of an answer; raises where the connection ends before the length that was told.

    `HTTPResponse` itself takes that for the end of the file if it is read in pieces.
    """

    def __init__(self, answer: HTTPResponse) -> None:
        self._answer = answer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._answer.readinto(buffer)
        if not count and self._answer.length:
            raise IncompleteRead(b"", self._answer.length)
        return count

    def close(self) -> None:
        self._answer.close()
        super().close()


def web_name(url: str) -> str:
    """Return the name of the file at an address; a query, which may hold a secret, is no part.

    Examples
    --------
    >>> web_name("https://example.org/2013/orders%2001.csv?token=abc/def")
    'orders 01.csv'
    >>> web_name("https://example.org/?export=orders")
    'index'
    """
    return PurePosixPath(unquote(urlsplit(url).path)).name or "index"


def _ask(url: str, method: str) -> HTTPResponse:
    request = Request(url, method=method, headers={"Accept-Encoding": "identity"})  # noqa: S310  # http(s) only: so it got here
    try:
        found: HTTPResponse = urlopen(request, timeout=SECONDS)  # noqa: S310  # as above
    except HTTPError as error:
        if error.code in NOT_THERE:
            raise FileNotFoundError(url) from error
        raise
    return found


def _moment(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
