"""A source: where one table's batches come from, and the contract that each must keep."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from coldframe.declarations import Location, Misstatement, Record, reject
from coldframe.dialects import Dialect
from coldframe.pulls import Pull

NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, Field(pattern=NAME)]
Dotted = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]
Share = Annotated[float, Field(ge=0, le=1)]
Bound = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
UNDECLARED = "undeclared:"
"""What the name of a column begins with in a snapshot if the contract does not declare it."""


class Column(Record):
    """What one column must be. Bounds are inclusive, in the unit of the column.

    `pattern` is a regular expression of Python that must match the whole text. `timezone`, a name
    of the IANA database, says on whose clock timestamps without an offset were read; without it
    they are refused, and with it those of an hour that its clocks left out or showed twice.

    `also` are names under which the column may come when its own is not there: a source that was
    renamed goes on in the same column.

    A column with `required: false` that a batch does not bring is null in it, `nullable` or not.

    The others are limits on the column in a batch as a whole; a batch that breaks one is held.
    `null_share` is the highest share of nulls. Beside the last good batches: `unseen_share` the
    highest share of values of which they have none, `mean_shift` how many of their standard
    deviations the mean may be away from theirs, `stability_index` the greatest population
    stability index. `fresh_hours` is how old the newest time may be when the batch is delivered;
    with `future_hours`, rows with a time later than that after the delivery are set aside. A
    batch is delivered at its file's time of modification, or when it is judged if that is earlier.
    """

    type: Literal["string", "integer", "number", "boolean", "timestamp"]
    required: bool = True
    also: tuple[str, ...] = ()
    nullable: bool = False
    minimum: Bound | None = None
    maximum: Bound | None = None
    pattern: str | None = None
    among: tuple[str, ...] | None = Field(default=None, min_length=1)
    timezone: str | None = None
    null_share: Share | None = None
    unseen_share: Share | None = None
    mean_shift: Positive | None = None
    stability_index: Positive | None = None
    fresh_hours: Positive | None = None
    future_hours: Positive | None = None

    @property
    def is_compared(self) -> bool:
        """Whether a limit needs to know what the last good batches were like."""
        limits = (self.unseen_share, self.mean_shift, self.stability_index)
        return any(limit is not None for limit in limits)

    @property
    def is_profiled(self) -> bool:
        """Whether there is a limit on this column in a batch as a whole."""
        own = (self.null_share, self.fresh_hours)
        return self.is_compared or any(limit is not None for limit in own)

    @model_validator(mode="after")
    def _can_be_kept(self) -> Column:
        reject([*self._of_other_types(), *self._impossible()])
        return self

    def _of_other_types(self) -> Iterable[Misstatement]:
        """Find rules that no value of this type could keep."""
        rules = {
            "of type string": ("pattern", "among", "unseen_share"),
            "of type integer or number": ("minimum", "maximum", "mean_shift"),
            "of type string, boolean, integer or number": ("stability_index",),
            "of type timestamp": ("timezone", "fresh_hours", "future_hours"),
        }
        for types, names in rules.items():
            for name in names:
                value = getattr(self, name)
                if value is not None and self.type not in types.replace(",", " ").split():
                    said = (
                        f"no {name}, which is for columns {types}; this one is of type {self.type}"
                    )
                    yield Misstatement(at=(name,), found=value, expected=said)

    def _impossible(self) -> Iterable[Misstatement]:
        """Find rules that nothing could keep."""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low > high:
            said = f"at most the maximum, {high!r}"
            yield Misstatement(at=("minimum",), found=low, expected=said)
        if self.pattern is not None:
            try:
                with warnings.catch_warnings():
                    # "possible nested set": [[:alpha:]] means something else than it seems to
                    warnings.simplefilter("error", FutureWarning)
                    re.compile(self.pattern)
            except (re.error, OverflowError, RecursionError, FutureWarning) as error:
                yield Misstatement(
                    at=("pattern",), found=self.pattern, why=str(error),
                    expected="a regular expression of Python",
                )  # fmt: skip
        if self.timezone is not None and not is_timezone(self.timezone):
            said = "a time zone of the IANA database, such as Europe/Berlin or UTC"
            yield Misstatement(at=("timezone",), found=self.timezone, expected=said)


def is_timezone(name: str) -> bool:
    """Tell whether there is a time zone of this name.

    Examples
    --------
    >>> is_timezone("Europe/Berlin"), is_timezone("Mars")
    (True, False)
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


class Rule(Record):
    """A row rule in Python: a function of the typed frame that returns True where a row is fit.

    It is given a batch piece by piece, so it must judge each row by itself.
    """

    name: Name
    function: Dotted
    column: str


