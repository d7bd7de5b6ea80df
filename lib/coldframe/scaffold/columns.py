"""What a column seems to be, from the texts that stand in it; every guess with its doubt."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd

from coldframe.contracts.casting import cast
from coldframe.scaffold.almost import Almost, find_almost
from coldframe.scaffold.rules import ENOUGH_ROWS, FEW_VALUES, OFTEN_ENOUGH, bounds_of, shape_of
from coldframe.sources import Column, Source

Role = Literal["number", "category", "text", "identifier", "moment", "constant", "blank"]

BLANKS = frozenset(
    {"NULL", "null", "None", "none", "NaN", "nan", "N/A", "n/a", "#N/A", "NaT", "?", "-", "--"}
)
"""Texts that mean *no value* where all others are numbers, moments or truth values."""
MOST_CATEGORIES = 100
FIRST_LOOK = 100
CODE = re.compile(
    r"(^|_)(zip|zipcode|postcode|postal|plz|phone|tel|telephone|mobile|fax|ssn|iban|isbn|ean|"
    r"account|code)(_|$)"
)
IDENTIFIER = re.compile(r"(^|_)(id|ids|uuid|guid|key|nr|no|number|index|rowid|passengerid)(_|$)")


@dataclass(frozen=True, kw_only=True)
class ColumnGuess:
    """What a column seems to be.

    Parameters
    ----------
    name : str
        Its name.
    column : Column
        The contract proposed for it.
    role : str
        What it could be to a model.
    distinct : int
        Different values in the sample, blanks not counted.
    blanks : int
        Rows of the sample without a value.
    doubt : str
        What is not certain; empty if nothing is.
    """

    name: str
    column: Column
    role: Role
    distinct: int
    blanks: int
    doubt: str = ""


def snake(name: str) -> str:
    """Return a name in small letters and underscores.

    Examples
    --------
    >>> snake("PassengerId"), snake("Zip code"), snake("home.dest")
    ('passenger_id', 'zip_code', 'home_dest')
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def find_types(
    frame: pd.DataFrame, *, nulls: Sequence[str], options: Mapping[str, Any], timezone: str
) -> dict[str, tuple[Column, pd.Series]]:
    """Return of each column the strictest type of which all its texts are, and its values.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Texts.
    nulls : sequence of str
        Those that mean *no value*.
    options : mapping
        How the file is spelled; of it decimal and thousands count.
    timezone : str
        On whose clock moments without an offset were read.
    """
    spelled = {name: options[name] for name in ("decimal", "thousands") if name in options}
    found: dict[str, tuple[Column, pd.Series]] = {}
    for column in (
        *(Column(type="boolean"), Column(type="integer"), Column(type="number")),
        *(Column(type="timestamp"), Column(type="timestamp", timezone=timezone)),
    ):
        rest = [str(name) for name in frame.columns if name not in found]
        for some in (frame.head(FIRST_LOOK), frame):  # most columns are plain after a few
            if rest:
                source = Source(
                    files="*", key=(), columns=dict.fromkeys(rest, column), nulls=tuple(nulls),
                    **spelled,
                )  # fmt: skip
                typed, failures = cast(some[rest], source)
                failed = set(failures["column"])
                rest = [name for name in rest if name not in failed]
        found |= {name: (column, typed[name]) for name in rest}
    plain = Column(type="string")
    return {str(name): found.get(str(name), (plain, frame[name])) for name in frame.columns}


