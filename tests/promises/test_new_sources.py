"""Promise 9: a new column, a lost one, a changed type or a new source never stops ingestion.

Each is recorded; training moves to it only when the contract says so, and a model that was
trained before goes on scoring. `test_guards.py` sees tests go red without their guards.
"""

import csv
import io
import shutil

import pytest
import samples
import yaml

from coldframe.ingest import decide_mapping, ingest_batches
from coldframe.ledger import champion_model

FILE = "flights-2013-03.csv"


@pytest.fixture(scope="module")
def trained(champion_root, tmp_path_factory):
    """Two months are frozen, and a champion has learned from them; March has landed."""
    root = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(champion_root, root, symlinks=True)
    samples.land_sample(samples.open_bench(root), ["2013-03"])
    return root


@pytest.fixture
def bench(trained, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(trained, root, symlinks=True)
    return samples.open_bench(root)


def edit(bench, change):
    """Let March come with other columns: `change` makes a row of another."""
    path = bench.settings.landing / "flights" / "flights" / FILE
    rows = [change(dict(row)) for row in csv.DictReader(io.StringIO(path.read_text()))]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue())


def declare(bench, change):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    change(record["sources"])
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(bench.settings.root)


def ingest(bench):
    """Return what became of March's schedule, and the snapshot."""
    report = ingest_batches(bench)
    (delivery,) = [one for one in report.deliveries if one.file == FILE]
    return delivery, report.snapshot


def score(bench, snapshot):
    """Return what the champion says of all rows."""
    champion = champion_model(bench.ledger, "flights")
    assert bench.obstacle(champion) is None
    matrix = bench.matrix(champion, bench.frame(snapshot))
    return bench.models.load(champion.estimator).predict_proba(matrix)[:, 1]


def test_a_new_column_is_kept_and_recorded_and_the_champion_scores(bench):
    before = score(bench, bench.store.head("flights"))
    edit(bench, lambda row: {**row, "gate": "007"})
    delivery, head = ingest(bench)
    assert delivery.outcome == "accepted"
    (record,) = [one for one in head.batches if one.digest == delivery.batch]
    assert record.about["unknown_columns"] == ["gate"]
    kept = bench.store.read(head, "flights", batches=[delivery.batch])["undeclared:gate"]
    assert set(kept) == {"007"}
    after = score(bench, head)
    assert len(after) > len(before)
    assert (after[: len(before)] == before).all()


def test_a_lost_column_is_null_if_the_contract_allows_and_the_champion_scores(bench):
    def lose(row):
        del row["tailnum"]
        return row

    edit(bench, lose)
    delivery, _ = ingest(bench)
    assert [(one.rule, one.column) for one in delivery.reasons] == [("missing_column", "tailnum")]
    allowed = declare(
        bench,
        lambda sources: sources["flights"]["columns"]["tailnum"].update(
            required=False, nullable=False
        ),
    )
    # January's and February's rows may lack it as little as before
    delivery, head = ingest(allowed)
    assert delivery.outcome == "accepted"
    rows = allowed.store.read(head, "flights", batches=[delivery.batch])
    assert rows["tailnum"].isna().all()
    assert len(score(allowed, head))


def test_a_renamed_column_waits_for_a_persons_word_and_then_flows_and_the_champion_scores(bench):
    before = score(bench, bench.store.head("flights"))
    edit(bench, lambda row: {"Destination" if n == "dest" else n: v for n, v in row.items()})
    delivery, head = ingest(bench)
    assert delivery.outcome == "held"
    assert [(one.column, one.delivered) for one in delivery.renamed] == [("dest", "Destination")]
    decide_mapping(bench, "dest", "Destination", "accepted", reason="renamed", who="jane")
    delivery, head = ingest(bench)
    assert delivery.outcome == "accepted"
    assert bench.store.read(head, "flights", batches=[delivery.batch])["dest"].notna().all()
    after = score(bench, head)
    assert len(after) > len(before)
    assert (after[: len(before)] == before).all()


def test_a_changed_type_holds_its_source_and_no_other(bench):
    before = bench.store.head("flights")

    def change(sources):
        column = sources["flights"]["columns"]["minute"]
        column.clear()
        column["type"] = "string"

    changed = declare(bench, change)
    delivery, head = ingest(changed)
    assert [(one.rule, one.column) for one in delivery.reasons] == [("stored_type", "minute")]
    assert head.tables["weather"].rows > before.tables["weather"].rows
    assert head.tables["flights"].rows == before.tables["flights"].rows


def test_a_new_source_is_a_table_of_its_own_and_the_champion_scores(bench):
    def add(sources):
        sources["holidays"] = {
            "files": "*.csv", "key": ["day"],
            "columns": {"day": {"type": "string"}, "name": {"type": "string"}},
        }  # fmt: skip

    wider = declare(bench, add)
    folder = wider.settings.landing / "flights" / "holidays"
    folder.mkdir(parents=True)
    (folder / "2013.csv").write_text("day,name\n2013-07-04,Independence Day\n")
    _, head = ingest(wider)
    assert head.tables["holidays"].rows == 1
    assert len(score(wider, head))
