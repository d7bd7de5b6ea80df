"""What a column seems to be, from the texts that stand in it; every guess with its doubt."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from coldframe.contracts.casting import PARSERS, parse_integer, parse_number
from coldframe.contracts.moments import parse_local
from coldframe.sources import Column

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["number", "category", "text", "identifier", "moment", "constant", "blank"]

BLANKS = frozenset(
    {"NULL", "null", "None", "none", "NaN", "nan", "N/A", "n/a", "#N/A", "NaT", "?", "-", "--"}
)
"""Texts that mean *no value* where all others are numbers, moments or truth values."""
ENOUGH_ROWS = 100
"""From so many rows on a bound or a missing blank says something."""
FEW_VALUES, OFTEN_ENOUGH = 12, 5
"""A list of values is closed if it has so few, each seen so often."""
MOST_CATEGORIES = 100
LARGEST_BOUND = 1e15
"""Above it a bound in YAML would not be the number that it seems."""
CODE = re.compile(
    r"(^|_)(zip|zipcode|postcode|postal|plz|phone|tel|telephone|mobile|fax|ssn|iban|isbn|ean|"
    r"account|code)(_|$)"
)
IDENTIFIER = re.compile(r"(^|_)(id|ids|uuid|guid|key|nr|no|number|index|rowid|passengerid)(_|$)")
SHAPES = {
    r"[0-9]{%d}": re.compile("[0-9]+"),
    r"[A-Z]{%d}": re.compile("[A-Z]+"),
    r"[0-9a-f]{%d}": re.compile("[0-9a-f]+"),
}


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


def find_blanks(frame: pd.DataFrame, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts that mean *no value*: the `usual` ones, and what alone spoils a column."""
    found: list[str] = []
    for name in frame.columns:
        values = set(frame[name].dropna().unique()) - set(usual)
        odd = sorted(values & BLANKS)
        rest = values - BLANKS
        if odd and rest and _type_of(rest, timezone="UTC") != "string":
            found += [text for text in odd if text not in found]
    return (*usual, *found)


def guess_column(
    name: str, texts: pd.Series, *, nulls: tuple[str, ...], timezone: str
) -> ColumnGuess:
    """Return what the column `name` seems to be.

    Parameters
    ----------
    name : str
        Its name; says whether digits are a number or a code.
    texts : Series of shape (n_rows,)
        As they stand in the file.
    nulls : tuple of str
        Texts that mean *no value*.
    timezone : str
        On whose clock moments without an offset were read.

    Examples
    --------
    >>> import pandas as pd
    >>> zips = pd.Series(["10001", "10002", "10001"], dtype="str")
    >>> guess = guess_column("zip", zips, nulls=("",), timezone="UTC")
    >>> guess.column.type, guess.doubt
    ('string', 'digits that look like a code: kept as text, with its leading zeros')
    """
    blank = texts.isna() | texts.isin(nulls)
    counts = texts[~blank].value_counts()
    common: dict[str, Any] = {
        "name": name, "distinct": len(counts), "blanks": int(blank.sum()),
    }  # fmt: skip
    values = set(counts.index)
    if not values:
        doubt = "no value in the sample: taken for text, and left out of the features"
        return ColumnGuess(**common, column=_text(nullable=True), role="blank", doubt=doubt)
    kind = _type_of(values, timezone=timezone)
    nullable = bool(blank.any()) or len(texts) < ENOUGH_ROWS
    guess = _GUESSES[kind](name, counts, nullable, timezone)
    column, role, doubt = guess
    if len(values) == 1 and role != "moment":
        role, doubt = "constant", doubt or "one value only: left out of the features"
    return ColumnGuess(**common, column=column, role=role, doubt=doubt)


def _type_of(values: set[str], *, timezone: str) -> str:
    """Return the strictest type of which all `values` are."""
    for kind in ("boolean", "integer", "number"):
        parse = PARSERS[kind]
        if all(parse(value) is not None for value in values):
            return kind
    parse_moment = PARSERS["timestamp"]
    if all((parse_moment(v) or parse_local(v, timezone)) is not None for v in values):
        return "timestamp"
    return "string"


def _text(*, nullable: bool, **rules: Any) -> Column:
    return Column(type="string", nullable=nullable, **rules)


_Guess = tuple[Column, Role, str]


def _guess_boolean(name: str, counts: pd.Series, nullable: bool, timezone: str) -> _Guess:
    del name, counts, timezone
    return Column(type="boolean", nullable=nullable), "number", ""


def _guess_number(name: str, counts: pd.Series, nullable: bool, timezone: str) -> _Guess:
    del name, timezone
    rules = _bounds([parse_number(value) or 0.0 for value in counts.index], rows=int(counts.sum()))
    return Column(type="number", nullable=nullable, **rules), "number", ""


