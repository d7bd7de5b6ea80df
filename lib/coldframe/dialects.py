"""How a source's text is spelled: delimiter, quotes, encoding, compression, numbers, nulls."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Literal

from pydantic import model_validator

from coldframe.declarations import Misstatement, Record, reject

Kind = Literal["csv", "jsonl", "parquet", "excel", "ods"]
"""Formats that `coldframe.readers` reads; a test holds its list equal to this one."""
Compression = Literal["none", "gzip", "bz2", "xz", "zstd", "zip"]

OPTIONS: dict[str, tuple[str, ...]] = {
    "delimiter": ("csv",),
    "quote": ("csv",),
    "encoding": ("csv", "jsonl"),
    "compression": ("csv", "jsonl"),
    "decimal": ("csv",),  # other kinds have numbers of their own, which have a point
    "thousands": ("csv",),
    "sheet": ("excel", "ods"),
}
"""Which kinds know an option that is not for all of them."""
NO_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


class Dialect(Record):
    """How the files of a source are spelled. Nothing is guessed: what is not said here is refused.

    `delimiter` and `quote` are one character each (``quote: null`` where nothing is quoted),
    `encoding` is a name that Python knows (``utf-8``, ``utf-8-sig`` with a byte-order mark,
    ``utf-16``, ``cp1252`` …), `compression` is that of the whole file; a zip archive must hold one
    file. `decimal` and `thousands` say how numbers are written: with ``decimal: ","`` and
    ``thousands: "."`` the text ``1.234,56`` is 1234.56. `nulls` are the texts that stand for no
    value; any other text is one. `sheet` names a workbook's sheet, if there are several.
    """

    kind: Kind = "csv"
    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    compression: Compression = "none"
    decimal: str = "."
    thousands: str | None = None
    nulls: tuple[str, ...] = ("", "NA")
    sheet: str | None = None

    @model_validator(mode="after")
    def _can_be_read(self) -> Dialect:
        reject([*self._of_other_kinds(), *self._characters(), *self._unknown_encoding()])
        return self

    def _of_other_kinds(self) -> Iterable[Misstatement]:
        for option, kinds in OPTIONS.items():
            if option in self.model_fields_set and self.kind not in kinds:
                said = f"no {option}, which is for kind {' or '.join(kinds)}"
                yield Misstatement(
                    at=(option,), found=getattr(self, option), expected=f"{said}, not {self.kind}"
                )

    def _characters(self) -> Iterable[Misstatement]:
        taken: dict[str, str] = {}
        for option in ("delimiter", "quote"):
            found = getattr(self, option)
            if found is None:
                continue
            if len(found) != 1 or found in "\r\n\0" or found in taken:
                said = "one character, no line end"
                if found in taken:
                    said += f", other than the {taken[found]}"
                yield Misstatement(at=(option,), found=found, expected=said)
            taken[found] = option
        if self.decimal not in (".", ","):
            yield Misstatement(at=("decimal",), found=self.decimal, expected="'.' or ','")
        if self.thousands is not None and (
            self.thousands not in (".", ",", "'", "\u2019", " ", "\u00a0", "\u202f", "_")
            or self.thousands == self.decimal
        ):
            said = "a point, comma, apostrophe, blank or underscore other than the decimal"
            yield Misstatement(at=("thousands",), found=self.thousands, expected=said)

    def _unknown_encoding(self) -> Iterable[Misstatement]:
        said = "an encoding of text that Python knows, such as utf-8, utf-16 or cp1252"
        try:
            name = codecs.lookup(self.encoding).name
            "".encode(self.encoding)  # refuses codecs that are of no text, such as base64
            known = name.replace("-", "_") not in NO_TEXT
        except (LookupError, UnicodeError, ValueError):
            known = False
        if not known:
            yield Misstatement(at=("encoding",), found=self.encoding, expected=said)
