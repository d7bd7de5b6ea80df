"""The demonstration: deliver a dataset's periods one after the other and build after each.

It may be killed at any moment: a period counts as done only when its files stand and the build
after them has ended well, and that is written down last. Whatever was done of a period before is
found done, since landing and building are idempotent; so the next start ends in the same state.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from coldframe.datasets import Dataset
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.files import locked, write_atomically
from coldframe.ledger import (
    Delivery,
    ModelVersion,
    Promotion,
    Proposal,
    deliveries,
    models,
    promotions,
    proposals,
)
from coldframe.ledger.records import Record
from coldframe.pipeline import BuildReport, build
from coldframe.provenance import canonical_json
from coldframe.settings import Settings
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench

SPAN = re.compile(r"(?P<first>[^.]+)(?:\.\.(?P<last>[^.]+))?")


class Feed(Protocol):
    """The module that a dataset file names as its `demo`."""

    def periods(self) -> list[str]:
        """Return every period that can be landed, in order."""

    def default_periods(self) -> list[str]:
        """Return those of the demonstration."""

    def land(self, period: str, landing: Path) -> list[Path]:
        """Write the files of a period below `landing`, once; return them."""


@dataclass(frozen=True, kw_only=True)
class Gains:
    """What came into store and ledger during one build.

    Parameters
    ----------
    snapshot : Snapshot or None
        The newest one, if it is new.
    deliveries, proposals, models, promotions : tuple
        The new ones, oldest first.
    """

    snapshot: Snapshot | None = None
    deliveries: tuple[Delivery, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    models: tuple[ModelVersion, ...] = ()
    promotions: tuple[Promotion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PeriodReport:
    """What happened for one period.

    Parameters
    ----------
    period : str
        Which; empty for a build that no new period led to.
    landed : tuple of Path
        Its files.
    build : BuildReport or None
        What the build did; None if the period had been done before.
    gains : Gains
        What came of it.
    """

    period: str
    landed: tuple[Path, ...] = ()
    build: BuildReport | None = None
    gains: Gains = Gains()


def load_feed(dataset: Dataset) -> Feed:
    """Return the module that delivers the demonstration data of `dataset`.

    Raises
    ------
    ConfigurationError
        The dataset has none, or it cannot be imported.
    """
    where = f"datasets/{dataset.name}.yaml, demo"
    if dataset.demo is None:
        raise ConfigurationError(
            f"The dataset {dataset.name} has no demonstration data.",
            where=where,
            expected="the dotted path of a module with periods, default_periods and land",
            remedy="put files into the landing folder, then: coldframe build",
        )
    try:
        return cast(Feed, importlib.import_module(dataset.demo))
    except ImportError as error:
        raise ConfigurationError(
            f"{dataset.demo} cannot be imported.", where=where, found=str(error)
        ) from error


def select_periods(feed: Feed, span: str | None) -> list[str]:
    """Return the periods that ``2013-01..2013-10`` or ``2013-01`` means, or the default ones.

    Raises
    ------
    NotFoundError
        There is no such period, or the last one comes before the first.
    """
    if span is None:
        return feed.default_periods()
    known = feed.periods()
    found = SPAN.fullmatch(span.strip())
    first, last = (found["first"], found["last"] or found["first"]) if found else ("", "")
    if first in known and last in known and known.index(first) <= known.index(last):
        return known[known.index(first) : known.index(last) + 1]
    raise NotFoundError(
        "There are no such periods.",
        expected=f"one of, or a span within, {known[0]}..{known[-1]}",
        found=span,
        remedy=f"coldframe demo run --months {known[0]}..{known[-1]}",
    )


def land_period(settings: Settings, dataset: Dataset, period: str) -> tuple[Path, ...]:
    """Deliver the raw files of one period to the landing folder; nothing is built.

    Raises
    ------
    NotFoundError
        There is no such period.
    """
    feed = load_feed(dataset)
    known = feed.periods()
    if period not in known:
        raise NotFoundError(
            "There is no such period.",
            where=dataset.name,
            expected=f"one of {known[0]} to {known[-1]}; several at once: coldframe demo run",
            found=period,
            remedy=f"coldframe demo land {known[0]}",
        )
    return tuple(feed.land(period, settings.landing / dataset.name))


class _Notes:
    """Which periods are done: a small file beside the data, written last."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def done(self) -> dict[str, list[str]]:
        """Return the files of each period that was landed and built."""
        try:
            found: dict[str, list[str]] = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def holds(self, period: str, landing: Path) -> bool:
        """Tell whether a period is done and its files still stand."""
        files = self.done().get(period)
        return files is not None and all((landing / name).is_file() for name in files)

    def add(self, period: str, files: tuple[Path, ...], landing: Path) -> None:
        """Write down that a period is done."""
        names = [str(path.relative_to(landing)) for path in files]
        write_atomically(self.path, canonical_json({**self.done(), period: names}))


def _build(bench: Workbench, progress: Callable[[str], None]) -> tuple[BuildReport, Gains]:
    """Build until nothing is due; return what was done and what is new in store and ledger.

    A promotion makes monitoring due once more, with the new champion; without that second build
    a demonstration that was done would have something left to do.
    """
    name, ledger = bench.dataset.name, bench.ledger
    head, last = bench.store.head(name), ledger.head()[0]
    champion = ledger.champion(name)
    report = build(bench.settings, dataset=name, progress=progress)
    if ledger.champion(name) != champion and not report.failed:
        after = build(bench.settings, dataset=name, progress=progress)
        report = BuildReport(
            dataset=name,
            stages=(*report.stages, *after.ran, *after.failed),
            seconds=report.seconds + after.seconds,
        )
    now = bench.store.head(name)

    def new(record: Record) -> bool:
        return (record.sequence or 0) > last

    gains = Gains(
        snapshot=now if now != head else None,
        deliveries=tuple(filter(new, deliveries(ledger, name))),
        proposals=tuple(s.proposal for s in proposals(ledger, name) if new(s.proposal)),
        models=tuple(filter(new, models(ledger, name))),
        promotions=tuple(filter(new, promotions(ledger, name))),
    )
    return report, gains


def run_demo(
    bench: Workbench,
    *,
    months: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[PeriodReport]:
    """Land and build period after period; yield what happened for each, and at the end.

    A build that fails ends it: the next period would be judged by what is not there. Starting
    again goes on at that period.

    Parameters
    ----------
    bench : Workbench
        Whose demonstration.
    months : str, optional
        ``FIRST..LAST``; by default those that the feed suggests.
    progress : callable
        Told what is being done.
    """
    feed = load_feed(bench.dataset)
    periods = select_periods(feed, months)
    landing = bench.settings.landing / bench.dataset.name
    folder = bench.settings.home / "demo"
    notes = _Notes(folder / f"{bench.dataset.name}.json")
    with locked(folder / f"{bench.dataset.name}.lock"):
        fresh = [period for period in periods if not notes.holds(period, landing)]
        for period in periods:
            if period not in fresh:
                yield PeriodReport(period=period)
                continue
            progress(f"{period}: landing")
            files = tuple(feed.land(period, landing))
            report, gains = _build(bench, partial(_tell, progress, period))
            if not report.failed:
                notes.add(period, files, landing)
            yield PeriodReport(period=period, landed=files, build=report, gains=gains)
            if report.failed:
                return
        if not fresh:
            # nothing was landed, but an approval or somebody else's file may wait all the same
            report, gains = _build(bench, progress)
            yield PeriodReport(period="", build=report, gains=gains)


def _tell(progress: Callable[[str], None], period: str, now: str) -> None:
    progress(f"{period}: {now}")
