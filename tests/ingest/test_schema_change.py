"""A new column, a lost one, a changed type: the source keeps flowing, and nothing is lost."""

import csv
import io

import pytest
import samples
import yaml

from coldframe.ingest import ingest_batches

FILE = "flights-2013-02.csv"


def declare(bench, source="flights", *, columns=(), batch=()):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    for name, own in dict(columns).items():
        record["sources"][source]["columns"].setdefault(name, {}).update(own)
    record["sources"][source]["batch"] |= dict(batch)
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(bench.settings.root)


def edit(bench, file=FILE, *, add=None, drop=()):
    """Deliver a month with more columns, or fewer."""
    path = bench.settings.landing / "flights" / "flights" / file
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    rows = [
        {k: v for k, v in {**row, **{n: f(i) for n, f in (add or {}).items()}}.items()
         if k not in drop}
        for i, row in enumerate(rows)
    ]  # fmt: skip
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue())


def outcome(report, file=FILE):
    (found,) = [one for one in report.deliveries if one.file == file]
    return found


@pytest.fixture
def january(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    return bench


def test_a_new_column_is_kept_as_it_came_and_the_features_ignore_it(january):
    edit(january, add={"gate": lambda i: f"00{i}"})
    told = []
    report = ingest_batches(january, progress=told.append)
    assert outcome(report).outcome == "accepted"
    assert any("kept as text, for the contract does not declare it: gate" in line for line in told)
    head = report.snapshot
    gates = january.store.read(head, "flights")["undeclared:gate"]
    assert gates.notna().sum() == outcome(report).rows_accepted
    assert gates.dropna().iloc[7] == "007"
    (record,) = [one for one in head.batches if one.name == FILE]
    assert record.about["unknown_columns"] == ["gate"]
    assert "undeclared:gate" not in january._read_declared(head, "flights")
    assert len(january.frame(head))


def test_declared_later_with_another_type_it_is_a_column_of_its_own(january):
    edit(january, add={"gate": lambda i: f"00{i}"})
    ingest_batches(january)
    later = declare(january, columns={"gate": {"type": "integer", "required": False}})
    samples.land_sample(later, ["2013-03"])
    edit(later, "flights-2013-03.csv", add={"gate": lambda i: str(i)})
    report = ingest_batches(later)
    assert outcome(report, "flights-2013-03.csv").outcome == "accepted"
    schema = report.snapshot.tables["flights"].schema
    assert (schema["undeclared:gate"], schema["gate"]) == ("string", "int64")
    # and an older snapshot can still be asked for the features of today
    old = later.store.resolve("flights@1")
    assert later._read_declared(old, "flights")["gate"].isna().all()


def test_more_new_columns_than_the_contract_lets_by_hold_the_batch(january):
    bench = declare(january, batch={"undeclared": 2})
    edit(bench, add={f"new{n}": str for n in range(3)})
    held = outcome(ingest_batches(bench))
    assert [one.rule for one in held.reasons] == ["undeclared_columns"]


def test_a_lost_column_holds_the_batch_unless_it_need_not_come(january):
    edit(january, drop=["minute"])
    held = outcome(ingest_batches(january))
    assert [(one.rule, one.column) for one in held.reasons] == [("missing_column", "minute")]
    bench = declare(january, columns={"minute": {"required": False}})
    report = ingest_batches(bench)
    assert outcome(report).outcome == "accepted"
    head = report.snapshot
    (record,) = [one for one in head.batches if one.name == FILE]
    assert bench.store.read(head, "flights", batches=[record.digest])["minute"].isna().all()


def test_where_it_comes_it_must_not_be_null_all_the_same(january):
    bench = declare(january, columns={"minute": {"required": False}})
    edit(bench, add={"minute": lambda i: "" if i == 3 else "5"})
    came = outcome(ingest_batches(bench))
    assert [(one.rule, one.column, one.rows) for one in came.reasons] == [("null", "minute", 1)]


def test_whole_numbers_become_numbers_if_none_is_lost(january):
    bench = declare(january, columns={"minute": {"type": "number"}})
    edit(bench, add={"minute": "5.5".format})
    report = ingest_batches(bench)
    assert outcome(report).outcome == "accepted"
    assert report.snapshot.tables["flights"].schema["minute"] == "double"


def test_another_type_than_is_frozen_holds_the_batch(january):
    bench = declare(
        january, columns={"minute": {"type": "string", "minimum": None, "maximum": None}}
    )
    held = outcome(ingest_batches(bench))
    assert [(one.rule, one.column) for one in held.reasons] == [("stored_type", "minute")]
