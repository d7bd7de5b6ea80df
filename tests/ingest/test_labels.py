"""The labels that a snapshot says are known are those that training and monitoring see."""

import csv
import io

import pytest
import samples
import yaml

from coldframe.ingest import ingest_batches


def set_dataset(bench, change):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    change(record)
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(bench.settings.root)


def labels_of_features(bench, snapshot):
    frame = bench.frame(snapshot)
    return {"known": int(frame["late"].notna().sum()), "rows": len(frame)}


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_counted_are_the_labels_of_the_feature_frame(bench, at_once):
    months = samples.MONTHS[:3]
    for some in [months] if at_once else [[month] for month in months]:
        samples.land_sample(bench, some)
        snapshot = ingest_batches(bench).snapshot
        assert snapshot.about["labels"] == labels_of_features(bench, snapshot)
    arrivals = bench.store.read(snapshot, "arrivals")
    assert 0 < snapshot.about["labels"]["known"] < len(arrivals)


def test_a_correction_takes_a_label_back_and_gives_another(bench):
    bench = set_dataset(
        bench,
        lambda record: record["sources"]["arrivals"].update(
            batch={"keys_known": True, "rows": [0.0, 2.0]}
        ),
    )
    samples.land_sample(bench, samples.MONTHS[:2])
    before = ingest_batches(bench).snapshot
    folder = bench.settings.landing / "flights" / "arrivals"
    rows = list(csv.DictReader(io.StringIO((folder / "arrivals-2013-01.csv").read_text())))
    known = [row for row in rows if row["arr_delay"] != "NA"][:4]
    never = next(row for row in rows if row["dep_time"] == "NA")
    key = ("time_hour", "carrier", "flight")
    blank = {name: never[name] for name in never if name not in (*key, "sched_dep_time")}
    given = {name: known[3][name] for name in blank} | {
        "sched_dep_time": known[3]["sched_dep_time"]
    }
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([*(row | blank for row in known[:3]), never | given])
    (folder / "arrivals-2013-01b.csv").write_text(stream.getvalue())
    after = ingest_batches(bench)
    assert [one.outcome for one in after.deliveries] == ["accepted"]
    counted = after.snapshot.about["labels"]
    assert counted["known"] == before.about["labels"]["known"] - 3 + 1
    assert counted == labels_of_features(bench, after.snapshot)


def test_before_the_first_label_none_is_known(bench):
    samples.land_sample(bench, samples.MONTHS[:1])
    snapshot = ingest_batches(bench).snapshot
    assert snapshot.about["labels"] == labels_of_features(bench, snapshot)
    assert snapshot.about["labels"]["known"] == 0 < snapshot.about["labels"]["rows"]


def test_without_a_word_on_where_labels_are_nothing_is_said_of_them(bench):
    bench = set_dataset(bench, lambda record: record.pop("label"))
    samples.land_sample(bench, samples.MONTHS[:2])
    assert "labels" not in ingest_batches(bench).snapshot.about


def test_a_column_that_was_declared_later_counts_from_then_on(bench):
    def leave_out(record):
        record["sources"]["arrivals"]["columns"]["remark"] = {"type": "string", "nullable": True,
                                                              "required": False}  # fmt: skip
        record["label"]["column"] = "remark"

    samples.land_sample(bench, samples.MONTHS[:2])
    assert ingest_batches(bench).snapshot.about["labels"]["known"] > 0
    changed = set_dataset(bench, leave_out)
    samples.land_sample(changed, samples.MONTHS[2:3])
    assert ingest_batches(changed).snapshot.about["labels"]["known"] == 0
