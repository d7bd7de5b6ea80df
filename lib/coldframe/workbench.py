"""The workbench: one dataset with its settings, snapshots, ledger and models, opened together."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.datasets import Dataset, load_dataset
from coldframe.errors import DataError, EnvironmentFaultError, NotFoundError
from coldframe.ledger import Ledger, ModelVersion, accepted_mappings, mapping_words
from coldframe.provenance import code_digest, record_digest, source_digest
from coldframe.settings import Settings, load_settings
from coldframe.snapshots import Snapshot, SnapshotStore

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.models import ModelFiles

FEATURES_CHANGED = "Features are built by other code than when the champion was trained"


def _no_home(home: Path) -> NotFoundError:
    """Return the error for a home folder that was named and is not there."""
    begin = f", or begin a new one: mkdir -p {shlex.quote(str(home))}"
    return NotFoundError(
        "There is no such home folder.",
        where=str(home),
        expected="a folder that holds data, models and runs, or is empty",
        found="a file" if home.exists() else "nothing",
        remedy="correct the name" + ("" if home.exists() else begin),
    )


@dataclass(frozen=True)
class Workbench:
    """Everything a stage needs; stages take it and return records.

    Examples
    --------
    >>> bench = Workbench.open()  # doctest: +SKIP
    >>> bench.store.head(bench.dataset.name)  # doctest: +SKIP
    """

    settings: Settings
    dataset: Dataset

    @classmethod
    def open(
        cls,
        dataset: str | None = None,
        home: str | Path | None = None,
        *,
        existing: bool = False,
    ) -> Workbench:
        """Open a dataset in its home folder; nothing is made before something is written.

        Parameters
        ----------
        dataset : str, optional
            Its name; by default that of COLDFRAME_DATASET, else the one in env.yaml.
        home : str or Path, optional
            The home folder, relative to the project; by default that of COLDFRAME_HOME, else the
            one in env.yaml.
        existing : bool, default=False
            Whether a `home` that is named has to be there already. Another need not:
            in a fresh project there is nothing yet.

        Raises
        ------
        NotFoundError
            There is no such dataset, or no such home folder.
        EnvironmentFaultError
            The home folder is a file.
        """
        settings = load_settings(home=home)
        found = load_dataset(settings, dataset)
        if existing and home and not settings.home.is_dir():
            raise _no_home(settings.home)
        if settings.home.exists() and not settings.home.is_dir():
            raise EnvironmentFaultError(
                "The home folder is no folder.", where=str(settings.home),
                expected="a folder that holds data, models and runs, or nothing yet",
                found="a file",
                remedy="name another one: --home, COLDFRAME_HOME, or home: in env.yaml",
            )  # fmt: skip
        return cls(settings=settings, dataset=found)

    @cached_property
    def store(self) -> SnapshotStore:
        """The snapshot store of the home folder."""
        return SnapshotStore(self.settings.home / "store")

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; its database is made by the first who writes."""
        return Ledger.open(self.settings.ledger_url)

    @property
    def agreed(self) -> Dataset:
        """The dataset file, and in it the names of columns that people have accepted as mappings.

        It is what batches are judged by; a mapping is read as if it stood under `also`.
        """
        sources = dict(self.dataset.sources)
        for word in accepted_mappings(mapping_words(self.ledger, self.dataset.name)):
            if (known := sources.get(word.source)) is not None:
                sources[word.source] = known.with_name(word.column, word.delivered)
        return self.dataset.model_copy(update={"sources": sources})

    @cached_property
    def models(self) -> ModelFiles:
        """The folder of estimator files."""
        from coldframe.models import ModelFiles  # imports scikit-learn's world when it loads one

        return ModelFiles(self.settings.home / "models")

    def frame(self, snapshot: Snapshot) -> pd.DataFrame:
        """Return the feature frame of `snapshot`: verified tables, latest row of each key."""
        from coldframe.features import build_frame  # pandas

        tables = {
            name: self._read_declared(snapshot, name)
            for name in self.dataset.sources
            if name in snapshot.tables
        }
        return build_frame(self.dataset, tables)

    def _read_declared(self, snapshot: Snapshot, name: str) -> pd.DataFrame:
        """Return the columns of a table that the contract declares; others are kept, not read.

        One that was declared after all of its rows had come is null in them.
        """
        from coldframe.contracts.casting import blank_column  # pandas

        columns = self.dataset.sources[name].columns
        held = [column for column in columns if column in snapshot.tables[name].schema]
        rows = self.store.read(snapshot, name, columns=held)
        lost = {n: blank_column(c, rows.index) for n, c in columns.items() if n not in held}
        return rows.assign(**lost)[list(columns)] if lost else rows

    def feature_code(self) -> str:
        """Return the digest of the code that builds features: the user's, and what checks it."""
        function = self.dataset.features.function
        user = code_digest([f"import {function.rpartition('.')[0]}"], self.settings.lib)
        return record_digest(
            [function, user, source_digest(Path(__file__).with_name("features.py"))]
        )

    def features_changed(self, version: ModelVersion) -> bool:
        """Tell whether features are built by other code than when `version` was trained."""
        return version.features is not None and version.features.code != self.feature_code()

    def obstacle(self, version: ModelVersion) -> str | None:
        """Return why `version` cannot score what the dataset's features are today, or None."""
        features, own = self.dataset.features, version.features
        if version.task != self.dataset.model.task:
            return (
                f"{version.name} cannot score: it was trained for {version.task}, and the dataset "
                f"asks for {self.dataset.model.task}; put model.task back, or approve a retrain"
            )
        if own is None:
            return None
        built = {*features.key, features.order, features.target, *features.columns}
        lost = [name for name in (*own.numeric, *own.categorical) if name not in built]
        turned = [name for name in own.numeric if name in features.categorical]
        turned += [name for name in own.categorical if name in features.numeric]
        if not lost and not turned:
            return None
        told = [("does not have any more", lost), ("has as another type", turned)]
        return (
            f"{version.name} cannot score: it reads "
            + " and ".join(
                f"{', '.join(names)}, which {self.dataset.name} {what}"
                for what, names in told
                if names
            )
            + "; put it back under `features` in the dataset file, or approve a retrain"
        )

    def matrix(self, version: ModelVersion, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what the estimator of `version` is given of a feature frame: its own columns.

        Raises
        ------
        DataError
            The dataset does not have all of them; `obstacle` says so beforehand.
        """
        from coldframe.features import feature_matrix  # pandas

        if obstacle := self.obstacle(version):
            raise DataError("A model cannot read the features of today.", found=obstacle)
        own = version.features
        if own is None:
            return feature_matrix(self.dataset, frame)
        return feature_matrix(self.dataset, frame, numeric=own.numeric, categorical=own.categorical)
