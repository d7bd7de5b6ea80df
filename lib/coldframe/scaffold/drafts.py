"""The draft of a dataset: all that its files will say, guessed from a sample, with the doubts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coldframe.errors import ConfigurationError, DataError, NotFoundError
from coldframe.scaffold.columns import ColumnGuess, find_blanks, guess_columns
from coldframe.scaffold.keys import guess_key
from coldframe.scaffold.records import Guess, Wishes
from coldframe.scaffold.samples import Sample
from coldframe.scaffold.targets import TargetGuess, guess_target
from coldframe.scaffold.times import YEARS, TimeGuess, find_time, guess_time
from coldframe.sources import BatchRules, Column, Source

if TYPE_CHECKING:
    import pandas as pd

USUAL_ROWS = 1000
"""Labelled rows before the holdout that a first model waits for, if the sample has so many."""
FREE_NAMES = ("time", "moment", "row_time", "time_of_row")


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """A dataset that could be written.

    Parameters
    ----------
    name : str
        Of the dataset, and of its one source.
    sample : Sample
        What it was guessed from.
    source : Source
        The contract.
    columns : tuple of ColumnGuess
        In the order of the file.
    target, time : TargetGuess, TimeGuess
        What is predicted, and when a row is from.
    numeric, categorical : tuple of str
        The features.
    labelled : int
        Rows of the sample with a label, older than the holdout.
    guesses : tuple of Guess
        All that was guessed, the most important first.
    """

    name: str
    sample: Sample
    source: Source
    columns: tuple[ColumnGuess, ...]
    target: TargetGuess
    time: TimeGuess
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    labelled: int
    guesses: tuple[Guess, ...]

    @property
    def time_name(self) -> str:
        """Name of the time in the feature frame; of years another than the column's."""
        if self.time.form == "moment":
            return self.time.column
        return next(name for name in FREE_NAMES if name not in self.source.columns)

    @property
    def minimum_labelled_rows(self) -> int:
        """Labelled rows that a first model waits for."""
        return max(1, min(USUAL_ROWS, self.labelled // 2))

    @property
    def left_out(self) -> tuple[ColumnGuess, ...]:
        """Columns that are no features, key, time or target."""
        used = {*self.numeric, *self.categorical, *self.source.key}
        used |= {self.time.column, self.target.name}
        return tuple(one for one in self.columns if one.name not in used)


def draft_dataset(name: str, sample: Sample, wishes: Wishes) -> Draft:
    """Return the dataset that `sample` suggests.

    Raises
    ------
    NotFoundError
        A column that was named is not in the file; says which is near.
    ConfigurationError
        What was named cannot be what it was named for.
    DataError
        Something is missing that cannot be guessed.
    """
    frame = sample.frame
    _check_named(sample, wishes)
    options = sample.options
    nulls = find_blanks(frame, Source.model_fields["nulls"].default, options)
    columns = guess_columns(frame, nulls=nulls, timezone=wishes.timezone, options=options)
    known = {one.name: one for one in columns}
    target = _target(frame, known[wishes.target], nulls, wishes.task)
    time_column, doubt = _time_column(frame, columns, wishes)
    key, key_doubt = _key(sample, columns, wishes, time_column)
    text = frame[time_column]
    time = guess_time(known[time_column], text[~_blank(text, nulls)], doubt=doubt)
    contract = _contract(columns, key, time, target)
    source = Source(
        files=sample.pattern, nulls=nulls, key=key, columns=contract, batch=BatchRules(),
        **sample.options,
    )  # fmt: skip
    features = [one for one in columns if one.name not in (*key, time_column, wishes.target)]
    draft = Draft(
        name=name, sample=sample, source=source, columns=columns, target=target, time=time,
        numeric=tuple(one.name for one in features if one.role == "number"),
        categorical=tuple(one.name for one in features if one.role == "category"),
        labelled=int((~_blank(frame[wishes.target], nulls)).sum() * 3 // 4), guesses=(),
    )  # fmt: skip
    if not draft.numeric and not draft.categorical:
        raise DataError(
            "No column is left to predict from.", where=str(sample.path),
            found=", ".join(f"{one.name}: {one.doubt or one.role}" for one in features) or "none",
            expected="a column besides key, time and target with numbers or few values",
        )  # fmt: skip
    return replace(draft, guesses=tuple(_tell(draft, nulls, key_doubt, given=bool(wishes.key))))


def _blank(texts: pd.Series, nulls: tuple[str, ...]) -> pd.Series:
    return texts.isna() | texts.isin(nulls)


def _check_named(sample: Sample, wishes: Wishes) -> None:
    """Raise if a column that was named is not there, or is named for two things."""
    from difflib import get_close_matches

    names = [str(name) for name in sample.frame.columns]
    named = [("--target", wishes.target), *[("--key", one) for one in wishes.key]]
    named += [("--time", wishes.time)] if wishes.time else []
    for option, one in named:
        if one not in names:
            folded = {name.casefold(): name for name in names}
            near = [folded[m] for m in get_close_matches(one.casefold(), list(folded), n=3)]
            raise NotFoundError(
                f"The file has no column {one!r}.", where=f"{option}, {sample.path}",
                expected=", ".join(near or [*names[:20], *(["…"] if names[20:] else [])]),
                remedy=f"{option} {near[0]}" if near else "name one of these",
            )  # fmt: skip
    if wishes.target in (*wishes.key, wishes.time) or len(set(wishes.key)) < len(wishes.key):
        raise ConfigurationError(
            "A column is named for two things.", where="--target, --time, --key",
            found=wishes.target if wishes.target in (*wishes.key, wishes.time) else "a key twice",
            expected="what is to be predicted is neither time nor key; each key column once",
        )  # fmt: skip


def _target(
    frame: pd.DataFrame, guess: ColumnGuess, nulls: tuple[str, ...], task: str | None
) -> TargetGuess:
    texts = frame[guess.name]
    return guess_target(guess, texts[~_blank(texts, nulls)].value_counts(), task=task)


def _time_column(
    frame: pd.DataFrame, columns: Sequence[ColumnGuess], wishes: Wishes
) -> tuple[str, str]:
    if wishes.time:
        return wishes.time, ""
    others = [one for one in columns if one.name != wishes.target]
    found, doubt = find_time(frame, others)
    if found is None:
        raise ConfigurationError(
            "No column says when a row is from.", where="--time",
            expected="a column of moments, such as 2024-07-01 10:00, or of years",
            found=", ".join(f"{one.name} ({one.column.type})" for one in others[:20]),
            remedy="name it with --time, or add one to the file, the day of delivery say",
        )  # fmt: skip
    return found, doubt


def _key(
    sample: Sample, columns: Sequence[ColumnGuess], wishes: Wishes, time: str
) -> tuple[tuple[str, ...], str]:
    if not wishes.key:
        return guess_key(sample.frame, columns, time=time, without=[wishes.target])
    doubled = int(sample.frame.duplicated(list(wishes.key)).sum())
    told = f"{doubled:,} rows of the sample have the key of an earlier one: they will be set aside"
    return wishes.key, told if doubled else ""


def _contract(
    columns: Sequence[ColumnGuess], key: tuple[str, ...], time: TimeGuess, target: TargetGuess
) -> dict[str, Column]:
    """Return the contract of each column: key and time need a value, a class is one of those."""
    found: dict[str, Column] = {}
    for one in columns:
        column = one.column
        if one.name in key:
            column = column.model_copy(update={"nullable": False, "among": None, "pattern": None})
            column = column.model_copy(update={"minimum": None, "maximum": None})
        if one.name == time.column:
            column = column.model_copy(update={"nullable": False})
            if time.form == "year":
                low, high = YEARS
                column = column.model_copy(update={"minimum": low, "maximum": high})
        if one.name == target.name and target.classes and column.type == "string":
            column = column.model_copy(update={"among": target.classes, "pattern": None})
        found[one.name] = column
    return found


def _tell(draft: Draft, nulls: tuple[str, ...], key_doubt: str, *, given: bool) -> Iterator[Guess]:
    """Yield what was guessed, the most important first."""
    target, time, sample = draft.target, draft.time, draft.sample
    yield Guess(about="task", what=f"{target.task}, of column {target.name}", doubt=target.doubt)
    called = "as named" if given else "guessed"
    what = f"{', '.join(draft.source.key)} ({called})"
    yield Guess(about="key", what=what, doubt=key_doubt)
    yield Guess(about="time", what=f"{time.column}, a {time.form}", doubt=time.doubt)
    yield Guess(
        about="holdout", what=f"the newest {time.holdout_days:g} days; chunks of {time.chunk}",
        doubt="" if sample.whole else "from the beginning of the file only",
    )  # fmt: skip
    for doubt in sample.doubts:
        yield Guess(about="file", what=sample.path.name, doubt=doubt)
    if extra := [text for text in nulls if text not in Source.model_fields["nulls"].default]:
        doubt = "they stood among numbers or moments; in texts they are blanks now, too"
        yield Guess(about="blanks", what=", ".join(map(repr, extra)), doubt=doubt)
    for one in draft.columns:
        role = (one.name in draft.source.key, one.name in (time.column, target.name))
        if one.doubt and not any(role):
            yield Guess(about=f"column {one.name}", what=_called(one), doubt=one.doubt)


def _called(one: ColumnGuess) -> str:
    rules = one.column.model_dump(exclude_defaults=True, exclude={"type", "nullable"})
    told = [one.column.type, *rules]
    return " with ".join([told[0], ", ".join(told[1:])]) if told[1:] else told[0]
