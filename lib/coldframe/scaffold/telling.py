"""What was guessed, told: the most important first, each with its doubt."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coldframe.scaffold.columns import ColumnGuess
from coldframe.scaffold.drafts import Draft
from coldframe.scaffold.records import Guess, Wishes
from coldframe.scaffold.times import TimeGuess
from coldframe.sections import PERIODS
from coldframe.sources import Source
from coldframe.wording import count

SHOWN = 5


def tell_guesses(
    draft: Draft, wishes: Wishes, nulls: tuple[str, ...], time_doubt: str, key_doubt: str
) -> Iterator[Guess]:
    """Yield what was guessed, the most important first."""
    target, time, sample = draft.target, draft.time, draft.sample
    yield Guess(about="task", what=_called_task(draft), doubt=target.doubt)
    called = "as named" if wishes.key else "guessed"
    what = f"{', '.join(draft.source.key)} ({called})"
    yield Guess(about="key", what=what, doubt=key_doubt)
    if time is None:
        yield Guess(about="time", what="none: rows stand as they are delivered", doubt=time_doubt)
        what = f"the newest fifth of the rows; chunks of {draft.chunk_rows} rows"
        doubt = "; ".join(filter(None, (_sorted_by_target(draft), draft.few_rows)))
        yield Guess(about="holdout", what=what, doubt=doubt)
    else:
        yield Guess(about="time", what=f"{time.column}, a {time.form}", doubt=time.doubt)
        yield from _tell_future(time)
        what = f"the newest {time.holdout_days:g} days; chunks of a {PERIODS[time.chunk][0]}"
        beginning = "" if sample.whole else "from the beginning of the file only"
        doubt = "; ".join(filter(None, (time.cut_doubt, beginning)))
        yield Guess(about="holdout", what=what, doubt=doubt)
    yield from _tell_columns(draft)
    if draft.source.pull is not None:
        yield Guess(about="deliveries", what=f"{draft.source.files}, pulled from {sample.origin}")
    if sample.partly:
        doubt = "not in every file: null where it is lacking"
        yield Guess(about="required", what=", ".join(sample.partly[:SHOWN]), doubt=doubt)
    for doubt in sample.doubts:
        yield Guess(about="file", what=sample.origin, doubt=doubt)
    if extra := [text for text in nulls if text not in Source.model_fields["nulls"].default]:
        doubt = "they stood among numbers or moments; in texts they are blanks now, too"
        yield Guess(about="blanks", what=", ".join(map(repr, extra)), doubt=doubt)
    for one in draft.columns:
        role = (one.name in draft.source.key, one.name in (draft.time_column, target.name))
        if one.doubt and not any(role):
            yield Guess(about=f"column {one.name}", what=_called(one), doubt=one.doubt)


def _tell_future(time: TimeGuess) -> Iterator[Guess]:
    if time.future_hours is not None:
        what = f"a row more than {time.future_hours:g} hours after its delivery is set aside"
        planned = "if rows are of what is planned, take future_hours out"
        doubt = "; ".join(filter(None, (time.later, planned)))
        yield Guess(about="future", what=what, doubt=doubt)
    elif time.later:
        yield Guess(about="future", what="rows may be of any time", doubt=time.later)


def _called_task(draft: Draft) -> str:
    """Return task and target, and which value of it counts as 1, and how often that is."""
    target = draft.target
    told = f"{target.task}, of column {target.name}"
    if target.positive is None or draft.source.columns[target.name].type != "string":
        return told
    texts = draft.sample.frame[target.name]
    known = texts[texts.isin(target.classes)]
    share = 100 * (known == target.positive).mean()
    return f"{told}: {target.positive!r} is 1, in {share:.2g} % of the rows"


def _tell_columns(draft: Draft) -> Iterator[Guess]:
    """Yield what was guessed of many columns at once."""
    what = f"{len(draft.numeric)} numeric, {len(draft.categorical)} categorical"
    left = [one.name for one in draft.left_out]
    shown = ", ".join(left[:SHOWN]) + (f" and {len(left) - SHOWN} more" if left[SHOWN:] else "")
    doubt = "what is known only after the answer must be taken out of features.py"
    yield Guess(about="features", what=what + (f"; left out: {shown}" if left else ""), doubt=doubt)
    columns = draft.source.columns
    bounded = [
        n for n, one in columns.items() if one.maximum is not None and n != draft.time_column
    ]
    if bounded:
        what = f"{count(len(bounded), 'column')}, about as far again as the values span"
        yield Guess(about="bounds", what=what, doubt="a row with a value beyond is set aside")
    full = [name for name, one in columns.items() if not one.nullable]
    if extra := len(set(full) - {*draft.source.key, str(draft.time_column)}):
        doubt = "a row without one is set aside; nullable: true takes it"
        yield Guess(about="blanks", what=f"none in {count(extra, 'column')}", doubt=doubt)


def _sorted_by_target(draft: Draft) -> str:
    """Say that the rows seem to be sorted by the target, so that the last are no fair holdout."""
    target = draft.target
    texts = draft.sample.frame[target.name]
    texts = texts[~(texts.isna() | texts.isin(draft.source.nulls))]
    if target.classes:
        lacking = [one for one in target.classes if one not in set(texts.tail(len(texts) // 5))]
        told = f"the last fifth of the file has no {target.name} of {', '.join(lacking[:3])}"
        return f"{told}: if it is sorted, shuffle its rows first" if lacking else ""
    numbers = pd.to_numeric(texts, errors="coerce")
    if numbers.is_monotonic_increasing or numbers.is_monotonic_decreasing:
        return f"the file is sorted by {target.name}: shuffle its rows first"
    return ""


def _called(one: ColumnGuess) -> str:
    rules = one.column.model_dump(exclude_defaults=True, exclude={"type", "nullable"})
    told = [one.column.type, *rules]
    return " with ".join([told[0], ", ".join(told[1:])]) if told[1:] else told[0]
