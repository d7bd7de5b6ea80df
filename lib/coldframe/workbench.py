"""The workbench: one dataset with its settings, snapshots, ledger and models, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.datasets import Dataset, load_dataset
from coldframe.ledger import Ledger
from coldframe.settings import Settings, load_settings
from coldframe.snapshots import Snapshot, SnapshotStore

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.models import ModelFiles


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
    def open(cls, dataset: str | None = None, home: str | Path | None = None) -> Workbench:
        """Open the dataset of that name (default: the one in env.yaml) in its home folder."""
        settings = load_settings(home=home)
        return cls(settings=settings, dataset=load_dataset(settings, dataset))

    @cached_property
    def store(self) -> SnapshotStore:
        """The snapshot store of the home folder."""
        return SnapshotStore(self.settings.home / "store")

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; its database is made at first use."""
        return Ledger.open(self.settings.ledger_url)

    @cached_property
    def models(self) -> ModelFiles:
        """The folder of estimator files."""
        from coldframe.models import ModelFiles  # imports scikit-learn's world when it loads one

        return ModelFiles(self.settings.home / "models")

    def frame(self, snapshot: Snapshot) -> pd.DataFrame:
        """Return the feature frame of `snapshot`: verified tables, latest row of each key."""
        from coldframe.features import build_frame  # pandas

        tables = {
            name: self.store.read(snapshot, name)
            for name in self.dataset.sources
            if name in snapshot.tables
        }
        return build_frame(self.dataset, tables)
