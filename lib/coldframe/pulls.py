"""Where a source's deliveries are pulled from: a folder or bucket elsewhere, or a SQL query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from coldframe.declarations import Misstatement, Record, reject

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
BOUND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")  # what SQLAlchemy takes for a bound value
SINCE = "since"


class Pull(Record):
    """Where deliveries come from that nobody puts into the landing folder.

    `url` is a folder, file or glob, as any URL that fsspec knows (``s3://bucket/orders/*.csv``,
    ``file:///data/in``; a plain path is relative to the project), or with `query` a database's, as
    SQLAlchemy spells it. ``${NAME}`` in it is the environment variable of that name; a password
    stands nowhere else.

    `query` is one SELECT. With `watermark`, a column of it that never falls, each pull takes the
    rows from the last one's highest watermark on: the query must bind it, ``WHERE changed_at >=
    :since``. The first pull is bound to `since`. Rows that were taken are not taken again, so that
    ``>=`` loses none of those that share a watermark. `lookback` reaches back behind the last
    watermark for rows that were committed late (seconds of a timestamp, days of a date, else as
    numbers). Without `watermark` each pull takes the whole result, if it is another than before.
    A query whose rows are not all there after `timeout` seconds is given up. On PostgreSQL and
    SQLite it is ended, so that one that does not end does not keep other sources from being pulled;
    with other databases the clock is looked at between fetches only, and one that brings no row is
    waited for.
    """

    url: str = Field(min_length=1)
    query: str | None = None
    watermark: str | None = None
    since: int | str | None = None
    lookback: float = Field(default=0, ge=0, allow_inf_nan=False)
    timeout: float = Field(default=600, gt=0, le=86_400)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the environment variables that the URL holds."""
        return tuple(VARIABLE.findall(self.url))

    @model_validator(mode="after")
    def _can_be_pulled(self) -> Pull:
        reject([*self._url_faults(), *self._query_faults()])
        return self

    def _url_faults(self) -> Iterable[Misstatement]:
        bare = VARIABLE.sub("", self.url)
        if "$" in bare and "${" in bare:
            said = "variables of the environment as ${NAME}"
            yield Misstatement(at=("url",), found=bare, expected=said)
        if self.query is None and "::" in self.url:
            said = "one URL of a folder, file or glob, none inside another"
            yield Misstatement(at=("url",), found=bare, expected=said)
        try:
            password = urlsplit(VARIABLE.sub("", self.url)).password
        except ValueError:
            password = None
        if password:
            said = "no password, which anybody could read here; ${NAME} of the environment instead"
            yield Misstatement(at=("url",), found="a password", expected=said)

    def _query_faults(self) -> Iterable[Misstatement]:
        bound = set(BOUND.findall(self.query or ""))
        for name in sorted(bound - {SINCE}):
            said = (
                "no bound value but :since; quotes and casts of the database's own are left alone"
            )
            yield Misstatement(at=("query",), found=f":{name}", expected=said)
        if self.query is None:
            for key in ("watermark", "since"):
                if getattr(self, key) is not None:
                    said = f"no {key} without a query"
                    yield Misstatement(at=(key,), found=getattr(self, key), expected=said)
        elif self.watermark is None:
            if SINCE in bound or self.since is not None:
                said = "the column whose highest value :since is bound to"
                yield Misstatement(at=("watermark",), found=None, expected=said)
        else:
            if SINCE not in bound:
                said = f"a condition such as WHERE {self.watermark} >= :since"
                yield Misstatement(at=("query",), found=self.query, expected=said)
            if self.since is None:
                said = "what :since is bound to in the first pull, such as 0 or '2013-01-01T00:00Z'"
                yield Misstatement(at=("since",), found=None, expected=said)
        if self.lookback and self.watermark is None:
            said = "no lookback without a watermark"
            yield Misstatement(at=("lookback",), found=self.lookback, expected=said)
