"""JSON Lines read as text: an object a line; a number keeps the digits that it has in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coldframe.faults import UnfitBatchError, shorten, unfit
from coldframe.readers._base import PIECE_ROWS, check_columns, text_piece
from coldframe.readers.pieces import Piece
from coldframe.readers.spelling import Literal, spell
from coldframe.readers.text import read_blocks
from coldframe.sources import Source


def read_json_lines(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the objects of JSON Lines; see `coldframe.readers.read_pieces`.

    A key that an object lacks is a null, as is ``null``; the empty text is a text. Objects and
    lists within are JSON text. What JSON does not know (NaN, Infinity, a key twice) is refused.
    The file is read twice: for the keys, and for the rows.
    """
    names = _names(path, source)
    check_columns(names, source)
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    empty = True
    for line, row in _objects(path, source):
        rows.append(row)
        lines.append(line)
        if len(rows) == PIECE_ROWS:
            yield _piece(names, rows, lines)
            empty, rows, lines = False, [], []
    if rows or empty:
        yield _piece(names, rows, lines)


def _piece(names: list[str], rows: list[dict[str, Any]], lines: list[int]) -> Piece:
    try:
        columns = [[spell(row.get(name)) for row in rows] for name in names]
        return text_piece(names, columns, lines)
    except UnicodeEncodeError as error:
        raise _half(f"lines {lines[0]} to {lines[-1]}") from error
    except ValueError as error:
        said = f"lines {lines[0]} to {lines[-1]}: {shorten(error)}"
        raise unfit("not_jsonl", "A value has no text of its own.", example=said) from error


def _half(where: str) -> UnfitBatchError:
    said = f"half of a surrogate pair, {where}"
    return unfit("encoding", "A text has no spelling in UTF-8.", example=said)


def _names(path: Path, source: Source) -> list[str]:
    """Return every key of every object, in the order in which they come first."""
    names: dict[str, None] = {}
    for number, row in _objects(path, source):
        if new := row.keys() - names.keys():
            try:
                "".join(new).encode()
            except UnicodeEncodeError as error:
                raise _half(f"a key in line {number}") from error
            names |= dict.fromkeys(row)
    return list(names)


def _objects(path: Path, source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each object with the number of its line."""
    decode = json.JSONDecoder(
        object_pairs_hook=_object, parse_int=Literal, parse_float=Literal, parse_constant=_refuse,
    ).decode  # fmt: skip
    number = 0
    for block in read_blocks(path, source):
        for line in block.splitlines(keepends=True):
            number += 1
            text = line.decode()
            try:
                row = decode(text)
            except (ValueError, RecursionError) as error:
                raise _unfit(number, text, error) from error
            if not isinstance(row, dict):
                raise _unfit(number, text, ValueError("no object"))
            yield number, row


def _unfit(number: int, text: str, error: Exception) -> UnfitBatchError:
    start = shorten(text.strip()) or "a blank line"
    if not text.endswith(("\n", "\r")) and text.lstrip().startswith("{"):
        return unfit(
            "truncated", "The last line was cut off.", example=start,
            remedy="fetch the file anew, whole; it ends behind a closing brace",
        )  # fmt: skip
    said = shorten(error)
    if isinstance(error, json.JSONDecodeError):  # counts lines of its own, and there is one
        said = f"{error.msg} at column {error.colno}"
    return unfit(
        "not_jsonl", "A line is no JSON object.", example=f"line {number}: {said}: {start}",
        remedy=f"correct line {number} and deliver the file again under the same name; no line may "
        "be blank, and no commas or brackets stand around the objects",
    )  # fmt: skip


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # None is no doubled key
        raise ValueError(f"the key {shorten(twice)!r} twice")
    return found


def _refuse(token: str) -> None:
    raise ValueError(f"{token}, which is no JSON")
