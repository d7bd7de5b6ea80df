"""The target: what is to be predicted, and so the kind of task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from coldframe.errors import ConfigurationError, DataError
from coldframe.scaffold.columns import ColumnGuess
from coldframe.wording import count

if TYPE_CHECKING:
    import pandas as pd

TaskName = Literal["binary", "multiclass", "regression"]
YES = ("1", "1.0", "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "t", "T", "positive")
MOST_CLASSES = 20
"""Whole numbers with so few values are taken for classes, with doubt."""
RARE = 0.01
"""Share of the rows up to which a third value may be a slip."""
LARGEST = 1e150  # so that a million squares add up to less than the largest float


@dataclass(frozen=True, kw_only=True)
class TargetGuess:
    """What is to be predicted.

    Parameters
    ----------
    name : str
        The column.
    task : {"binary", "multiclass", "regression"}
        What kind of answer it is.
    positive : str or None
        The value that counts as 1, of a binary task whose column does not hold 0 and 1.
    classes : tuple of str
        Its values, of a task with classes.
    doubt : str
        What is not certain.
    """

    name: str
    task: TaskName
    positive: str | None = None
    classes: tuple[str, ...] = ()
    doubt: str = ""


def guess_target(
    guess: ColumnGuess, counts: pd.Series, *, task: str | None,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> TargetGuess:  # fmt: skip
    """Return the task that the target's values set.

    Parameters
    ----------
    guess : ColumnGuess
        What the target's column seems to be.
    counts : Series of shape (n_values,)
        How often each of its values stands in the sample, by value.
    task : str, optional
        The task that was asked for; by default guessed.
    options : mapping
        How the file is spelled: decimal and thousands.

    Raises
    ------
    DataError
        There is nothing to be learned: no value, or one only.
    ConfigurationError
        The values are not of the task that was asked for.
    """
    if len(counts) < 2:
        found = f"only {str(counts.index[0])!r}" if len(counts) else "no value"
        raise DataError(
            "The target has not two values in the sample; there is nothing to be learned from it.",
            where=f"column {guess.name}", found=found, expected="at least two different values",
            remedy="name another --target, or a file with more of it",
        )  # fmt: skip
    chosen, doubt = (task, "") if task else _task_of(guess, counts)
    numbers = guess.column.type in ("integer", "number")
    if (chosen == "binary" and len(counts) != 2) or (chosen == "regression" and not numbers):
        raise ConfigurationError(
            f"The target is not that of a {chosen} task.", where=f"--task {chosen}",
            expected="two values" if chosen == "binary" else "numbers",
            found=f"{guess.name} with {len(counts):,} values of type {guess.column.type}",
            remedy="leave --task out, or name another --target",
        )  # fmt: skip
    if chosen == "regression":
        _refuse_unsquarable(guess, counts, options)
        return TargetGuess(name=guess.name, task="regression", doubt=doubt)
    classes = tuple(sorted(map(str, counts.index)))
    if chosen == "multiclass":
        return TargetGuess(name=guess.name, task="multiclass", classes=classes, doubt=doubt)
    positive, doubt = _positive_of(guess, counts, options)
    return TargetGuess(
        name=guess.name, task="binary", positive=positive, classes=classes, doubt=doubt
    )


def _refuse_unsquarable(
    guess: ColumnGuess, counts: pd.Series, options: Mapping[str, Any]
) -> None:  # fmt: skip
    """Refuse a target whose squares no float can hold: errors are squared, scores summed."""
    largest = max((str(value) for value in counts.index), key=lambda v: abs(_number(v, options)))
    if abs(_number(largest, options)) > LARGEST:
        raise DataError(
            "The target's numbers are too large to be learned from: their squares overflow.",
            where=f"column {guess.name}", found=largest, expected=f"at most {LARGEST:g}",
            remedy="deliver the target in another unit, or its logarithm",
        )  # fmt: skip


def _number(text: str, options: Mapping[str, Any]) -> float:
    return float(_plain(text, options))


def _task_of(guess: ColumnGuess, counts: pd.Series) -> tuple[TaskName, str]:
    if len(counts) == 2:
        return "binary", ""
    if guess.column.type == "number":
        return "regression", ""
    if guess.column.type == "integer":
        if len(counts) > MOST_CLASSES:
            return "regression", ""
        told = f"{len(counts)} different whole numbers are taken for classes"
        amounts = f"{told}; if they are amounts: --task regression"
        return "multiclass", "; ".join(filter(None, (_rare_third(counts), amounts)))
    if guess.column.type == "timestamp" or guess.role in ("text", "identifier"):
        raise DataError(
            "The target is neither a number nor one of a few classes.",
            where=f"column {guess.name}", expected="numbers, or a few values that come again",
            found=f"{len(counts):,} different values of type {guess.column.type}",
            remedy="name another --target",
        )  # fmt: skip
    return "multiclass", _rare_third(counts)


def _rare_third(counts: pd.Series) -> str:
    """Say that a third value is so rare that the task may be one of yes and no."""
    rarest = int(counts.min())
    if len(counts) != 3 or rarest > RARE * counts.sum():
        return ""
    value = str(counts.idxmin())[:30]
    told = f"2 values and {count(rarest, 'row')} of {value!r}"
    return f"{told}: without those it is a binary task"


def _positive_of(
    guess: ColumnGuess, counts: pd.Series, options: Mapping[str, Any]
) -> tuple[str | None, str]:
    """Return the value that counts as 1 (None if the column holds 0 and 1), and the doubt."""
    values = [str(value) for value in counts.index]
    if guess.column.type == "boolean":
        return None, ""
    if guess.column.type in ("integer", "number"):
        numbers = sorted((_plain(value, options) for value in values), key=float)
        if [float(value) for value in numbers] == [0.0, 1.0]:
            return None, ""
        return numbers[1], f"the larger one, {numbers[1]}, counts as yes"
    for value in YES:
        if value in values:
            return value, ""
    rarer = min(values, key=lambda value: (counts[value], value))
    return rarer, f"{rarer!r}, the rarer one, counts as yes; see POSITIVE in features.py"


def _plain(text: str, options: Mapping[str, Any]) -> str:
    """Return a number's text as Python spells it.

    Examples
    --------
    >>> _plain("1.234,5", {"decimal": ",", "thousands": "."}), _plain("1.5", {})
    ('1234.5', '1.5')
    """
    text = text.replace(options.get("thousands") or "\0", "")
    return text.replace(options.get("decimal", "."), ".")
