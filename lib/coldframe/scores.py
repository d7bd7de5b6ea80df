"""What champions said: the scored snapshots' rows, frozen by monitoring, read by other stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.datasets import Dataset
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
    return list(dict.fromkeys([*dataset.features.key, dataset.features.time]))


def read_scores(
    bench: Workbench, champion: ModelVersion, *, features: str | None = None
) -> pd.DataFrame:
    """Return key, time and probability of every row that `champion` has scored, each once.

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

    wanted = [*row_columns(bench.dataset), "probability"]
    head = bench.store.head(scored_name(bench.dataset))
    chosen = None
    if head is not None and features is not None:
        chosen = [one.digest for one in head.batches if one.about.get(FEATURES) == features]
    if head is None or "scores" not in head.tables or chosen == []:
        return pd.DataFrame(columns=wanted)
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
    array of shape (n_rows,) or None
        None if it did not say something of all of them.
    """
    own = champion.features
    if own is None:
        return None
    said = read_scores(bench, champion, features=own.code)
    if not len(said):
        return None
    key = list(bench.dataset.features.key)
    known = said[[*key, "probability"]].astype({name: rows[name].dtype for name in key})
    found = rows[key].merge(known, on=key, how="left", validate="one_to_one")["probability"]
    return None if found.isna().any() else found.to_numpy(dtype="float64")
