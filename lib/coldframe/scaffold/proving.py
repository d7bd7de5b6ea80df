"""A draft is proved before it is written: its file is read, its contract judges its own sample."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from coldframe.contracts.batches import check_keys
from coldframe.contracts.casting import cast
from coldframe.contracts.faults import sum_up
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Dataset
from coldframe.declarations import read_yaml, refuse
from coldframe.errors import DataError
from coldframe.ledger import Reason
from coldframe.scaffold.drafts import Draft
from coldframe.wording import explain_reasons


def prove(draft: Draft, text: str) -> int:
    """Return how many rows of the sample its own contract sets aside.

    Raises
    ------
    ConfigurationError
        The dataset file that was drafted cannot be read.
    DataError
        Its contract would hold the very file that it was made from.
    """
    dataset = _read(draft, text)
    source = dataset.sources[draft.name]
    typed, uncast = cast(draft.sample.frame, source)
    broken = check_rows(typed, source, clock=datetime.now(UTC))
    lines = set(uncast["line"]) | set(broken["line"])
    sound = typed[~typed.index.isin(list(lines))]
    doubled = check_keys(sound, source)
    lines |= set(doubled["line"])
    allowed = source.batch.quarantined * len(typed)
    if len(lines) > allowed:
        faults = sum_up(pd.concat([uncast, broken, doubled], ignore_index=True))
        reasons = tuple(Reason(**asdict(one)) for one in faults)
        raise DataError(
            "So many rows lack a key of their own, or a time, that the file would be held.",
            where=draft.sample.origin,
            found=f"{len(lines):,} of {len(typed):,} rows: {explain_reasons(reasons)}",
            expected=f"at most {100 * source.batch.quarantined:g} % of them",
            remedy="; ".join(_remedies(draft, reasons)),
        )  # fmt: skip
    return len(lines)


def _remedies(draft: Draft, reasons: Sequence[Reason]) -> Iterator[str]:
    """Yield what to do about rows that would be set aside: an option, or a change to the file."""
    if any(one.rule == "duplicate_key" for one in reasons):
        yield (
            "name more columns, each with --key, so that no two rows have the same values in all "
            "of them, or leave --key out, and it is guessed"
        )
    columns = dict.fromkeys(str(one.column) for one in reasons if one.rule != "duplicate_key")
    if named := [name for name in columns if name in draft.source.key]:
        yield f"name a key that every row has, without {', '.join(named)}: --key COLUMN"
    if draft.time_column in columns:
        yield "name another time with --time COLUMN, or none with --no-time"
    others = [name for name in columns if name not in (*draft.source.key, draft.time_column)]
    if others:
        yield f"correct these values of {', '.join(others)} in the file"


def _read(draft: Draft, text: str) -> Dataset:
    """Return the dataset that `text` says, read as it will be read from then on."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{draft.name}.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return Dataset.model_validate({"name": draft.name, **read_yaml(path)})
        except ValidationError as error:
            raise refuse(
                error, Dataset, what="These columns cannot be a dataset.", path=path,
                remedy="rename the column in the file, or name another one",
            ) from error  # fmt: skip
