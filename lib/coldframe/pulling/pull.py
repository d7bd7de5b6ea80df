"""Pull all sources of a dataset that say from where, each on its own: one that fails stops none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from coldframe.errors import ColdframeError, EnvironmentFaultError, NotFoundError
from coldframe.files import locked
from coldframe.ledger import deliveries
from coldframe.pulling.down import note_outcome
from coldframe.pulling.report import PullReport, SourcePull
from coldframe.pulling.state import state_path
from coldframe.pulling.tally import Tally
from coldframe.pulling.variables import conceal, fill_in
from coldframe.pulls import Pull
from coldframe.workbench import Workbench

Progress = Callable[[str], None]


def pull_sources(
    bench: Workbench, *, only: Iterable[str] | None = None, progress: Progress | None = None
) -> PullReport:
    """Fetch what is new where the sources of the dataset say that their deliveries come from.

    What is fetched becomes ordinary files in the landing folder, whole or not at all. A source
    that cannot be reached is told in the report, and the others are pulled. Two processes that
    pull at once take turns. Where no source has a ``pull``, nothing is imported, made or locked.

    Parameters
    ----------
    bench : Workbench
        Dataset, landing and home folder.
    only : iterable of str, optional
        Names of sources; by default all that have a ``pull``.
    progress : callable, optional
        Told a line for each object and each source.

    Raises
    ------
    NotFoundError
        `only` names a source that is not pulled.
    """
    tell = progress or _silent
    pulled = {name: one.pull for name, one in bench.dataset.sources.items() if one.pull}
    chosen = list(pulled if only is None else dict.fromkeys(only))
    for name in chosen:
        if name not in pulled:
            raise NotFoundError(
                f"{bench.dataset.name} pulls no such source.", found=name,
                expected=", ".join(pulled) or "a source with pull in the dataset file",
            )  # fmt: skip
    if not chosen:
        return PullReport(dataset=bench.dataset.name)
    with locked(bench.settings.home / f"pull-{bench.dataset.name}.lock"):
        reports = []
        for name in chosen:
            reports.append(_pull(bench, name, pulled[name], tell))
            tell(str(reports[-1]))
    return PullReport(dataset=bench.dataset.name, sources=tuple(reports))


def pull_for_build(bench: Workbench, progress: Progress) -> tuple[str, ...]:
    """Pull before a build asks whether ingest is due; return what could not be pulled, and why.

    A source that is down is no failure of the stage: what has landed is ingested.
    """
    return tuple(str(one) for one in pull_sources(bench, progress=progress).faults)


def _silent(line: str) -> None:
    del line


@dataclass(frozen=True)
class _Failure:
    """How a fault is told, without what the environment keeps secret."""

    source: str
    pull: Pull
    where: str

    def __call__(self, error: Exception) -> str:
        if isinstance(error, ColdframeError):
            return conceal(str(error), self.pull)
        told = EnvironmentFaultError(
            "The source cannot be pulled now.", where=self.where,
            found=f"{type(error).__name__}: {error}",
            remedy=f"see that it answers at {self.pull.url}; the next build tries again, or now: "
            f"coldframe pull --source {self.source}",
        )  # fmt: skip
        return conceal(str(told), self.pull)


def _ingested(bench: Workbench, source: str, digest: str) -> bool:
    """Tell whether these bytes have met their fate as a batch of `source`."""
    told = deliveries(bench.ledger, bench.dataset.name)
    return any((one.source, one.batch) == (source, digest) for one in told)


def _pull(bench: Workbench, name: str, pull: Pull, tell: Progress) -> SourcePull:
    """Pull one source; whatever goes wrong ends in the report."""
    # fsspec, and SQLAlchemy with its dialect: only where something is pulled
    from coldframe.pulling.landing import sweep_partials
    from coldframe.pulling.objects import pull_objects
    from coldframe.pulling.query import pull_query

    where = f"datasets/{bench.dataset.name}.yaml, sources.{name}.pull"
    folder = bench.settings.landing / bench.dataset.name / name
    tally, fault, state = Tally(), None, state_path(bench, name)
    pattern = bench.dataset.sources[name].files
    try:
        url = fill_in(pull, where=where)
        if pull.query is not None:
            tell(f"{name}: asking the database")
            pull_query(
                url, pull, folder, state, source=name, pattern=pattern, root=bench.settings.root,
                tally=tally, landed=lambda digest: _ingested(bench, name, digest),
            )  # fmt: skip
        else:
            pull_objects(
                url, folder, state, pattern=pattern, root=bench.settings.root,
                home=bench.settings.home, tally=tally, tell=lambda text: tell(f"{name}: {text}"),
            )  # fmt: skip
        sweep_partials(folder)
    except Exception as error:  # noqa: BLE001  # drivers raise what they like; the others go on
        fault = _Failure(name, pull, where)(error)
    down = note_outcome(bench, name, url=pull.url, fault=fault)
    return SourcePull(
        source=name, url=pull.url, files=tuple(tally.files), known=tally.known,
        left=tuple(tally.left), fault=fault,
        since=down.since if down else None,
    )  # fmt: skip
