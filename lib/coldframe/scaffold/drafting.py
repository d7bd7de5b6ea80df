"""From a sample and a person's wishes to the draft of a dataset, all guesses in one place."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from coldframe.errors import ConfigurationError, DataError, NotFoundError
from coldframe.scaffold.columns import ColumnGuess, find_blanks, guess_columns
from coldframe.scaffold.drafts import Draft
from coldframe.scaffold.keys import guess_key
from coldframe.scaffold.records import Wishes
from coldframe.scaffold.samples import Sample
from coldframe.scaffold.targets import TargetGuess, guess_target
from coldframe.scaffold.telling import tell_guesses
from coldframe.scaffold.times import YEARS, TimeGuess, find_time, guess_time, looks_like_time
from coldframe.sources import BatchRules, Column, Source

if TYPE_CHECKING:
    import pandas as pd


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
    columns = guess_columns(frame, nulls=nulls, timezone=wishes.timezone, options=options,
                            exact=(wishes.target, *wishes.key), at=sample.counted)  # fmt: skip
    known = {one.name: one for one in columns}
    texts = frame[wishes.target]
    target = guess_target(
        known[wishes.target], texts[~_blank(texts, nulls)].value_counts(), task=wishes.task,
        options=options,
    )  # fmt: skip
    time_column, doubt = _time_column(sample, columns, wishes, nulls)
    key, key_doubt = _key(sample, columns, wishes, time_column)
    time = None
    if time_column is not None:
        text = frame[time_column]
        time = guess_time(
            known[time_column], text[~_blank(text, nulls)], doubt=doubt, at=sample.counted
        )
    contract = _contract(columns, key, time, target)
    for one in set(sample.partly) - {*key, time_column, wishes.target}:
        contract[one] = contract[one].model_copy(update={"required": False})
    source = Source(
        files=sample.place.pattern, nulls=nulls, key=key, columns=contract, pull=sample.place.pull,
        batch=_batch(sample), **sample.options,
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
            "No column is left to predict from.", where=sample.origin,
            found=", ".join(f"{one.name}: {one.doubt or one.role}" for one in features) or "none",
            expected="a column besides key, time and target with numbers or few values",
        )  # fmt: skip
    return replace(draft, guesses=tuple(tell_guesses(draft, wishes, nulls, doubt, key_doubt)))


def _batch(sample: Sample) -> BatchRules:
    """Return the rules of batches; a query brings all its rows again whenever one is another."""
    pull = sample.place.pull
    return BatchRules(keys_known=pull is not None and pull.query is not None)


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
                f"The file has no column {one!r}.", where=f"{option}, {sample.origin}",
                expected=", ".join(near or [*names[:20], *(["…"] if names[20:] else [])]),
                remedy=f"{option} {shlex.quote(near[0])}" if near else "name one of these",
            )  # fmt: skip
    if wishes.time and wishes.timeless:
        raise ConfigurationError(
            "Rows cannot have a time and none.", where="--time, --no-time", found=wishes.time,
            expected="one of the two options",
        )  # fmt: skip
    if wishes.target in (*wishes.key, wishes.time) or len(set(wishes.key)) < len(wishes.key):
        raise ConfigurationError(
            "A column is named for two things.", where="--target, --time, --key",
            found=wishes.target if wishes.target in (*wishes.key, wishes.time) else "a key twice",
            expected="what is to be predicted is neither time nor key; each key column once",
        )  # fmt: skip


def _time_column(
    sample: Sample, columns: Sequence[ColumnGuess], wishes: Wishes, nulls: tuple[str, ...]
) -> tuple[str | None, str]:
    """Return the column that says when a row is from, if there is one, and the doubt."""
    if wishes.time:
        return wishes.time, ""
    if wishes.timeless:
        return None, ""
    others = [one for one in columns if one.name != wishes.target]
    found, doubt = find_time(sample.frame, others)
    if found or doubt:
        return found, doubt
    return None, looks_like_time(sample.frame, others, nulls=nulls, at=sample.counted)


def _key(
    sample: Sample, columns: Sequence[ColumnGuess], wishes: Wishes, time: str | None
) -> tuple[tuple[str, ...], str]:
    if not wishes.key:
        found, doubt = guess_key(
            sample.frame, columns, time=time, without=[wishes.target], origin=sample.origin,
            at=sample.counted,
        )  # fmt: skip
        names = ", ".join(found)
        none = f"key columns are no features: {names}; --key names others, or add a row number"
        return found, f"{doubt}; {none}"
    doubled = int(sample.frame.duplicated(list(wishes.key)).sum())
    told = f"{doubled:,} rows of the sample have the key of an earlier one: they will be set aside"
    return wishes.key, told if doubled else ""


def _contract(
    columns: Sequence[ColumnGuess],
    key: tuple[str, ...],
    time: TimeGuess | None,
    target: TargetGuess,
) -> dict[str, Column]:
    """Return the contract of each column: key and time need a value, the target may lack it."""
    found: dict[str, Column] = {}
    for one in columns:
        column = one.column
        if one.name in key:
            column = column.model_copy(update={"nullable": False, "among": None, "pattern": None})
            column = column.model_copy(update={"minimum": None, "maximum": None})
        if time is not None and one.name == time.column:
            update = {"nullable": False, "future_hours": time.future_hours}
            column = column.model_copy(update=update)
            if time.form == "year":
                low, high = YEARS
                column = column.model_copy(update={"minimum": low, "maximum": high})
        if one.name == target.name:  # labels come late: blank until then
            column = column.model_copy(update={"nullable": True})
        if one.name == target.name and target.classes and column.type == "string":
            column = column.model_copy(update={"among": target.classes, "pattern": None})
        found[one.name] = column
    return found
