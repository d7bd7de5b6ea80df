"""The bytes of a file, chunk after chunk, as they are once inflated; never more than allowed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from coldframe.faults import shorten, unfit
from coldframe.readers._base import refusing
from coldframe.sources import Source

CHUNK = 1 << 21  # bytes
MAGIC = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bz2", b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "Parquet",
}  # fmt: skip
NAMES = {"zip": "zip or Excel", "bz2": "bzip2"}  # what people call them
XZ_MEMORY = 1 << 28
"""Bytes at most for the dictionary of an xz file, which says itself how large it is; ``xz -9``
needs a quarter of that."""


def sniff(start: bytes) -> str | None:
    """Return which binary format begins with these bytes, or None.

    Examples
    --------
    >>> sniff(gzip.compress(b"a")), sniff(b"code,size")
    ('gzip', None)
    """
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), None)


def read_chunks(path: Path, source: Source) -> Iterator[bytes]:
    """Yield what the file holds in chunks of at most `CHUNK` bytes, inflated as declared.

    Raises
    ------
    UnfitBatchError
        It is not compressed as declared, is damaged, or inflates to more than the source's
        ``batch.bytes``: what is above that is never made.
    """
    limit, size = source.batch.bytes, 0
    with ExitStack() as stack:
        stream = _open(path, source.compression, stack)
        while chunk := _read(stream, source.compression):
            size += len(chunk)
            if size > limit:
                told = f"more than {limit:,} bytes once inflated, at most {limit:,} are allowed"
                raise unfit("file_size", "The file inflates to too much.", example=told)
            yield chunk


def _read(stream: IO[bytes] | Any, compression: str) -> bytes:
    if compression == "none":
        return bytes(stream.read(CHUNK))
    with refusing("compression", "The compressed file is damaged.", about=f"{compression}: "):
        return bytes(stream.read(CHUNK))


def _open(path: Path, compression: str, stack: ExitStack) -> IO[bytes] | Any:
    """Return the stream of what is in the file at `path`."""
    if compression == "none":
        return stack.enter_context(path.open("rb"))
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        return stack.enter_context(path.open("rb"))
    if sniff(start) != compression:
        found = sniff(start) or f"it begins with {shorten(repr(start)[1:])}"
        raise unfit(
            "compression", "The file is not compressed as declared.",
            example=f"{found} instead of {compression}",
        )  # fmt: skip
    if compression == "zip":
        return stack.enter_context(_only_member(path, stack))
    if compression == "zstd":
        import pyarrow as pa  # this module is imported where no data is read

        return _Zstd(stack.enter_context(pa.input_stream(str(path), compression="zstd")))
    if compression == "gzip":
        return stack.enter_context(gzip.open(path, "rb"))
    return _Streams(stack.enter_context(path.open("rb")), compression)


class _Zstd:
    """What Arrow inflates; where a file is damaged, `NativeFile.read` loses what it would fill."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        return bytes(self._stream.read_buffer(size).to_pybytes())


def _xz_stream() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


class _Streams:
    """The streams of a bzip2 or xz file, one behind the other; there is nothing else in it.

    Python's own `bz2.open` and `lzma.open` pass over whatever stands behind the first stream and
    is none: a file that parallel compressors wrote, damaged there, would end early in silence.
    """

    def __init__(self, file: IO[bytes], compression: str) -> None:
        self._file = file
        self._make: Callable[[], Any] = bz2.BZ2Decompressor if compression == "bz2" else _xz_stream
        self._padded = compression == "xz"
        self._stream = self._make()
        self._waiting = b""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""
        while True:
            if self._stream.eof and not self._next():
                return b""
            if self._stream.needs_input:
                data = self._waiting or self._file.read(CHUNK)
                if not data:
                    raise EOFError("it ends before its end-of-stream marker")
                self._waiting = b""
            else:
                data = b""
            if chunk := self._stream.decompress(data, size):
                return bytes(chunk)

    def _next(self) -> bool:
        """Go on to the next stream, if there is one."""
        rest = self._stream.unused_data or self._waiting
        zeros = 0
        while rest := rest or self._file.read(CHUNK):
            if not self._padded or rest.strip(b"\0"):
                break
            zeros, rest = zeros + len(rest), b""
        kept = rest.lstrip(b"\0") if self._padded else rest
        if (zeros + len(rest) - len(kept)) % 4:
            raise EOFError("its streams are not padded by four bytes each")
        if not kept:
            return False
        self._stream, self._waiting = self._make(), kept
        return True


def _only_member(path: Path, stack: ExitStack) -> IO[bytes]:
    """Return the stream of an archive's one file; its name is of no account."""
    with refusing("compression", "The compressed file is damaged.", about="zip: "):
        archive = stack.enter_context(zipfile.ZipFile(path))
        members = [one for one in archive.infolist() if not one.is_dir()]
        if is_behind_another(archive):
            raise ValueError("the archive stands behind something else, another one perhaps")
        if len(members) == 1:
            return archive.open(members[0])
    shown = ", ".join(shorten(repr(one.filename)) for one in members[:3])
    raise unfit(
        "compression", "The archive must hold one file.",
        example=f"{len(members)} files in the archive{': ' if shown else ''}{shown}",
    )  # fmt: skip


def is_behind_another(archive: zipfile.ZipFile) -> bool:
    """Whether something stands before an archive: `zipfile` reads the last of several."""
    return min((one.header_offset for one in archive.infolist()), default=0) > 0