def find_blanks(
    frame: pd.DataFrame, usual: tuple[str, ...], options: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the texts that mean *no value*: the `usual` ones, and what alone spoils a column."""
    odd: dict[str, list[str]] = {}
    for name in frame.columns:
        values = set(frame[name].dropna().unique()) - set(usual)
        if values & BLANKS and values - BLANKS:
            odd[str(name)] = sorted(values & BLANKS)
    nulls = (*usual, *sorted(BLANKS))
    types = find_types(frame[list(odd)], nulls=nulls, options=options, timezone="UTC")
    said = [text for name in odd if types[name][0].type != "string" for text in odd[name]]
    return (*usual, *dict.fromkeys(said))


def guess_columns(
    frame: pd.DataFrame, *, nulls: tuple[str, ...], timezone: str,
    options: Mapping[str, Any] = MappingProxyType({}), exact: Collection[str] = (),
    at: str = "line",
) -> tuple[ColumnGuess, ...]:  # fmt: skip
    """Return what each column seems to be.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Texts; a column's name says whether digits are a number or a code.
    nulls : tuple of str
        Texts that mean *no value*.
    timezone : str
        On whose clock moments without an offset were read.
    options : mapping
        How the file is spelled.
    exact : collection of str
        Columns whose type is that of all their values; of others a few may be odd.
    at : str
        What the index counts: line or row.

    Examples
    --------
    >>> zips = pd.DataFrame({"zip": ["10001", "10002", "10001"]}, dtype="str")
    >>> (guess,) = guess_columns(zips.rename_axis("line"), nulls=("",), timezone="UTC")
    >>> guess.column.type, guess.doubt
    ('string', 'digits that look like a code: kept as text, with its leading zeros')
    """
    types = find_types(frame, nulls=nulls, options=options, timezone=timezone)
    texts = [name for name, (one, _) in types.items() if one.type == "string" and name not in exact]
    almost = find_almost(
        frame, texts, nulls=nulls, options=options, timezone=timezone, at=at,
        codes=[name for name in texts if CODE.search(snake(name))],
    )  # fmt: skip
    return tuple(
        _guess_almost(name, frame[name], almost[name], nulls) if name in almost
        else _guess(name, frame[name], *found, nulls)
        for name, found in types.items()
    )  # fmt: skip


def _guess_almost(
    name: str, texts: pd.Series, almost: Almost, nulls: tuple[str, ...]
) -> ColumnGuess:
    """Return what a column seems to be whose odd values are passed over."""
    sound = texts.drop(almost.odd)
    guess = _guess(name, sound, almost.column, almost.values.drop(almost.odd), nulls)
    return replace(guess, doubt="; ".join(filter(None, (almost.doubt, guess.doubt))))


def _guess(
    name: str, texts: pd.Series, column: Column, values: pd.Series, nulls: tuple[str, ...]
) -> ColumnGuess:
    """Return what one column seems to be, of whose type all its values are."""
    blank = texts.isna() | texts.isin(nulls)
    counts = texts[~blank].value_counts()
    common: dict[str, Any] = {
        "name": name, "distinct": len(counts), "blanks": int(blank.sum()),
    }  # fmt: skip
    if not len(counts):
        doubt = "no value in the sample: taken for text, and left out of the features"
        return ColumnGuess(**common, column=_text(nullable=True), role="blank", doubt=doubt)
    nullable = bool(blank.any()) or len(texts) < ENOUGH_ROWS
    contract, role, doubt = _GUESSES[column.type](name, counts, values, nullable, column.timezone)
    if len(counts) == 1 and role != "moment":
        role, doubt = "constant", doubt or "one value only: left out of the features"
    return ColumnGuess(**common, column=contract, role=role, doubt=doubt)


def _text(*, nullable: bool, **rules: Any) -> Column:
    return Column(type="string", nullable=nullable, **rules)


_Guess = tuple[Column, Role, str]


def _guess_boolean(
    name: str, counts: pd.Series, values: pd.Series, nullable: bool, timezone: str | None
) -> _Guess:
    del name, counts, values, timezone
    return Column(type="boolean", nullable=nullable), "number", ""


def _guess_number(
    name: str, counts: pd.Series, values: pd.Series, nullable: bool, timezone: str | None
) -> _Guess:
    del name, timezone
    rules = bounds_of(values, rows=int(counts.sum()))
    return Column(type="number", nullable=nullable, **rules), "number", ""


def _guess_integer(
    name: str, counts: pd.Series, values: pd.Series, nullable: bool, timezone: str | None
) -> _Guess:
    del timezone
    plain = snake(name)
    if CODE.search(plain):
        doubt = "digits that look like a code: kept as text, with its leading zeros"
        role: Role = "category" if _is_category(counts) else "identifier"
        return _text(nullable=nullable), role, doubt
    if IDENTIFIER.search(plain):
        doubt = "an identifier by its name: whole numbers without bounds, and no feature"
        return Column(type="integer", nullable=nullable), "identifier", doubt
    rules = bounds_of(values, rows=int(counts.sum()))
    return Column(type="integer", nullable=nullable, **rules), "number", ""


def _guess_moment(
    name: str, counts: pd.Series, values: pd.Series, nullable: bool, timezone: str | None
) -> _Guess:
    del name, counts, values
    if timezone is None:
        return Column(type="timestamp", nullable=nullable), "moment", ""
    doubt = f"moments without an offset: taken for the clock of {timezone}; see --timezone"
    column = Column(type="timestamp", nullable=nullable, timezone=timezone)
    return column, "moment", doubt


def _guess_text(
    name: str, counts: pd.Series, values: pd.Series, nullable: bool, timezone: str | None
) -> _Guess:
    del timezone, values
    if IDENTIFIER.search(snake(name)) and len(counts) > MOST_CATEGORIES:
        return _text(nullable=nullable, **shape_of(counts)), "identifier", ""
    if CODE.search(snake(name)):  # more of them will come
        role: Role = "category" if _is_category(counts) else "identifier"
        return _text(nullable=nullable, **shape_of(counts)), role, "text that looks like a code"
    if 1 < len(counts) <= FEW_VALUES and counts.min() >= OFTEN_ENOUGH:
        doubt = "a closed list: a value that is not among these will be set aside"
        among = tuple(sorted(map(str, counts.index)))
        return _text(nullable=nullable, among=among), "category", doubt
    doubt = _almost(counts)
    if _is_category(counts):
        return _text(nullable=nullable, **shape_of(counts)), "category", doubt
    told = doubt or f"text with {len(counts):,} different values: left out of the features"
    return _text(nullable=nullable, **shape_of(counts)), "text", told


_GUESSES: Mapping[str, Callable[[str, Any, Any, bool, str | None], _Guess]] = {
    "boolean": _guess_boolean,
    "integer": _guess_integer,
    "number": _guess_number,
    "timestamp": _guess_moment,
    "string": _guess_text,
}


def _is_category(counts: pd.Series) -> bool:
    return len(counts) <= MOST_CATEGORIES and len(counts) * 2 <= counts.sum()


def _almost(counts: pd.Series) -> str:
    """Say that a column is text for a few values' sake only."""
    frame = pd.DataFrame({"a": counts.index.astype("str")}).rename_axis("line")
    source = Source(files="*", key=(), columns={"a": Column(type="number")}, nulls=())
    odd = list(cast(frame, source)[1]["value"])
    rows = int(counts[odd].sum())
    if not odd or rows > 0.1 * counts.sum():
        return ""
    return (
        f"numbers but for {rows:,} rows ({str(odd[0])[:20]!r}, say): kept as text, so that none is "
        "set aside; with type: number those would be"
    )
