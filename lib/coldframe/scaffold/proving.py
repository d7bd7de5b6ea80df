"""A draft is proved before it is written: its file is read, its contract judges its own sample."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from coldframe.contracts.batches import check_keys
from coldframe.contracts.casting import cast
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Dataset
from coldframe.declarations import read_yaml, refuse
from coldframe.errors import DataError
from coldframe.scaffold.drafts import Draft


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
    lines |= set(check_keys(sound, source)["line"])
    allowed = source.batch.quarantined * len(typed)
    if len(lines) > allowed:
        named = {draft.time_column, *source.key}
        found = sorted({str(one) for one in (*uncast["column"], *broken["column"])})
        raise DataError(
            "So many rows lack a key or a time that the file would be held.",
            where=draft.sample.origin, found=f"{len(lines):,} of {len(typed):,} rows",
            expected=f"at most {100 * source.batch.quarantined:g} % of them",
            remedy="name other columns with --key or --time"
            + (f"; see {', '.join(found)}" if set(found) - named else ""),
        )  # fmt: skip
    return len(lines)


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
