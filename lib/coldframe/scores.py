"""What champions said: the scored snapshots' rows, frozen by monitoring, read by other stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.datasets import Dataset
from coldframe.errors import DataError
from coldframe.ledger import ModelVersion
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEATURES = "features"
"""Key of a batch of scores that tells by which code the features were built."""


def scored_name(dataset: Dataset) -> str:
    """Return the name of the dataset that holds the scored rows."""
    return f"{dataset.name}.scored"


def row_columns(dataset: Dataset) -> list[str]:
    """Return key and time of a row, each once."""
    return list(dict.fromkeys([*dataset.features.key, dataset.features.order]))


def said_columns(bench: Workbench, champion: ModelVersion) -> list[str]:
    """Return the columns in which is kept what `champion` said."""
    return list(bench.dataset.model.kind.columns(champion.classes))


def read_scores(
    bench: Workbench, champion: ModelVersion, *, features: str | None = None
) -> pd.DataFrame:
    """Return key, time and what `champion` said of every row that it has scored, each once.

    Parameters
    ----------
    bench : Workbench
        Whose store.
    champion : ModelVersion
        The model.
    features : str, optional
        Only what it said of features that code with this digest built.
    """
    import pandas as pd

    wanted = [*row_columns(bench.dataset), *said_columns(bench, champion)]
    head = bench.store.head(scored_name(bench.dataset))
    chosen = None
    if head is not None and features is not None:
        chosen = [one.digest for one in head.batches if one.about.get(FEATURES) == features]
    if head is None or "scores" not in head.tables or chosen == []:
        return pd.DataFrame(columns=wanted)
    if lacking := set(wanted) - {one.name for one in head.tables["scores"].columns}:
        if lacking & set(row_columns(bench.dataset)):
            raise DataError(
                "The scored rows lack a column that tells rows apart.",
                where=f"{head.name}, scores", found=", ".join(sorted(lacking)),
                remedy="put key and time in the dataset file back to what they were",
            )  # fmt: skip
        return pd.DataFrame(columns=wanted)  # the champion has classes that were never scored yet
    table = bench.store.read(head, "scores", columns=[*wanted, "champion"], batches=chosen)
    ours = table[table["champion"] == champion.digest]
    # two monitors at once may both have scored a row; the model says the same both times
    return ours[wanted].drop_duplicates(list(bench.dataset.features.key)).reset_index(drop=True)


def own_words(
    bench: Workbench, champion: ModelVersion, rows: pd.DataFrame
) -> NDArray[np.float64] | None:
    """Return what `champion` said of each row when features were built as for its training.

    Parameters
    ----------
    bench : Workbench
        Whose store.
    champion : ModelVersion
        The model.
    rows : DataFrame of shape (n_rows, n_columns)
        Of a feature frame.

    Returns
    -------
    array of shape (n_rows,) or (n_rows, n_classes), or None
        None if it did not say something of all of them.
    """
    own = champion.features
    if own is None:
        return None
    said = read_scores(bench, champion, features=own.code)
    if not len(said):
        return None
    key = list(bench.dataset.features.key)
    columns = said_columns(bench, champion)
    known = said[[*key, *columns]].astype({name: rows[name].dtype for name in key})
    found = rows[key].merge(known, on=key, how="left", validate="one_to_one")
    if found[columns].isna().any(axis=None):
        return None
    return bench.dataset.model.kind.read(found, champion.classes)
