"""A mapping: put forward with evidence, accepted or declined by a person, in force from then on."""

import json

import pytest
import samples
from ingest.test_renaming import rename
from ingest.test_schema_change import FILE, declare, edit, outcome

from coldframe.errors import ConflictError, DataError, NotFoundError
from coldframe.ingest import (
    decide_mapping,
    ingest_batches,
    mapping_standings,
    pending_batches,
    read_quarantine,
    replay_batches,
)
from coldframe.ledger import mapping_words

APRIL = "flights-2013-04.csv"


@pytest.fixture
def january(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    return bench


@pytest.fixture
def held(january):
    """February calls `dest` Destination, and is held for it."""
    rename(january, "dest", "Destination")
    ingest_batches(january)
    return january


def say(bench, verdict, **changes):
    given = {"reason": "their export was renamed", "who": "jane"} | changes
    return decide_mapping(bench, "dest", "Destination", verdict, **given)


def standing(bench):
    (found,) = mapping_standings(bench)
    return found.standing


def dests(bench, report, file=FILE):
    (record,) = [one for one in report.snapshot.batches if one.name == file]
    return bench.store.read(report.snapshot, "flights", batches=[record.digest])


def test_accepted_the_held_batch_and_later_ones_fill_the_old_column(held):
    assert standing(held) == "proposed"
    assert pending_batches(held) == ()
    word = say(held, "accepted")
    assert (word.who, word.reason, word.file) == ("jane", "their export was renamed", FILE)
    assert word.at is not None
    assert 0.9 < word.evidence.content < 1.0  # one airport is new in February
    assert [one.path.name for one in pending_batches(held)] == [FILE]
    report = ingest_batches(held)
    assert outcome(report).outcome == "accepted"
    assert dests(held, report)["dest"].notna().all()
    assert report.snapshot.contract != held.store.resolve("flights@1").contract
    samples.land_sample(held, ["2013-03"])
    rename(held, "dest", "Destination", file="flights-2013-03.csv")
    report = ingest_batches(held)
    assert outcome(report, "flights-2013-03.csv").outcome == "accepted"
    schemas = [one.tables["flights"].schema for one in held.store.versions("flights")]
    assert schemas[0] == schemas[-1]
    # the dataset file's own word for it is the same contract, and needs no judging
    known = declare(held, columns={"dest": {"also": ["Destination"]}})
    assert pending_batches(known) == ()
    assert standing(known) == "declared"


def test_declined_it_is_not_put_forward_again(held):
    say(held, "declined")
    assert standing(held) == "declined"
    mended = declare(held, batch={"undeclared": 3})  # another contract judges it anew
    again = outcome(ingest_batches(mended))
    assert [one.rule for one in again.reasons] == ["missing_column"]
    assert again.renamed == ()


def test_undone_later_batches_are_held_again_and_what_is_frozen_stays(held):
    say(held, "accepted")
    frozen = ingest_batches(held).snapshot
    say(held, "undone", reason="it was the wrong column")
    assert standing(held) == "proposed"
    samples.land_sample(held, ["2013-03"])
    rename(held, "dest", "Destination", file="flights-2013-03.csv")
    report = ingest_batches(held)
    assert outcome(report, "flights-2013-03.csv").outcome == "held"
    # the first batch is in, and stays in
    assert {one.digest for one in frozen.batches} < {one.digest for one in report.snapshot.batches}
    assert [one.verdict for one in mapping_words(held.ledger, "flights")] == ["accepted", "undone"]
    say(held, "accepted", reason="it was right after all")
    assert outcome(ingest_batches(held), "flights-2013-03.csv").outcome == "accepted"
    assert [one.number for one in mapping_words(held.ledger, "flights")] == [1, 2, 3]
    assert held.ledger.verify() == []


def test_a_word_stands_until_it_is_undone(held):
    first = say(held, "accepted")
    assert say(held, "accepted", reason="again", who="joe") == first
    with pytest.raises(ConflictError, match="accepted already"):
        say(held, "declined")
    say(held, "undone")
    say(held, "declined")
    with pytest.raises(ConflictError, match="declined already"):
        say(held, "accepted")


def test_what_nobody_can_say_is_refused_by_name(held):
    with pytest.raises(DataError, match="needs a reason"):
        say(held, "accepted", reason=" ")
    with pytest.raises(NotFoundError, match="No delivery has put this mapping forward"):
        decide_mapping(held, "dest", "carrier", "accepted", reason="r", who="jane")
    with pytest.raises(NotFoundError, match="No delivery"):
        say(held, "accepted", source="weather")
    with pytest.raises(ConflictError, match="that could be undone"):
        say(held, "undone")
    declared = declare(held, columns={"Destination": {"type": "string", "required": False}})
    assert standing(declared) == "void"
    with pytest.raises(NotFoundError, match="nothing left to be decided"):
        say(declared, "accepted")
    assert mapping_words(held.ledger, "flights") == []


def test_a_column_that_need_not_come_is_put_forward_too_and_filled_once_accepted(january):
    optional = declare(january, columns={"dest": {"required": False}})
    rename(optional, "dest", "Destination")
    told = []
    report = ingest_batches(optional, progress=told.append)
    assert outcome(report).outcome == "accepted"
    assert any("dest did not come, Destination looks like it" in line for line in told)
    first = dests(optional, report)
    assert first["dest"].isna().all()
    assert first["undeclared:Destination"].notna().all()
    assert standing(optional) == "proposed"
    say(optional, "accepted")
    samples.land_sample(optional, ["2013-03"])
    rename(optional, "dest", "Destination", file="flights-2013-03.csv")
    report = ingest_batches(optional)
    later = dests(optional, report, "flights-2013-03.csv")
    assert later["dest"].notna().all()
    assert later["undeclared:Destination"].isna().all()
    # never silently: the batch that came before the word stays as it was
    assert dests(optional, report)["dest"].isna().all()


def test_rows_set_aside_before_the_word_fill_the_column_when_they_are_replayed(january):
    optional = declare(january, columns={"dest": {"required": False}})
    edit(optional, add={"origin": lambda i: "XXX" if i < 3 else "JFK"})
    rename(optional, "dest", "Destination")
    ingest_batches(optional)
    say(optional, "accepted")
    mended = declare(optional, columns={"origin": {"among": ["EWR", "JFK", "LGA", "XXX"]}})
    report = replay_batches(mended)
    (taken,) = [one for one in report.replays if one.source == "flights"]
    rows = mended.store.read(report.snapshot, "flights", batches=[taken.batch])
    assert rows["dest"].notna().all()


def test_rows_set_aside_under_a_word_that_was_undone_wait_for_the_right_one(january):
    """They are kept by the names that came, so a replay reads them by what is agreed by then.

    Blanks would do for the column, but it must come: none is made of one that nobody names.
    """
    january = declare(january, columns={"dest": {"nullable": True}})
    rename(january, "dest", "Destination")
    path = january.settings.landing / "flights" / "flights" / FILE
    head, first, *rest = path.read_text().splitlines()
    names = head.split(",")
    fields = dict(zip(names, first.split(","), strict=True))
    changed = ",".join((fields | {"origin": "XXX"}).values())
    path.write_text("\n".join([head, changed, *rest]) + "\n")
    ingest_batches(january)
    say(january, "accepted")
    taken = outcome(ingest_batches(january))
    assert (taken.outcome, [one.rule for one in taken.reasons]) == ("quarantined", ["among"])
    row = json.loads(read_quarantine(january, "flights", taken.batch)["record"].iloc[0])
    assert row["Destination"] == fields["Destination"]
    assert "dest" not in row
    say(january, "undone")
    mended = declare(january, columns={"origin": {"among": ["EWR", "JFK", "LGA", "XXX"]}})
    before = mended.store.head("flights").id
    assert replay_batches(mended).replays == ()  # `dest` must come, and nothing says that it did
    assert mended.store.head("flights").id == before
    known = declare(mended, columns={"dest": {"also": ["Destination"]}})
    (replay,) = replay_batches(known).replays
    (got,) = known.store.read("flights", "flights", batches=[replay.batch])["dest"]
    assert got == fields["Destination"]


def test_in_a_replay_too_each_row_takes_what_stands_under_an_agreed_name(january):
    """Rows of both names were set aside before anything was agreed."""
    known = declare(january, columns={"dest": {"required": False, "nullable": True}})
    path = january.settings.landing / "flights" / "flights" / FILE
    head, *rows = path.read_text().splitlines()
    place, spoiled = head.split(",").index("dest"), head.split(",").index("origin")
    came = []
    for number in (0, 1):
        fields = rows[number].split(",")
        fields[spoiled] = "XXX"
        came.append(fields[place])
        fields.append(fields[place] if number else "")
        fields[place] = "" if number else fields[place]
        rows[number] = ",".join(fields)
    plain = [f"{row}," for row in rows[2:]]
    path.write_text("\n".join([f"{head},Destination", *rows[:2], *plain]) + "\n")
    assert outcome(ingest_batches(known)).outcome == "quarantined"
    agreed = declare(known, columns={
        "dest": {"also": ["Destination"]}, "origin": {"among": ["EWR", "JFK", "LGA", "XXX"]},
    })  # fmt: skip
    (replay,) = replay_batches(agreed).replays
    rows = agreed.store.read("flights", "flights", batches=[replay.batch])
    assert rows["dest"].tolist() == came
