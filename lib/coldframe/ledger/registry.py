"""The registry: every model version, and all it was made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from coldframe.errors import NotFoundError
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep, normalise
from coldframe.ledger.transaction import Reader
from coldframe.provenance import record_digest

SHORTEST_PREFIX = 6
"""So many hexadecimal digits name a model, if no other begins with them."""


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """The rows a model was judged on.

    Parameters
    ----------
    start, end : str
        First and last moment, ISO 8601.
    rows : int
        How many rows.
    """

    start: str
    end: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class FeatureList:
    """The columns a model reads, and what built them.

    Parameters
    ----------
    numeric, categorical : tuple of str
        Names, in the order in which the model was fitted.
    code : str
        Digest of the code that built them.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    code: str


@dataclass(frozen=True, kw_only=True)
class ModelVersion(Record):
    """A trained model and where it came from.

    Parameters
    ----------
    dataset : str
        What it predicts for.
    estimator : str
        SHA-256 of the estimator's file; the model store's name for it.
    recipe : str
        Digest of everything it was made from.
    snapshot, snapshot_id : str
        Name (``flights@7``) and id of the snapshot it learned from.
    reference, reference_id : str or None
        Name and id of its monitoring reference.
    holdout : Holdout or None
        The rows it was judged on.
    trained_until : str or None
        Last moment of the training rows, ISO 8601.
    parameters : dict
        What the builder was given.
    code, environment : str
        Digests of the code and of the installed distributions.
    features : FeatureList or None
        What it reads; None in older entries means whatever the dataset file says today.
    task : str
        What kind of answer it gives; older entries are all of the task ``binary``.
    classes : tuple of str
        Those that it learned, where there are several; its answers have their order.
    metrics : dict of str to float or None
        Figures on the holdout.
    cost : dict of str to float
        ``cpu_seconds`` and ``wall_seconds``; differs from run to run.
    origin : str
        What asked for it: policy, person or sweep.
    proposal : int or None
        Number of the proposal it was trained for.
    number : int
        Given by the registry: 3 is shown as ``v3``.

    Notes
    -----
    `digest` is the model's true name, by which champions, verdicts and proposals know it. It
    covers recipe and estimator: two snapshots may give the same estimator bytes and still two
    models, each with its own reference and lineage.
    """

    entry_kind: ClassVar[str] = "model"

    dataset: str
    estimator: str
    recipe: str
    snapshot: str
    snapshot_id: str
    reference: str | None = None
    reference_id: str | None = None
    holdout: Holdout | None = None
    trained_until: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    environment: str = ""
    features: FeatureList | None = None
    task: str = "binary"
    classes: tuple[str, ...] = ()
    metrics: dict[str, float | None] = field(default_factory=dict, compare=False)
    cost: dict[str, float] = field(default_factory=dict, compare=False)
    origin: str = field(default="policy", compare=False)
    proposal: int | None = field(default=None, compare=False)
    number: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """The model's true name, over recipe and estimator."""
        return record_digest({"recipe": self.recipe, "estimator": self.estimator})

    @property
    def name(self) -> str:
        """Short name within the dataset, like ``v3``."""
        return f"v{self.number}"


def register_model(
    ledger: Ledger, version: ModelVersion, *, who: str | None = None
) -> ModelVersion:
    """Give `version` a number and write it down; the same recipe and estimator only once.

    Returns
    -------
    ModelVersion
        With its number. If it was registered before, the first record: what it cost and scored
        then stands.

    Raises
    ------
    ConflictError
        The same recipe and estimator stand there with another snapshot, reference or code.
    """
    version = normalise(version)
    with ledger.writing() as transaction:
        number = transaction.count(version.dataset, "model") + 1
        numbered = dataclasses.replace(version, number=number)
        return keep(transaction, numbered, key=version.digest, who=who)


def models_of(reader: Reader, dataset: str | None) -> list[ModelVersion]:
    """Return all model versions that `reader` sees, oldest first."""
    return [ModelVersion.from_entry(entry) for entry in reader.entries(dataset, "model")]


def models(ledger: Ledger, dataset: str | None) -> list[ModelVersion]:
    """Return all model versions of `dataset` (None: of every dataset), oldest first."""
    with ledger.reading() as reader:
        return models_of(reader, dataset)


def choose_model(
    versions: Sequence[ModelVersion], name: str, *, dataset: str, champion: str | None
) -> ModelVersion:
    """Return the one of `versions` that `name` means; see :func:`model`."""
    if name == "champion":
        chosen = [version for version in versions if version.digest == champion]
    else:
        chosen = [version for version in versions if version.name == name]
    if not chosen and len(name) >= SHORTEST_PREFIX:
        chosen = [v for v in versions if v.digest.startswith(name) or v.estimator.startswith(name)]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(version.name for version in versions)
    raise NotFoundError(
        "Several models are called that." if chosen else "No such model.", where=dataset,
        expected=f"one of {known}, 'champion', or {SHORTEST_PREFIX} digits of a digest" if known
        else "a model; none was trained yet",
        found=", ".join(v.name for v in chosen) or name,
        remedy="coldframe models" if known else "approve a proposal: coldframe proposals",
    )  # fmt: skip


def model(ledger: Ledger, dataset: str, name: str) -> ModelVersion:
    """Return one model version.

    Parameters
    ----------
    ledger, dataset : Ledger, str
        Where to look.
    name : str
        ``v3``, ``champion``, or the beginning of its digest or of its estimator's digest.

    Raises
    ------
    NotFoundError
        Nothing or several are called that.
    """
    with ledger.reading() as reader:
        champion, _ = reader.champion(dataset)
        return choose_model(models_of(reader, dataset), name, dataset=dataset, champion=champion)


def champion_model(ledger: Ledger, dataset: str) -> ModelVersion | None:
    """Return the model version in force, or None before the first promotion."""
    with ledger.reading() as reader:
        digest, _ = reader.champion(dataset)
        entry = reader.find(dataset, "model", digest) if digest else None
        return ModelVersion.from_entry(entry) if entry else None