def _guess_integer(name: str, counts: pd.Series, nullable: bool, timezone: str) -> _Guess:
    del timezone
    plain = snake(name)
    if CODE.search(plain):
        doubt = "digits that look like a code: kept as text, with its leading zeros"
        role: Role = "category" if _is_category(counts) else "identifier"
        return _text(nullable=nullable), role, doubt
    values = [parse_integer(value) or 0 for value in counts.index]
    if IDENTIFIER.search(plain):
        doubt = "an identifier by its name: whole numbers without bounds, and no feature"
        return Column(type="integer", nullable=nullable), "identifier", doubt
    rules = _bounds(values, rows=int(counts.sum()))
    return Column(type="integer", nullable=nullable, **rules), "number", ""


def _guess_moment(name: str, counts: pd.Series, nullable: bool, timezone: str) -> _Guess:
    del name
    if all(PARSERS["timestamp"](value) is not None for value in counts.index):
        return Column(type="timestamp", nullable=nullable), "moment", ""
    doubt = f"moments without an offset: taken for the clock of {timezone}; see --timezone"
    column = Column(type="timestamp", nullable=nullable, timezone=timezone)
    return column, "moment", doubt


def _guess_text(name: str, counts: pd.Series, nullable: bool, timezone: str) -> _Guess:
    del timezone
    if IDENTIFIER.search(snake(name)) and len(counts) > MOST_CATEGORIES:
        return _text(nullable=nullable, **_shape(counts)), "identifier", ""
    if len(counts) <= FEW_VALUES and counts.min() >= OFTEN_ENOUGH:
        doubt = "a closed list: a value that is not among these will be set aside"
        among = tuple(sorted(map(str, counts.index)))
        return _text(nullable=nullable, among=among), "category", doubt
    doubt = _almost(counts)
    if _is_category(counts):
        return _text(nullable=nullable, **_shape(counts)), "category", doubt
    told = doubt or f"text with {len(counts):,} different values: left out of the features"
    return _text(nullable=nullable, **_shape(counts)), "text", told


_GUESSES: Mapping[str, Callable[[str, Any, bool, str], _Guess]] = {
    "boolean": _guess_boolean,
    "integer": _guess_integer,
    "number": _guess_number,
    "timestamp": _guess_moment,
    "string": _guess_text,
}


def _is_category(counts: pd.Series) -> bool:
    return len(counts) <= MOST_CATEGORIES and len(counts) * 2 <= counts.sum()


def _shape(counts: pd.Series) -> dict[str, str]:
    """Return a pattern if many values all have the same length and one kind of characters."""
    lengths = {len(value) for value in counts.index}
    if len(lengths) != 1 or counts.sum() < ENOUGH_ROWS or len(counts) <= FEW_VALUES:
        return {}
    for shape, characters in SHAPES.items():
        if all(characters.fullmatch(value) for value in counts.index):
            return {"pattern": shape % lengths.pop()}
    return {}


def _almost(counts: pd.Series) -> str:
    """Say that a column is text for a few values' sake only."""
    odd = [value for value in counts.index if parse_number(value) is None]
    rows = int(counts[odd].sum())
    if not odd or rows > 0.1 * counts.sum():
        return ""
    return (
        f"numbers but for {rows:,} rows ({str(odd[0])[:20]!r}, say): kept as text, so that none is "
        "set aside; with type: number those would be"
    )


def _bounds(values: list[Any], *, rows: int) -> dict[str, Any]:
    """Return bounds with as much slack again as the values span, outward to two digits."""
    low, high = min(values), max(values)
    largest = max(abs(low), abs(high))
    if rows < ENOUGH_ROWS or largest > LARGEST_BOUND or 0 < largest < 1 / LARGEST_BOUND:
        return {}
    if {low, high} <= {0, 1}:
        return {"minimum": 0, "maximum": 1}
    slack = max(high - low, abs(low), abs(high))
    found = {"minimum": 0.0 if low >= 0 else _outward(low - slack)}
    found["maximum"] = 0.0 if high <= 0 else _outward(high + slack)
    return found


def _outward(value: float) -> float:
    """Return `value` with two digits, away from zero.

    Examples
    --------
    >>> _outward(1234.5), _outward(-0.0123)
    (1300.0, -0.013)
    """
    if value == 0:
        return 0.0
    digits = math.floor(math.log10(abs(value))) - 1
    steps = math.ceil(abs(value) / 10.0**digits - 1e-9)
    return math.copysign(float(f"{steps}e{digits}"), value)
