"""Text as UTF-8 in blocks of whole lines, from a file in any encoding; refused where it is none."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from coldframe.faults import UnfitBatchError, unfit
from coldframe.readers.inflating import NAMES, read_chunks, sniff
from coldframe.sources import Source

BOMS = {
    b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16",
}  # fmt: skip
MARKED = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
"""Encodings whose files begin with a mark."""
LONGEST_LINE = 1 << 25  # bytes; what has no line end for so long is no table


def read_blocks(path: Path, source: Source) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8, in blocks that end where a line ends.

    The last block may lack its line end: what that means is for the caller to say.

    Raises
    ------
    UnfitBatchError
        It is empty, of some binary format, not in the declared encoding, or holds NUL.
    """
    waiting: list[bytes] = []
    size = place = 0
    for chunk in _transcoded(path, source):
        cut = _last_line_end(chunk)
        if cut:
            block = b"".join([*waiting, chunk[:cut]])
            yield _checked(block, place)
            place += len(block)
            waiting, size = [], 0
        waiting.append(chunk[cut:])
        size += len(chunk) - cut
        if size > LONGEST_LINE:
            told = f"no line end in {size:,} bytes"
            raise unfit("field_length", "A line is too long.", example=told)
    if rest := b"".join(waiting):
        yield _checked(rest, place)


def _last_line_end(chunk: bytes) -> int:
    """Return where the last line that is surely whole ends; a last CR may be half of a CRLF."""
    return chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1


def _checked(block: bytes, place: int) -> bytes:
    """Return `block` if it is UTF-8 without NUL; it begins at byte `place` of the file."""
    if (found := block.find(b"\0")) >= 0:
        raise unfit("nul_bytes", "The file holds NUL bytes.", example=f"at byte {place + found}")
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable("utf-8", error, place) from error
    return block


def _undecodable(encoding: str, error: UnicodeError, place: int) -> UnfitBatchError:
    if isinstance(error, UnicodeDecodeError):
        told = f"{error.reason} at byte {place + error.start}"
    else:
        told = str(error)
    return unfit(
        "encoding", "The file is not in the declared encoding.", example=f"{encoding}, {told}"
    )


def _transcoded(path: Path, source: Source) -> Iterator[bytes]:
    """Yield chunks of UTF-8; those of a file that is declared as such are not looked at."""
    name = codecs.lookup(source.encoding).name
    start, chunks = _start(read_chunks(path, source))
    _check_start(start, name)
    if name == "utf-8":
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(name)("strict")
    watch = _Watch() if name not in MARKED else None
    place = 0
    for chunk in chunks:
        yield _decode(decoder, chunk, name, place, final=False)
        place += len(chunk)
        if watch:
            watch.see(chunk)
    yield _decode(decoder, b"", name, place, final=True)
    if watch and watch.suspects:
        raise unfit(
            "encoding", "The file is not in the declared encoding.",
            example=f"{name} is declared, but all of it is UTF-8",
        )  # fmt: skip


class _Watch:
    """Whether a file is UTF-8 beyond chance: then it would be read as other letters."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._valid, self._beyond_ascii = True, False

    def see(self, chunk: bytes) -> None:
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self._valid = False
            self._decoder.reset()
        self._beyond_ascii |= not chunk.isascii()

    @property
    def suspects(self) -> bool:
        return self._valid and self._beyond_ascii


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, place: int, *, final: bool
) -> bytes:
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeError as error:
        raise _undecodable(name, error, place) from error


def _start(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first chunk, and all of them."""
    first = next(chunks, b"")

    def every() -> Iterator[bytes]:
        yield first
        yield from chunks

    return first, every()


def _check_start(start: bytes, encoding: str) -> None:
    """Raise if a file that begins so cannot be text in this encoding."""
    if not start.strip():
        raise unfit("empty", "The file is empty.", example=f"{len(start)} bytes")
    if binary := sniff(start):
        raise unfit("not_csv", "The file is no text.", example=NAMES.get(binary, binary))
    mark = next((name for mark, name in BOMS.items() if start.startswith(mark)), None)
    wanted = MARKED.get(encoding)
    if mark and mark != wanted:
        raise unfit("byte_order_mark", "The file starts with a byte-order mark.", example=mark)
    if wanted and wanted != "UTF-8" and not mark:
        told = f"no byte-order mark: say {encoding}-le or {encoding}-be"
        raise unfit("encoding", "The file is not in the declared encoding.", example=told)
