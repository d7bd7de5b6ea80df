"""Where a dataset stands, and what to do next: one record, read from store, ledger and landing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from coldframe.endings import last_runs, settle_training, unpromoted_training
from coldframe.files import spell_path
from coldframe.ingest import (
    LandedFile,
    MappingStanding,
    ReleaseStanding,
    StrayFile,
    mapping_standings,
    pending_batches,
    release_standings,
    stray_files,
)
from coldframe.ledger import (
    Delivery,
    ModelVersion,
    Promotion,
    Proposal,
    ProposalStanding,
    Replay,
    Run,
    approved,
    champion_model,
    deliveries,
    pending,
    promotions,
    proposals,
    replays,
    runs,
)
from coldframe.mending import as_of_now, never_entered, still_held
from coldframe.pulling import SourceDown, sources_down
from coldframe.snapshots import Snapshot
from coldframe.steps import BUILD, PROPOSE, Step, mapping_step
from coldframe.wording import count, was_interrupted
from coldframe.workbench import Workbench


@dataclass(frozen=True)
class LabelCoverage:
    """How many of a snapshot's rows have their label: `known` of `rows`."""

    known: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a dataset stands.

    Parameters
    ----------
    dataset, title, question : str
        Which, and what its model answers.
    home : Path
        The home folder.
    snapshot : Snapshot or None
        The newest one.
    labels : LabelCoverage or None
        Of the newest snapshot, if ingest noted it.
    deliveries : tuple of Delivery
        What became of every batch, oldest first.
    champion : ModelVersion or None
        The model in force.
    features_changed : bool
        Whether features are built by other code than when the champion was trained.
    obstacle : str or None
        Why the champion cannot score with the dataset file of today.
    promotion : Promotion or None
        The move that put it there.
    pending, approved : Proposal or None
        What waits for a person, and what waits for training.
    unpromoted : ProposalStanding or None
        What was trained last, if it promoted nothing.
    runs : tuple of Run
        The last run of each stage.
    landed : tuple of LandedFile
        Files that arrived and are not ingested.
    releases : tuple of ReleaseStanding
        Held batches that a person has released, and what has come of it, oldest first.
    mappings : tuple of MappingStanding
        Columns that look renamed, and what was said of each.
    replays : tuple of Replay
        Rows that were set aside and taken in since.
    stray : tuple of StrayFile
        Files in the landing folder that no source takes.
    down : tuple of SourceDown
        Sources that could not be pulled when that was tried last.
    settled : dict of str to str
        Stages whose last run failed and that have nothing to do any more, each with the reason.
    steps : tuple of Step
        What to do next.
    due : bool
        Whether a build has something to do, as far as can be told, or a proposal waits.
        Without it the steps are what could be done.
    """

    dataset: str
    title: str
    question: str
    home: Path
    snapshot: Snapshot | None
    labels: LabelCoverage | None
    deliveries: tuple[Delivery, ...]
    champion: ModelVersion | None
    features_changed: bool
    obstacle: str | None
    promotion: Promotion | None
    pending: Proposal | None
    approved: Proposal | None
    unpromoted: ProposalStanding | None
    runs: tuple[Run, ...]
    landed: tuple[LandedFile, ...]
    releases: tuple[ReleaseStanding, ...]
    mappings: tuple[MappingStanding, ...]
    replays: tuple[Replay, ...]
    stray: tuple[StrayFile, ...]
    down: tuple[SourceDown, ...]
    settled: dict[str, str]
    steps: tuple[Step, ...] = ()
    due: bool = False

    @property
    def held(self) -> tuple[Delivery, ...]:
        """Files of which nothing got into a snapshot, however often they were delivered."""
        return still_held(self.deliveries)

    @property
    def mended(self) -> int:
        """How many held batches were followed by a better one of the same file."""
        return len(never_entered(self.deliveries)) - len(self.held)

    @property
    def proposed(self) -> tuple[MappingStanding, ...]:
        """Columns that look renamed and wait for a person."""
        return tuple(one for one in self.mappings if one.standing == "proposed")

    @property
    def accepted(self) -> tuple[Delivery, ...]:
        """Batches that were taken whole."""
        return tuple(d for d in self.deliveries if d.outcome == "accepted")

    @property
    def quarantined(self) -> tuple[Delivery, ...]:
        """Batches of which some rows are set aside, as they stand by now."""
        partly = (d for d in self.deliveries if d.outcome == "quarantined")
        found = (as_of_now(delivery, self.replays) for delivery in partly)
        return tuple(delivery for delivery in found if delivery.rows_quarantined)

    @property
    def replayed(self) -> int:
        """How many batches had rows set aside, all of which were taken in since."""
        partly = sum(delivery.outcome == "quarantined" for delivery in self.deliveries)
        return partly - len(self.quarantined)

    @property
    def report(self) -> Path | None:
        """The newest monitoring report, for a browser."""
        page = self.home / "latest" / self.dataset / "monitor.html"
        return page if page.is_file() else None

    @property
    def quality(self) -> Path | None:
        """The newest quality report, for a browser."""
        page = self.home / "latest" / self.dataset / "quality.html"
        return page if page.is_file() else None

    @property
    def failed(self) -> tuple[Run, ...]:
        """The last runs that failed and ask for attention."""
        return tuple(r for r in self.runs if r.outcome == "failed" and r.stage not in self.settled)

    @property
    def unmonitored(self) -> str | None:
        """What monitoring has not seen, in a few words; None if its last build saw all."""
        if self.snapshot is None:
            return None
        now = {"snapshot": self.snapshot.name, "champion": None}
        if self.champion:
            now["champion"] = self.champion.name
        last = next((run for run in self.runs if run.stage == "monitor"), None)
        seen = last.result if last else dict.fromkeys(now)
        # a notebook of one's own may hand over something else, of which nothing follows
        if not seen.keys() >= now.keys() or all(seen[name] == now[name] for name in now):
            return None
        told = f"monitor {self.snapshot.name}"
        return f"{told} with {self.champion.name}" if self.champion else told


def label_coverage(snapshot: Snapshot) -> LabelCoverage | None:
    """Return what the snapshot says of its labels, or None if it says nothing."""
    labels = snapshot.about.get("labels")
    if not isinstance(labels, dict):
        return None
    return LabelCoverage(known=int(labels["known"]), rows=int(labels["rows"]))


def read_status(bench: Workbench) -> Status:
    """Read where the dataset of `bench` stands; imports nothing heavy."""
    name = bench.dataset.name
    head = bench.store.head(name)
    moves = promotions(bench.ledger, name)
    champion = champion_model(bench.ledger, name)
    last = last_runs(runs(bench.ledger, name))
    standings = proposals(bench.ledger, name)
    status = Status(
        dataset=name,
        title=bench.dataset.title,
        question=bench.dataset.question,
        home=bench.settings.home,
        snapshot=head,
        labels=label_coverage(head) if head else None,
        deliveries=tuple(deliveries(bench.ledger, name)),
        champion=champion,
        features_changed=champion is not None and bench.features_changed(champion),
        obstacle=bench.obstacle(champion) if champion else None,
        promotion=moves[-1] if moves else None,
        pending=pending(bench.ledger, name),
        approved=approved(bench.ledger, name),
        unpromoted=unpromoted_training(standings, moves),
        runs=last,
        landed=tuple(pending_batches(bench)),
        releases=release_standings(bench),
        mappings=mapping_standings(bench),
        replays=tuple(replays(bench.ledger, name)),
        stray=stray_files(bench),
        down=sources_down(bench),
        settled=settle_training(last, standings),
    )
    steps = due_steps(status)
    idle = () if steps else _when_idle(status, bench.dataset.demo)
    return replace(status, steps=(*steps, *_look_after(status), *idle), due=bool(steps))


def due_steps(status: Status) -> tuple[Step, ...]:
    """Return the commands that what is due waits for, the most urgent first."""
    steps: list[Step] = []
    for run in status.failed:
        if run.notebook and not was_interrupted(run.error):  # there is nothing to be seen
            path = shlex.quote(str(status.home / run.notebook))
            steps.append(Step(f"jupyter lab {path}", f"see where {run.stage} failed"))
    if work := _work(status):
        steps.append(Step(BUILD, "; ".join(work)))
    if status.pending:
        number = status.pending.number
        steps += [
            Step(f"coldframe show {number}", "the proposal with its evidence"),
            Step(f'coldframe approve {number} --reason "..."', "let training do it"),
            Step(f'coldframe reject {number} --reason "..."', "or not"),
        ]
    return tuple(steps)


def _work(status: Status) -> list[str]:
    """Return what a build has to do, in the order of the graph."""
    again = [run.stage for run in status.failed]
    work = [f"run {', '.join(again)} again"] if again else []
    if status.landed:
        work.append(f"ingest what has landed ({count(len(status.landed), 'file')})")
    elif status.unmonitored and "monitor" not in again:
        work.append(status.unmonitored)
    if status.approved and "train" not in again:
        work.append(f"train on {status.approved.snapshot}, as approved")
    return work


def _look_after(status: Status) -> tuple[Step, ...]:
    held = [Step("coldframe quarantine", "see what was held, and why")] if status.held else []
    again = "coldframe pull --source"
    proposed = [mapping_step(one) for one in status.proposed]
    if proposed:
        proposed.insert(0, Step("coldframe mapping", "see which columns look renamed, and why"))
    down = [Step(f"{again} {one.source}", "once it answers") for one in status.down]
    tried: list[Step] = []
    if status.unpromoted and not (status.pending or status.approved):
        number = status.unpromoted.proposal.number
        tried = [Step(f"coldframe show {number}", "what came of the last training")]
        if status.champion is None:
            once = "ask for another training, once a build has taken newer labelled rows"
            tried.append(Step(PROPOSE, once))
    return (*held, *proposed, *down, *tried)


def _when_idle(status: Status, demo: str | None) -> tuple[Step, ...]:
    """Return what could be done when nothing is due."""
    if status.snapshot is None and demo:
        return (Step("coldframe demo run", "take the demo's data through the whole cycle"),)
    landing = spell_path(status.home / "landing" / status.dataset)
    build = Step(BUILD, f"after new files have come (coldframe land FILE copies them to {landing})")
    month = Step("coldframe demo land MONTH", "deliver one more month")
    return (month, build) if demo else (build,)
