"""The bytes of a file, chunk after chunk, as they are once inflated; never more than allowed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from coldframe.faults import shorten, unfit
from coldframe.sources import Source

CHUNK = 1 << 21  # bytes
MAGIC = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bz2", b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "Parquet",
}  # fmt: skip
NAMES = {"zip": "zip or Excel", "bz2": "bzip2"}  # what people call them
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)


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


def _open(path: Path, compression: str, stack: ExitStack) -> IO[bytes] | Any:
    """Return the stream of what is in the file at `path`."""
    if compression == "none":
        return stack.enter_context(path.open("rb"))
    with path.open("rb") as stream:
        start = stream.read(8)
    if start and sniff(start) != compression:
        found = sniff(start) or f"it begins with {shorten(repr(start)[1:])}"
        raise unfit(
            "compression", "The file is not compressed as declared.",
            example=f"{found} instead of {compression}",
        )  # fmt: skip
    if compression == "zip" and start:
        return stack.enter_context(_only_member(path, stack))
    if compression == "zstd":
        import pyarrow as pa  # this module is imported where no data is read

        return stack.enter_context(pa.input_stream(str(path), compression="zstd"))
    opened = {"gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open}.get(compression, open)
    return stack.enter_context(opened(path, "rb"))  # type: ignore[operator]  # of several kinds


def _only_member(path: Path, stack: ExitStack) -> IO[bytes]:
    """Return the stream of an archive's one file; its name is of no account."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) == 1:
            return archive.open(members[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _damaged("zip", error) from error
    shown = ", ".join(shorten(repr(one.filename)) for one in members[:3])
    raise unfit(
        "compression", "The archive must hold one file.",
        example=f"{len(members)} files in the archive{': ' if shown else ''}{shown}",
    )  # fmt: skip


def _read(stream: IO[bytes] | Any, compression: str) -> bytes:
    if compression == "none":
        return bytes(stream.read(CHUNK))
    try:
        return bytes(stream.read(CHUNK))
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # this machine's fault: another run tries again
        raise _damaged(compression, error) from error


def _damaged(compression: str, error: Exception) -> Exception:
    return unfit(
        "compression", "The compressed file is damaged.",
        example=f"{compression}: {shorten(error) or type(error).__name__}",
    )  # fmt: skip