class BatchRules(Record):
    """What a batch as a whole must be, else all of it is held.

    `rows` is the share of the median batch of the same source that a batch must at least and may
    at most have; `quarantined` the highest share of rows set aside; `bytes` the greatest size of
    a file; of one that is compressed, of what is in it.

    `keys_known` says what becomes of a row whose key an earlier batch has brought already. By
    default (false) it is set aside, so that a file delivered twice is not counted twice, and with
    more of them than `quarantined` allows the batch is held. With true it is a correction: it is
    frozen beside the earlier row, readers see the one that was delivered last, and snapshots
    frozen before keep what they had. A key that stands twice in one file is set aside either way,
    and a file of a few corrections needs a low first number in `rows`.

    `duplicate_key` and `known_key` are limits of their own on the share of rows set aside for
    these rules, if they are to be lower than `quarantined`. `undeclared` is how many columns that
    the contract does not declare are kept as text; a batch with more of them is held.
    """

    rows: tuple[float, float] = (0.2, 5.0)
    quarantined: Share = 0.02
    duplicate_key: Share | None = None
    known_key: Share | None = None
    undeclared: int = Field(default=100, ge=0)
    keys_known: bool = False
    bytes: int = Field(default=2 * 2**30, gt=0)

    @model_validator(mode="after")
    def _can_be_kept(self) -> BatchRules:
        low, high = self.rows
        if not 0 <= low <= high:  # nor with .nan
            said = "two shares of the usual number of rows, the lower first, such as [0.5, 2.0]"
            reject([Misstatement(at=("rows",), found=[low, high], expected=said)])
        return self


class Source(Dialect):
    """Where one table's batches come from, and the contract that each must keep.

    `files` is a pattern of names below the source's own folder, as of `pathlib.Path.glob`; what
    is in them is said by the options of `Dialect`. `pull` says from where files are fetched into
    that folder; it is no part of the contract.
    """

    files: str
    key: tuple[str, ...]
    columns: dict[str, Column] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    batch: BatchRules = BatchRules()
    pull: Pull | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Source:
        named: list[tuple[Location, str]] = [(("key", n), c) for n, c in enumerate(self.key)]
        named += [(("rules", n, "column"), rule.column) for n, rule in enumerate(self.rules)]
        found = [*undeclared(named, self.columns), *doubled("key", self.key), *self._claimed()]
        if self.pull is not None and self.pull.query is not None and self.kind != "jsonl":
            said = "jsonl, as which the rows of a pulled query are written"
            found.append(Misstatement(at=("kind",), found=self.kind, expected=said))
        reject([*found, *_no_glob(self.files)])
        return self

    @property
    def agreed_names(self) -> frozenset[str]:
        """Names other than their own by which columns may come: all that stand under `also`."""
        return frozenset(name for column in self.columns.values() for name in column.also)

    def with_name(self, column: str, delivered: str) -> Source:
        """Return the source with another name, under which `column` may come, too.

        The same source if that says nothing: the column is not declared, or the name is that of
        one already, or stands among its own.

        Examples
        --------
        >>> source = Source(files="*.csv", key=(), columns={"size": {"type": "integer"}})
        >>> source.with_name("size", "n").columns["size"].also
        ('n',)
        >>> source.with_name("size", "size") is source
        True
        """
        if column not in self.columns or delivered in {*self.columns, *self.agreed_names}:
            return self
        known = self.columns[column]
        more = known.model_copy(update={"also": (*known.also, delivered)})
        return self.model_copy(update={"columns": {**self.columns, column: more}})

    def _claimed(self) -> Iterable[Misstatement]:
        """Find names of a column that are those of another one, or of what nobody declared."""
        taken = set(self.columns)
        for name, column in self.columns.items():
            if name.startswith(UNDECLARED):
                said = (
                    f"a name that does not begin with {UNDECLARED}, as undeclared columns' names do"
                )
                yield Misstatement(at=("columns", name), found=name, expected=said)
            for place, other in enumerate(column.also):
                if other in taken:
                    at: Location = ("columns", name, "also", place)
                    yield Misstatement(at=at, found=other, expected="a name of no other column")
                taken.add(other)


def undeclared(
    named: Iterable[tuple[Location, str]], columns: Iterable[str]
) -> Iterable[Misstatement]:
    """Find the names, each under its key, that are not among the declared `columns`."""
    known = list(columns)
    said = f"a column that the source declares: {', '.join(known)}"
    return [Misstatement(at=at, found=c, expected=said) for at, c in named if c not in known]


def doubled(key: str, names: tuple[str, ...]) -> Iterable[Misstatement]:
    """Find the names that the list under `key` has more than once."""
    return [
        Misstatement(at=(key, place), found=name, expected="each name once")
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def _no_glob(pattern: str) -> Iterable[Misstatement]:
    """Find out whether `pattern` can name no files below a folder."""
    said = "a pattern of file names below the folder of the source, such as *.csv"
    try:
        list(Path("/nowhere").glob(pattern))
        why = "it leads out of the folder" if ".." in Path(pattern).parts else None
    except (ValueError, NotImplementedError, IndexError) as error:
        why = str(error)
    if why is not None:
        yield Misstatement(at=("files",), found=pattern, why=why, expected=said)
